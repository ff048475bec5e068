import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  buildFileMeta,
  encodeElements,
  openFileReader,
  openPart10,
  readerOfBuffer,
  readHeader,
  type ByteReader,
} from '#station/dicom/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { corpus, corpusIsHere, fileAt, objects } from './corpus.ts';
import { makeObject, patient, sopClassUid } from './objects.ts';

const codes = (header: { readonly flaws: readonly { readonly code: string }[] }) =>
  new Set(header.flaws.map(({ code }) => code));

async function headerOf(file: string) {
  const object = await openPart10(file, { name: path.basename(file) });
  try {
    return await readHeader(object);
  } finally {
    await object.close();
  }
}

describe('what the device said about an object', () => {
  it('is the same in every way of writing elements', async () => {
    const picture = [
      { keyword: 'Rows', value: 2 },
      { keyword: 'Columns', value: 2 },
      { keyword: 'BitsAllocated', value: 8 },
      { keyword: 'WindowCenter', value: ['40', '400.5'] },
      { keyword: 'PixelData', vr: 'OW', value: Buffer.from([1, 2, 3, 4]) },
    ];
    for (const syntax of ['', '.1', '.2', '.1.99'].map((end) => `1.2.840.10008.1.2${end}`)) {
      const header = await readHeader(makeObject([...patient, ...picture], syntax));
      expect(header).toMatchObject({
        PatientName: 'Doe^Jane',
        PatientID: '4711',
        SOPInstanceUID: '2.25.1001',
        Rows: 2,
        WindowCenter: [40, 400.5],
        transferSyntaxUid: syntax,
        hasPixelData: true,
        wholeHeaderRead: true,
        flaws: [],
      });
      expect(header.pixelData?.length).toBe(4);
    }
  });

  it('is read from a file without preamble and File Meta, and the lack is told', async () => {
    const dataSet = encodeElements(patient, { explicit: false, littleEndian: true, characterSet: [] });
    const header = await readHeader(dataSet);
    expect(header.PatientName).toBe('Doe^Jane');
    expect(header.transferSyntaxUid).toBe('1.2.840.10008.1.2');
    expect(codes(header)).toEqual(new Set(['no-file-meta']));
  });

  it('names the program that a preamble begins like', async () => {
    const file = makeObject(patient);
    file.write('MZ', 0, 'latin1');
    expect((await readHeader(file)).flaws).toEqual([{ code: 'executable-preamble', params: { kind: 'MZ' } }]);
  });

  it('tells which identifiers are missing, illegal or contradict the File Meta', async () => {
    const elements = patient.filter((each) => !('keyword' in each && /Study|SOPInstance/.test(each.keyword)));
    const header = await readHeader(makeObject([...elements, { keyword: 'SOPInstanceUID', value: '2.25.01' }]));
    expect(header.flaws).toEqual([
      { code: 'missing-uid', params: { keyword: 'StudyInstanceUID' } },
      { code: 'illegal-uid', params: { keyword: 'SOPInstanceUID' } },
    ]);
    const other = await readHeader(
      Buffer.concat([
        buildFileMeta({ sopClassUid, sopInstanceUid: '2.25.9', transferSyntaxUid: '1.2.840.10008.1.2.1' }),
        encodeElements(patient, { explicit: true, littleEndian: true, characterSet: [] }),
      ]),
    );
    expect(codes(other)).toEqual(new Set(['uid-mismatch']));
  });

  it('costs no more in an object of 4 GB than in a small one', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'header-'));
    try {
      const file = path.join(folder, 'huge.dcm');
      const head = makeObject(patient);
      const pixels = Buffer.alloc(12);
      pixels.writeUInt16LE(0x7fe0, 0);
      pixels.writeUInt16LE(0x0010, 2);
      pixels.write('OW', 4, 'latin1');
      const length = 4_000_000_000;
      pixels.writeUInt32LE(length, 8);
      const handle = await open(file, 'w');
      await handle.write(Buffer.concat([head, pixels]));
      await handle.truncate(head.length + pixels.length + length);
      await handle.close();
      let asked = 0;
      const reader = await openFileReader(file);
      const counting: ByteReader = {
        ...reader,
        read: async (offset, least, most) => {
          const bytes = await reader.read(offset, least, most);
          asked += bytes.length;
          return bytes;
        },
      };
      const header = await readHeader(counting);
      await reader.close();
      expect(header.pixelData).toEqual({
        offset: head.length + 12,
        length,
        vr: 'OW',
        tag: 0x7fe00010,
      });
      expect(asked).toBeLessThan(200_000);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('keeps nothing in memory for a length that is a lie', async () => {
    const file = Buffer.concat([makeObject(patient), Buffer.from('40006 0a155540000ffffff7f'.replace(' ', ''), 'hex')]);
    const header = await readHeader(file);
    expect(header.wholeHeaderRead).toBe(false);
    expect(codes(header)).toContain('unreadable-header');
  });

  it('is refused as not DICOM when it is something else', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(65_536), Buffer.from('<html>'), Buffer.from([0xff, 0xd8, 0xff])])
      await expect(readHeader(bytes)).rejects.toSatisfy((error) => isProblem(error, 'not-dicom'));
  });

  it('never ends in anything but a header or a problem, wherever bytes are cut or spoilt', async () => {
    const file = makeObject([
      { keyword: 'SpecificCharacterSet', value: ['', 'ISO 2022 IR 87'] },
      ...patient,
      { keyword: 'ReferencedImageSequence', items: [[{ keyword: 'ReferencedSOPInstanceUID', value: '2.25.5' }]] },
    ]);
    const tries: Buffer[] = [];
    for (let at = 0; at < file.length; at++) tries.push(file.subarray(0, at));
    for (let at = 132; at < file.length; at++)
      for (const value of [0x00, 0xff, 0x1b]) {
        const spoilt = Buffer.from(file);
        spoilt[at] = value;
        tries.push(spoilt);
      }
    for (const bytes of tries) {
      try {
        await readHeader(bytes);
      } catch (error) {
        expect(isProblem(error)).toBe(true);
      }
    }
  });
});

describe.skipIf(!corpusIsHere)('the corpus of real and hostile files', () => {
  it('is read without a crash or a hang, and what is said to be DICOM is DICOM', async () => {
    for (const row of corpus.filter(({ category }) => !category.startsWith('tools'))) {
      try {
        await headerOf(row.file);
      } catch (error) {
        expect(isProblem(error), row.path).toBe(true);
        if (!/^(?:files|bad\/files|bad\/zip)/.test(row.category)) expect(row.expected, row.path).toMatch(/^reject/);
      }
    }
  });

  it('has its good files read to the end, with the measures the manifest gives', async () => {
    for (const row of objects.filter(({ expected }) => expected === 'accept')) {
      const header = await headerOf(row.file);
      expect(header.wholeHeaderRead, row.path).toBe(true);
      expect(codes(header).has('unreadable-header'), row.path).toBe(false);
      if (row.rows !== undefined) expect(header.Rows, row.path).toBe(row.rows);
      if (row.columns !== undefined) expect(header.Columns, row.path).toBe(row.columns);
      if (row.transfer_syntax) expect(header.transferSyntaxUid, row.path).toBe(row.transfer_syntax.uid);
      if (row.expect?.PatientName) expect(header.PatientName, row.path).toBe(row.expect.PatientName);
    }
  });

  it('has something said about every file that cannot be kept as it should', async () => {
    for (const row of objects.filter(({ expected }) => expected.startsWith('reject'))) {
      try {
        const header = await headerOf(row.file);
        expect(header.flaws.length, row.path).toBeGreaterThan(0);
      } catch (error) {
        expect(isProblem(error, 'not-dicom'), row.path).toBe(true);
      }
    }
  });

  it.each([
    ['bad/truncated/ct-half-pixels.dcm', 'truncated'],
    ['bad/truncated/cine-in-fragment.dcm', 'truncated'],
    ['bad/truncated/ct-in-patient-module.dcm', 'unreadable-header'],
    ['bad/geometry/matrix-65535.dcm', 'geometry-lies'],
    ['bad/geometry/frames-negative.dcm', 'geometry-lies'],
    ['bad/length/pixeldata-shorter-than-matrix.dcm', 'geometry-lies'],
    ['bad/polyglot/elf-preamble.dcm', 'executable-preamble'],
    ['bad/uid/uid-path.dcm', 'illegal-uid'],
    ['bad/value/name-twice.dcm', 'illegal-value'],
    ['bad/value/pn-rtl-override.dcm', 'illegal-value'],
    ['bad/syntax/deflate-bomb-256mb.dcm', 'odd-structure'],
    ['derived/charset-wrong/latin1-declared-utf8.dcm', 'undecodable-text'],
    ['derived/charset-wrong/undeclared-cp1251.dcm', 'undecodable-text'],
    ['derived/charset-wrong/utf8-declared-latin1.dcm', 'undecodable-text'],
    ['dicom/modality/rt/rtstruct.dcm', 'no-file-meta'],
  ])('says about %s: %s', async (name, code) => {
    expect([...codes(await headerOf(fileAt(name)))]).toContain(code);
  });

  it.each([
    ['derived/charset-wrong/utf8-declared-latin1.dcm', 'UTF-8'],
    ['derived/charset-wrong/undeclared-cp1251.dcm', 'other'],
  ])('tells what the text of %s is, whatever it says: %s', async (name, sends) => {
    expect((await headerOf(fileAt(name))).textSends).toBe(sends);
  });

  it('gives the same header through a file and through memory', async () => {
    const { readFile } = await import('node:fs/promises');
    for (const row of objects.slice(0, 400).filter((_, n) => n % 9 === 0)) {
      const bytes = await readFile(row.file);
      const fromMemory = await readHeader(readerOfBuffer(bytes)).catch((error: unknown) => String(error));
      const fromFile = await openPart10(row.file)
        .then(async (object) => readHeader(object).finally(() => object.close()))
        .catch((error: unknown) => String(error));
      expect(fromFile, row.path).toEqual(fromMemory);
    }
  });
});
