// What a correction writes into an object, element by element.
import { expect, test } from 'vitest';
import { changeOf, dateTimeOf, isNothing, planCorrection, tagsToKeep } from '#station/4-review/correction-plan.ts';
import { readPriorValues, type PriorValues } from '#station/4-review/prior-values.ts';
import { openPart10, type Edit, type NewElement } from '#station/dicom/index.ts';
import { makeObject, patient } from '../dicom/objects.ts';

const about = {
  station: { name: 'Röntgen 2', institution: 'Klinik am Fluß', softwareVersion: '0.1.0' },
  reason: 'CORRECT',
  sourceAeTitle: 'ULTRASOUND2',
  now: '2026-11-23T10:00:00.250Z',
  characterSet: [],
  becomesUnicode: false,
} as const;
const nothingPrior: PriorValues = { values: new Map(), nested: [] };
const uids = { StudyInstanceUID: '1.2', SeriesInstanceUID: '1.3', SOPInstanceUID: '1.4', SOPClassUID: '1.5' };

const tagOf = (element: NewElement) => ('tag' in element ? element.tag : -1);
const appended = (edits: readonly Edit[], tag: number) => {
  const edit = edits.find((each) => each.kind === 'append' && each.tag === tag);
  return edit?.kind === 'append' ? edit.item : [];
};
const find = (item: readonly NewElement[], tag: number) => item.find((element) => tagOf(element) === tag);
const modifiedOf = (edits: readonly Edit[]) => find(appended(edits, 0x04000561), 0x04000550)?.items?.[0] ?? [];

test('only what an object brought otherwise is changed on it', () => {
  const change = changeOf({ PatientID: '1', PatientName: 'A^B' }, { PatientID: '1', PatientName: 'C' }, uids, {
    ...uids,
    SOPInstanceUID: 'x',
  });
  expect(change).toEqual({ attributes: { PatientName: 'A^B' }, uids: { SOPInstanceUID: '1.4' } });
  expect(isNothing(changeOf({ PatientID: '1' }, { PatientID: '1 ' }, uids, uids))).toBe(true);
});

test('the item of Original Attributes says when, who, from whom and why', () => {
  const { edits } = planCorrection({ attributes: { PatientName: 'A^B' }, uids: {} }, nothingPrior, about);
  const item = appended(edits, 0x04000561);
  expect(find(item, 0x04000562)?.value).toBe('20261123100000.250+0000');
  expect(find(item, 0x04000563)?.value).toBe('Rontgen 2');
  expect(find(item, 0x04000564)?.value).toBe('ULTRASOUND2');
  expect(find(item, 0x04000565)?.value).toBe('CORRECT');
  expect(edits).toContainEqual({ kind: 'put', element: { tag: 0x00080015, vr: 'DT', value: dateTimeOf(about.now) } });
});

test('the equipment that changed the object is named with its purpose', () => {
  const { edits } = planCorrection({ attributes: { PatientName: 'A^B' }, uids: {} }, nothingPrior, about);
  const item = appended(edits, 0x0018a001);
  expect(find(item, 0x00080080)?.value).toBe('Klinik am Fluss');
  expect(find(item, 0x00081010)?.value).toBe('Rontgen 2');
  const purpose = find(item, 0x0040a170)?.items?.[0] ?? [];
  expect(purpose.map(({ value }) => value)).toEqual(['109103', 'DCM', 'Modifying Equipment']);
});

test('our own names are written in full where the character set has them', () => {
  const change = { attributes: { PatientName: 'A^B' }, uids: {} };
  const latin = planCorrection(change, nothingPrior, { ...about, characterSet: ['ISO_IR 100'] });
  expect(find(appended(latin.edits, 0x0018a001), 0x00081010)?.value).toBe('Röntgen 2');
  const escapes = planCorrection(change, nothingPrior, { ...about, characterSet: ['', 'ISO 2022 IR 100'] });
  expect(find(appended(escapes.edits, 0x0018a001), 0x00081010)?.value).toBe('Rontgen 2');
});

test('the issuer is listed with a changed Patient ID, also where it never was', () => {
  const { edits } = planCorrection({ attributes: { PatientID: '1' }, uids: {} }, nothingPrior, about);
  expect(find(modifiedOf(edits), 0x00100021)).toEqual({ tag: 0x00100021, vr: 'LO' });
  const named = planCorrection({ attributes: { PatientName: 'A' }, uids: {} }, nothingPrior, about);
  expect(find(modifiedOf(named.edits), 0x00100021)).toBeUndefined();
});

test('the former character set is kept when the object becomes UTF-8', () => {
  const change = { attributes: { PatientName: 'Łódź' }, uids: {} };
  const unicode = { ...about, characterSet: ['ISO_IR 100'], becomesUnicode: true };
  const { edits } = planCorrection(change, nothingPrior, unicode);
  expect(find(modifiedOf(edits), 0x00080005)?.value).toEqual(['ISO_IR 100']);
});

test('former values are kept to the byte; void signatures and IDs of the former patient go', async () => {
  const bytes = makeObject([
    ...patient,
    { keyword: 'OtherPatientIDs', value: '4711' },
    { tag: 0xfffafffa, vr: 'SQ', items: [[{ tag: 0x04000100, vr: 'UI', value: '1.2' }]] },
  ]);
  const change = { attributes: { PatientName: 'A^B', PatientID: '5' }, uids: {} };
  const object = await openPart10(bytes);
  const prior = await readPriorValues(object, tagsToKeep(change), new Set(['PatientName', 'PatientID']), 'o');
  const { edits, signatureRemoved } = planCorrection(change, prior, about);
  expect(signatureRemoved).toBe(true);
  expect(edits.filter(({ kind }) => kind === 'remove')).toEqual([
    { kind: 'remove', tag: 0x00101000 },
    { kind: 'remove', tag: 0xfffafffa },
  ]);
  const modified = modifiedOf(edits);
  expect(find(modified, 0x00100010)?.value).toEqual(Buffer.from('Doe^Jane'));
  expect(find(modified, 0x00101000)?.value).toEqual(Buffer.from('4711'));
  expect(find(modified, 0xfffafffa)?.vr).toBe('SQ');
});

test('a name that a sequence repeats is corrected with it, and the sequence kept as it was', async () => {
  const bytes = makeObject([
    ...patient,
    {
      tag: 0x00081120,
      vr: 'SQ',
      items: [[{ keyword: 'PatientID', value: '9' }], [{ keyword: 'PatientName', value: 'Doe^Jane' }]],
    },
  ]);
  const change = { attributes: { PatientName: 'A^B' }, uids: {} };
  const prior = await readPriorValues(await openPart10(bytes), tagsToKeep(change), new Set(['PatientName']), 'o');
  const { edits } = planCorrection(change, prior, about);
  expect(edits).toContainEqual({
    kind: 'put',
    path: [{ tag: 0x00081120, item: 1 }],
    element: { tag: 0x00100010, vr: 'PN', value: 'A^B' },
  });
  expect(find(modifiedOf(edits), 0x00081120)?.vr).toBe('SQ');
});
