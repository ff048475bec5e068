// Pictures made DICOM: judged by dciodvfy where it is installed, and by our own reader of frames for the pixels.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDicomFromPicture, newPictureBatch, type DicomFromPicture } from '#station/1-receive/pictures.ts';
import { openFrameReader, type FrameReader } from '#station/dicom/codecs/index.ts';
import { buildFileMeta, decodeText, openPart10, tagOf, walkElements } from '#station/dicom/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';

const pictures = path.resolve(import.meta.dirname, '../../../resources/samples/pictures');
const batch = newPictureBatch();
const importer = { manufacturer: 'Safelight', modelName: 'Safelight', softwareVersion: '0.1.0', stationName: 'ROOM 2' };
let folder: string;
let reader: FrameReader;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pictures-'));
  reader = openFrameReader({ workers: 1 });
});
afterAll(async () => {
  await reader.close();
  rmSync(folder, { recursive: true, force: true });
});

const make = (source: Buffer | string, instanceNumber = 1) =>
  makeDicomFromPicture({ source, fileName: 'picture', batch, instanceNumber, importer });

let written = 0;
function write(made: DicomFromPicture): string {
  const file = path.join(folder, `${++written}.dcm`);
  writeFileSync(file, Buffer.concat([buildFileMeta(made), ...made.dataSet]));
  return file;
}

async function frameOf(made: DicomFromPicture): Promise<RawFrame> {
  const path = write(made);
  const opened = await openPart10(path);
  await opened.close();
  const { dataSetOffset, syntax } = opened;
  const answer = await reader.frame({ path, dataSetOffset, transferSyntax: syntax.uid, frame: 0 });
  if (answer.kind !== 'frame') throw new Error(answer.reason);
  return answer;
}

async function textsOf(made: DicomFromPicture): Promise<(keyword: string) => string | undefined> {
  const opened = await openPart10(write(made));
  const found = new Map<number, string>();
  await walkElements(opened.elements.reader, opened.elements.region, {
    wants: () => 1000,
    element: (spot, value) => {
      if (value && spot.depth === 0) found.set(spot.tag, decodeText(value, ['ISO_IR 192'], spot.vr).text.trim());
      return undefined;
    },
  });
  await opened.close();
  return (keyword) => found.get(tagOf(keyword) ?? 0)?.replace(/\0$/, '');
}

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => 'accepted',
    (error: unknown) => (isProblem(error) ? [error.code, error.params.reason ?? error.params.found] : error),
  );
}

const plain = (background = '#d04010', width = 61, height = 33) =>
  sharp({ create: { width, height, channels: 3, background } });

describe('a JPEG', () => {
  it('in baseline, upright, is kept byte for byte', async () => {
    const jpeg = await plain().jpeg().toBuffer();
    const made = await make(jpeg);
    expect(made).toMatchObject({ transferSyntaxUid: '1.2.840.10008.1.2.4.50', changes: [] });
    expect(made.sopClassUid).toBe('1.2.840.10008.5.1.4.1.1.77.1.4');
    expect(made.dataSet.some((piece) => piece.equals(jpeg))).toBe(true);
    const [red, green, blue] = (await frameOf(made)).bytes;
    expect([red! - 0xd0, green! - 0x40, blue! - 0x10].every((difference) => Math.abs(difference) < 4)).toBe(true);
    const text = await textsOf(made);
    expect(text('LossyImageCompression')).toBe('01');
    expect(text('LossyImageCompressionMethod')).toBe('ISO_10918_1');
    expect(text('PhotometricInterpretation')).toBe('YBR_FULL_422');
  });

  it('that lies on its side is turned without a second loss', async () => {
    const file = path.join(pictures, 'photo-orientation-6.jpg');
    const made = await make(file);
    expect(made).toMatchObject({ transferSyntaxUid: '1.2.840.10008.1.2.1', changes: ['turned-upright'] });
    const frame = await frameOf(made);
    expect(frame).toMatchObject({ rows: 1200, columns: 1800 });
    const expected = await sharp(file).autoOrient().raw().toBuffer();
    expect(Buffer.from(frame.bytes).equals(expected)).toBe(true);
    expect((await textsOf(made))('LossyImageCompression')).toBe('01');
  });

  it('that is progressive becomes uncompressed and says that it was lossy', async () => {
    const made = await make(await plain().jpeg({ progressive: true }).toBuffer());
    expect(made.transferSyntaxUid).toBe('1.2.840.10008.1.2.1');
    expect((await textsOf(made))('LossyImageCompression')).toBe('01');
  });

  it('in printing colours becomes RGB', async () => {
    const made = await make(await plain().toColourspace('cmyk').jpeg().toBuffer());
    expect(made.changes).toEqual(['colours-converted']);
    expect(await frameOf(made)).toMatchObject({ photometric: 'RGB' });
  });

  it('in grey becomes a secondary capture in a series of its own', async () => {
    const made = await make(await plain().toColourspace('b-w').jpeg().toBuffer());
    expect(made).toMatchObject({
      sopClassUid: '1.2.840.10008.5.1.4.1.1.7',
      transferSyntaxUid: '1.2.840.10008.1.2.4.50',
    });
    const text = await textsOf(made);
    expect(text('ConversionType')).toBe('DI');
    expect(text('SeriesInstanceUID')).toBe(batch.greySeriesInstanceUid);
    expect(text('StudyInstanceUID')).toBe(batch.studyInstanceUid);
  });

  it('with the time of the shutter gives it as acquisition time', async () => {
    const exif = {
      IFD0: { Make: 'Camera' },
      IFD2: { DateTimeOriginal: '2024:02:29 23:59:58', OffsetTimeOriginal: '+02:00' },
    };
    const text = await textsOf(await make(await plain().jpeg().withExif(exif).toBuffer()));
    expect(text('AcquisitionDateTime')).toBe('20240229235958+0200');
    expect(text('ContentDate')).toBe('20240229');
    expect(text('Manufacturer')).toBe('Camera');
    const never = { IFD2: { DateTimeOriginal: '0000:00:00 00:00:00' } };
    expect((await textsOf(await make(await plain().jpeg().withExif(never).toBuffer())))('AcquisitionDateTime')).toBe(
      undefined,
    );
  });
});

describe('a PNG', () => {
  it('in grey of 16 bits keeps every value', async () => {
    const file = path.join(pictures, 'grey-16-bit.png');
    const made = await make(file);
    expect(made.sopClassUid).toBe('1.2.840.10008.5.1.4.1.1.7');
    const frame = await frameOf(made);
    expect(frame).toMatchObject({ bitsAllocated: 16, samples: 1, max: 65_535 });
    const expected = await sharp(file).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
    expect(Buffer.from(frame.bytes).equals(expected)).toBe(true);
    expect((await textsOf(made))('LossyImageCompression')).toBe(undefined);
  });

  it('in colour keeps every value, also with a colour profile', async () => {
    const noise = Buffer.from(Array.from({ length: 20 * 10 * 3 }, (_, i) => (i * 37) & 255));
    const raw = { raw: { width: 20, height: 10, channels: 3 as const } };
    for (const png of [
      await sharp(noise, raw).png().toBuffer(),
      await sharp(await sharp(noise, raw).withIccProfile('p3').png().toBuffer(), { ignoreIcc: true })
        .keepIccProfile()
        .png()
        .toBuffer(),
    ]) {
      const expected = await sharp(png, { ignoreIcc: true }).raw().toBuffer();
      expect(Buffer.from((await frameOf(await make(png))).bytes).equals(expected)).toBe(true);
    }
  });

  it('keeps its colour profile beside the values', async () => {
    const png = await plain().withIccProfile('p3').png().toBuffer();
    const profile = (await sharp(png).metadata()).icc;
    const made = await make(png);
    expect(made.dataSet[0]!.includes(profile!)).toBe(true);
  });

  it('with transparency stands on white', async () => {
    const clear = sharp({ create: { width: 4, height: 4, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } });
    const made = await make(await clear.png().toBuffer());
    expect(made.changes).toEqual(['transparency-on-white']);
    expect([...(await frameOf(made)).bytes].every((value) => value === 255)).toBe(true);
  });

  it('in colour of 16 bits is reduced to 8, and that is told', async () => {
    const made = await make(await plain().toColourspace('rgb16').png().toBuffer());
    expect(made.changes).toEqual(['reduced-to-8-bits']);
    expect([...(await frameOf(made)).bytes.subarray(0, 3)]).toEqual([0xd0, 0x40, 0x10]);
  });
});

describe('what is no usable picture is refused by a problem', () => {
  it('a text, an empty file, a bitmap', async () => {
    expect(await codeOf(make(Buffer.from('hello, I am a photo.jpg')))).toEqual(['unsupported-file', 'unknown']);
    expect(await codeOf(make(Buffer.alloc(0)))).toEqual(['unsupported-file', 'unknown']);
    expect(await codeOf(make(Buffer.from('BM then nothing')))).toEqual(['unsupported-file', 'bmp']);
  });

  it('a picture that is cut off', async () => {
    const jpeg = readFileSync(path.join(pictures, 'photo-orientation-6.jpg'));
    const png = readFileSync(path.join(pictures, 'grey-16-bit.png'));
    expect(await codeOf(make(jpeg.subarray(0, 100_000)))).toEqual(['picture-undecodable', 'truncated']);
    expect(await codeOf(make(png.subarray(0, 20_000)))).toEqual(['picture-undecodable', 'truncated']);
  });

  it('a header that claims more than is there', async () => {
    const jpeg = await plain().jpeg().toBuffer();
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    const claiming = (side: number) => {
      const copy = Buffer.from(jpeg);
      copy.writeUInt16BE(side, frame + 5);
      copy.writeUInt16BE(side, frame + 7);
      return copy;
    };
    expect(await codeOf(make(claiming(65_535)))).toEqual(['picture-undecodable', 'too-large']);
    expect(await codeOf(make(claiming(9_000)))).toEqual(['picture-undecodable', 'truncated']);
  });

  it('a bomb: a small PNG of a hundred and forty-four megapixels', async () => {
    const bomb = await sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: '#000' } })
      .toColourspace('b-w')
      .png({ compressionLevel: 9 })
      .toBuffer();
    expect(bomb.length).toBeLessThan(1_000_000);
    expect(await codeOf(make(bomb))).toEqual(['picture-undecodable', 'too-large']);
  });

  it('a file that is gone, a folder, a link', async () => {
    symlinkSync(path.join(pictures, 'grey-16-bit.png'), path.join(folder, 'link.png'));
    expect(await codeOf(make(path.join(folder, 'link.png')))).toEqual(['path-refused', undefined]);
    expect(await codeOf(make(path.join(folder, 'gone.jpg')))).toEqual(['not-found', undefined]);
    expect(await codeOf(make(folder))).toEqual(['path-refused', undefined]);
  });
});

const judge = '/usr/bin/dciodvfy';
const judgeIsThere = (() => {
  try {
    execFileSync(judge, ['-version'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
})();
if (!judgeIsThere) console.warn('NOT VERIFIED: dciodvfy absent, objects made from pictures are not judged');

describe.skipIf(!judgeIsThere)('dciodvfy', () => {
  it('finds no errors in any of them', async () => {
    const exif = { IFD2: { DateTimeOriginal: '2024:02:29 23:59:58' } };
    const sources = [
      await plain().jpeg().withExif(exif).toBuffer(),
      await plain().jpeg({ progressive: true }).toBuffer(),
      await plain().withIccProfile('p3').png().toBuffer(),
      await plain('#888', 33, 61).toColourspace('b-w').jpeg().toBuffer(),
      await plain('#888', 33, 61).toColourspace('b-w').png().toBuffer(),
      path.join(pictures, 'grey-16-bit.png'),
      path.join(pictures, 'photo-orientation-6.jpg'),
    ];
    for (const [i, source] of sources.entries()) {
      const file = write(await make(source, i + 1));
      const said = execFileSync('/bin/sh', ['-c', '"$0" -new "$1" 2>&1 || true', judge, file], { encoding: 'utf8' });
      expect(said).toMatch(/VLPhotographicImage|SCImage/);
      expect(said.split('\n').filter((line) => line.startsWith('Error'))).toEqual([]);
    }
  });
});
