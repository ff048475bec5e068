import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  decodeRecipe,
  encodeElement,
  encodeRecipe,
  hashDataSet,
  hashPixelData,
  hashSplicedDataSet,
  openPart10,
  openSplicedStream,
  planSplice,
  readHeader,
  type Edit,
  type NewElement,
  type SpliceOptions,
} from '#station/dicom/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { makeObject, patient } from './objects.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'splice-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function splice(bytes: Buffer, edits: readonly Edit[], options?: SpliceOptions) {
  const file = path.join(folder, 'received.dcm');
  writeFileSync(file, bytes);
  const object = await openPart10(file);
  const plan = await planSplice(object, edits, options).finally(() => object.close());
  const recipe = decodeRecipe(encodeRecipe(plan.recipe));
  const chunks: Buffer[] = [];
  for await (const chunk of openSplicedStream(recipe, file)) chunks.push(chunk);
  const outcome = Buffer.concat(chunks);
  expect(outcome.length).toBe(recipe.sizeBytes);
  return { outcome, plan, recipe, file, dataSet: outcome.subarray(recipe.dataSetOffset) };
}

async function dataSetOf(bytes: Buffer): Promise<Buffer> {
  return bytes.subarray((await openPart10(bytes)).dataSetOffset);
}

const refused = (reason: RegExp) => (error: unknown) =>
  isProblem(error, 'correction-impossible') && reason.test(String(error.params['reason']));

const rename = (name: string): Edit => ({ kind: 'put', element: { keyword: 'PatientName', value: name } });
const modified: readonly NewElement[] = [{ keyword: 'ReasonForTheAttributeModification', value: 'CORRECT' }];
const append: Edit = { kind: 'append', tag: 0x04000561, item: modified };

describe('a corrected object', () => {
  it('is what it would have been, had the device known the right name', async () => {
    for (const syntax of ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.2']) {
      const right = patient.map((each) =>
        'keyword' in each && each.keyword === 'PatientName' ? { ...each, value: 'Smith^Anne' } : each,
      );
      const { dataSet, plan } = await splice(makeObject(patient, syntax), [rename('Smith^Anne')]);
      expect(dataSet.equals(await dataSetOf(makeObject(right, syntax)))).toBe(true);
      expect(plan.recipe.transferSyntaxUid).toBe(syntax);
    }
  });

  it('has what was missing in the place where it belongs, and lacks what was taken away', async () => {
    const without = patient.filter((each) => 'keyword' in each && each.keyword !== 'PatientID');
    const { dataSet } = await splice(makeObject(without), [
      { kind: 'put', element: { keyword: 'PatientID', value: '4711' } },
      { kind: 'remove', tag: 0x00080060 },
      { kind: 'remove', tag: 0x00081030 },
    ]);
    const expected = patient.filter((each) => 'keyword' in each && each.keyword !== 'Modality');
    expect(dataSet.equals(await dataSetOf(makeObject(expected)))).toBe(true);
  });

  it('keeps the items that a sequence had when one is added, and counts it in every length around', async () => {
    const old: NewElement = {
      keyword: 'OriginalAttributesSequence',
      items: [[{ keyword: 'ModifyingSystem', value: 'A' }]],
    };
    const both: NewElement = { keyword: 'OriginalAttributesSequence', items: [...(old.items ?? []), modified] };
    const { dataSet } = await splice(makeObject([...patient, old]), [append]);
    expect(dataSet.equals(await dataSetOf(makeObject([...patient, both])))).toBe(true);
    const { dataSet: fresh } = await splice(makeObject(patient), [append]);
    const one: NewElement = { keyword: 'OriginalAttributesSequence', items: [modified] };
    expect(fresh.equals(await dataSetOf(makeObject([...patient, one])))).toBe(true);
  });

  it('keeps inner and outer apart when both grow at the same place', async () => {
    const referenced = (items: readonly (readonly NewElement[])[]): NewElement => ({
      keyword: 'RequestAttributesSequence',
      items,
    });
    const inner: NewElement = { keyword: 'AcquisitionContextSequence', items: [modified] };
    const { dataSet } = await splice(makeObject([...patient, referenced([[]])]), [
      { kind: 'append', tag: 0x00400275, item: modified },
      { kind: 'append', path: [{ tag: 0x00400275, item: 0 }], tag: 0x00400555, item: modified },
    ]);
    expect(dataSet.equals(await dataSetOf(makeObject([...patient, referenced([[inner], modified])])))).toBe(true);
  });

  it('is corrected inside of nested items too', async () => {
    const nested = (id: string): NewElement => ({
      keyword: 'RequestAttributesSequence',
      items: [
        [{ keyword: 'ScheduledProcedureStepID', value: 'X' }],
        [{ keyword: 'ReferencedStudySequence', items: [[{ keyword: 'ReferencedSOPInstanceUID', value: id }]] }],
      ],
    });
    for (const syntax of ['1.2.840.10008.1.2', '1.2.840.10008.1.2.2']) {
      const { dataSet } = await splice(makeObject([...patient, nested('1.2')], syntax), [
        {
          kind: 'put',
          path: [
            { tag: 0x00400275, item: 1 },
            { tag: 0x00081110, item: 0 },
          ],
          element: { keyword: 'ReferencedSOPInstanceUID', value: '1.2.3.4.5.6' },
        },
      ]);
      expect(dataSet.equals(await dataSetOf(makeObject([...patient, nested('1.2.3.4.5.6')], syntax)))).toBe(true);
    }
  });

  it('has its group lengths and its length to the end counted again', async () => {
    const counted = (name: string) => {
      const style = { explicit: true, littleEndian: true, characterSet: [] };
      const rest = patient.filter((each) => 'keyword' in each && !/^Patient/.test(each.keyword));
      const identity: NewElement[] = [
        { keyword: 'PatientName', value: name },
        { keyword: 'PatientID', value: '4711' },
      ];
      const length = identity.reduce((sum, each) => sum + encodeElement(each, style).length, 0);
      return makeObject([...rest, { tag: 0x00100000, vr: 'UL', value: length }, ...identity]);
    };
    const { dataSet } = await splice(counted('Doe^Jane'), [rename('Someone^Much^Longer')]);
    expect(dataSet.equals(await dataSetOf(counted('Someone^Much^Longer')))).toBe(true);
  });

  it('becomes UTF-8 as a whole when its character set cannot hold the new name', async () => {
    const latin = ['ISO_IR 100'];
    const elements = (terms: readonly string[], name: string): NewElement[] => [
      { keyword: 'SpecificCharacterSet', value: [...terms] },
      ...patient.filter((each) => 'keyword' in each && each.keyword !== 'PatientName'),
      { keyword: 'PatientName', value: name },
      { keyword: 'InstitutionName', value: 'Universitätsspital Zürich' },
      {
        keyword: 'RequestAttributesSequence',
        items: [[{ keyword: 'RequestedProcedureDescription', value: 'Schädel' }]],
      },
      { tag: 0x00090010, vr: 'LO', value: 'MAKER' },
      { tag: 0x00091001, vr: 'OB', value: Buffer.from([0xe4, 0xf6]) },
    ];
    const received = makeObject(elements(latin, 'Müller^Jörg'), undefined, latin);
    const kept = await splice(received, [rename('Weiß^Jörg')]);
    expect(kept.plan.becameUnicode).toBe(false);
    expect(kept.dataSet.equals(await dataSetOf(makeObject(elements(latin, 'Weiß^Jörg'), undefined, latin)))).toBe(true);
    const changed = await splice(received, [rename('Wałęsa^Lech')]);
    expect(changed.plan).toMatchObject({ becameUnicode: true, characterSet: ['ISO_IR 192'] });
    const utf8 = ['ISO_IR 192'];
    expect(changed.dataSet.equals(await dataSetOf(makeObject(elements(utf8, 'Wałęsa^Lech'), undefined, utf8)))).toBe(
      true,
    );
  });

  it('does not become UTF-8 when some of its text cannot be understood, unless guessing is allowed', async () => {
    const received = makeObject([
      ...patient,
      { tag: 0x00080080, vr: 'LO', value: Buffer.from('Spital Z\u00fcrich', 'latin1') },
    ]);
    await expect(splice(received, [rename('Łuk')])).rejects.toSatisfy(refused(/InstitutionName cannot be decoded/));
    const { outcome } = await splice(received, [rename('Łuk')], { undecodable: 'guess' });
    expect((await readHeader(outcome)).InstitutionName).toBe('Spital Zürich');
  });

  it('is inflated, corrected and deflated again', async () => {
    const syntax = '1.2.840.10008.1.2.1.99';
    const { outcome, recipe } = await splice(makeObject(patient, syntax), [rename('Smith^Anne')]);
    expect(await readHeader(outcome)).toMatchObject({
      PatientName: 'Smith^Anne',
      transferSyntaxUid: syntax,
      flaws: [],
    });
    expect(recipe.sizeBytes % 2).toBe(0);
  });

  it('has an empty preamble and our File Meta, whatever stood there before', async () => {
    const received = makeObject(patient);
    received.write('MZ', 0, 'latin1');
    const { outcome, recipe } = await splice(received, [rename('A^B')], { sourceAeTitle: 'ROOM2' });
    expect(outcome.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    expect(outcome.includes('ROOM2')).toBe(true);
    expect(recipe.sopInstanceUid).toBe('2.25.1001');
  });

  it('copies no pixel data into its recipe, and gives the same bytes every time', async () => {
    const pixels = Buffer.alloc(1_000_000, 7);
    const { outcome, recipe, file } = await splice(
      makeObject([...patient, { keyword: 'PixelData', vr: 'OW', value: pixels }]),
      [rename('A^B'), append],
    );
    expect(encodeRecipe(recipe).length).toBeLessThan(2_000);
    const object = await openPart10(outcome);
    expect(await hashSplicedDataSet(recipe, file)).toBe(await hashDataSet(object));
    const received = await openPart10(file);
    expect(await hashPixelData(object)).toBe(await hashPixelData(received));
    expect(await hashDataSet(object)).not.toBe(await hashDataSet(received));
    await received.close();
  });
});

describe('a correction that cannot be done exactly', () => {
  it('is refused when the identity is written twice', async () => {
    const twice = Buffer.concat([
      makeObject(patient),
      encodeElement(
        { keyword: 'PatientName', value: 'Other' },
        { explicit: true, littleEndian: true, characterSet: [] },
      ),
    ]);
    await expect(splice(twice, [rename('A')])).rejects.toSatisfy(refused(/PatientName occurs twice/));
  });

  it('is refused when the item that it is meant for is not there', async () => {
    const edit: Edit = { kind: 'remove', path: [{ tag: 0x00400275, item: 0 }], tag: 0x00400007 };
    await expect(splice(makeObject(patient), [edit])).rejects.toSatisfy(refused(/no such item/));
  });

  it('is refused when the header is cut off', async () => {
    await expect(splice(makeObject(patient).subarray(0, -3), [rename('A')])).rejects.toSatisfy(refused(/header/));
  });

  it('is refused when its own character set must stay and cannot hold the name', async () => {
    await expect(splice(makeObject(patient), [rename('Łuk')], { characterSet: 'keep' })).rejects.toSatisfy(
      refused(/PatientName does not fit/),
    );
  });

  it('is refused when the same element is corrected twice', async () => {
    await expect(splice(makeObject(patient), [rename('A'), rename('B')])).rejects.toSatisfy(refused(/edited twice/));
  });
});

describe('a recipe', () => {
  it('that is damaged is not cooked', async () => {
    const { recipe } = await splice(makeObject(patient), [rename('A')]);
    const encoded = encodeRecipe(recipe);
    for (const damaged of [
      encoded.subarray(0, -1),
      encoded.subarray(0, 20),
      Buffer.alloc(0),
      Buffer.from('SLR1\xff\xff\xff\xff', 'latin1'),
    ])
      expect(() => decodeRecipe(damaged)).toThrow('book-damaged');
  });

  it('whose received file is gone or shorter says so', async () => {
    const { recipe, file } = await splice(makeObject(patient), [rename('A')]);
    writeFileSync(file, 'short');
    await expect(hashSplicedDataSet(recipe, file)).rejects.toSatisfy((error) =>
      isProblem(error, 'object-file-missing'),
    );
    rmSync(file);
    await expect(hashSplicedDataSet(recipe, file)).rejects.toSatisfy((error) =>
      isProblem(error, 'object-file-missing'),
    );
  });
});
