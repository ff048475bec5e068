// Images that come after their exam was divided: they follow visibly where everything says the same, and else a person is
// asked. Never over another identity, never approved.
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openRearranging, type Rearranging } from '#station/3-catalog/index.ts';
import { arrival, openTestCatalog, type Made } from './arriving.ts';

let room: ReturnType<typeof openTestCatalog>;
let rearranging: Rearranging;
beforeEach(() => {
  room = openTestCatalog();
  const { book, clock, catalog } = room;
  rearranging = openRearranging({ book, clock, mayHaveLeft: () => false, refreshProblems: catalog.refreshProblems });
});
afterEach(() => room.book.close());

const receive = (header: Made['header'] = {}, more: Made = {}) => room.catalog.record(arrival({ ...more, header }));
const stranger = { PatientName: 'Hopper^Grace', PatientID: '777', PatientBirthDate: '19061209' };
const codes = (examId: string) =>
  room.catalog
    .standingProblems(examId)
    .map(({ code }) => code)
    .sort();
function splitOff(...objectIds: string[]): string {
  const done = rearranging.rearrange({ wish: { kind: 'split', groups: [objectIds] }, by: 'anna' });
  return done.kind === 'rearranged' ? (done.toExamIds[0] ?? '') : '';
}

it('an image of the patient who was split off follows, visibly, and undo brings it back', () => {
  const { examId } = receive();
  const second = receive(stranger);
  const target = splitOff(second.objectId);
  room.pass(60_000);
  const late = receive(stranger);
  expect(late).toMatchObject({ examId: target, exam: 'open' });
  expect(codes(target)).toEqual(['late-followed']);
  expect(codes(examId)).toEqual([]);
  const { SeriesInstanceUID } = room.catalog.objectFile(late.objectId);
  expect(SeriesInstanceUID).toBe(room.catalog.objectFile(second.objectId).SeriesInstanceUID);
  expect(room.catalog.objectRow(late.objectId).state).toBe('received');
  expect(late.rearrangementId).toBeDefined();
  rearranging.undo(late.rearrangementId ?? '', 'anna');
  expect(room.catalog.objectFile(late.objectId).examId).toBe(examId);
  expect(codes(examId)).toEqual(['two-patients']);
});

it('an image of the patient who stayed stays, and nobody is asked', () => {
  const { examId } = receive();
  splitOff(receive(stranger).objectId);
  expect(receive().examId).toBe(examId);
  expect(codes(examId)).toEqual([]);
});

it('an image that could belong to both parts of a series waits for a word; moving it is one, staying another', () => {
  const { examId } = receive();
  const target = splitOff(receive().objectId);
  const late = receive();
  expect(late.examId).toBe(examId);
  expect(codes(examId)).toEqual(['late-rearranged']);
  const moved = rearranging.rearrange({
    ...{ wish: { kind: 'move', objectIds: [late.objectId], toExamId: target }, by: 'anna' },
  });
  expect([codes(examId), codes(target)]).toEqual([[], []]);
  rearranging.undo(moved.kind === 'rearranged' ? moved.id : '', 'anna');
  expect(codes(examId)).toEqual(['late-rearranged']);
  expect(rearranging.keepHere(examId)).toBe(1);
  expect(codes(examId)).toEqual([]);
});

it.each([
  ['names nobody', { PatientID: '' }, {}],
  ['differs in one letter', { PatientID: '7777' }, {}],
  ['comes from another device', {}, { source: { kind: 'dicom', label: 'OTHER', address: '127.0.0.1' } }],
] as const)('an image that %s follows nothing', (_words, header, more) => {
  const { examId } = receive();
  const of = { ...stranger, ...('PatientID' in header && header.PatientID === '' ? { PatientID: '' } : {}) };
  splitOff(receive(of).objectId);
  const late = receive({ ...of, ...header }, more);
  expect(late.examId).toBe(examId);
  expect(codes(examId)).toContain('late-rearranged');
});

it('a decision that is no longer remembered is not followed', () => {
  const { examId } = receive();
  splitOff(receive(stranger).objectId);
  room.pass(25 * 3_600_000);
  expect(receive(stranger).examId).toBe(examId);
  expect(codes(examId)).toContain('late-rearranged');
});

it('an image of an exam that was merged goes where the exam went; one that says somebody else stands alone and asks', () => {
  const { examId: target } = receive();
  const other = { StudyInstanceUID: '2.25.101', SeriesInstanceUID: '2.25.301' };
  const { examId: from } = receive(other);
  rearranging.rearrange({ wish: { kind: 'merge', fromExamId: from, toExamId: target }, by: 'anna' });
  const late = receive(other);
  expect(late.examId).toBe(target);
  expect(room.catalog.objectFile(late.objectId)).toMatchObject({
    StudyInstanceUID: '2.25.100',
    SeriesInstanceUID: '2.25.301',
  });
  expect(receive({ ...other, SeriesInstanceUID: '2.25.302' }).examId).toBe(target);
  const surprise = receive({ ...other, ...stranger });
  expect(surprise.examId).toBe(from);
  expect(codes(from)).toEqual(['late-rearranged']);
  expect(room.catalog.exam(from).counts.objects).toBe(1);
});

it('images that follow one after the other share the new place', () => {
  receive();
  const target = splitOff(receive(stranger).objectId);
  for (let n = 0; n < 3; n++) expect(receive(stranger).examId).toBe(target);
  expect(room.catalog.exam(target).counts).toMatchObject({ objects: 4, series: 1 });
});

it('an image of an exam that left and was corrected to another patient is offered to that one, if it says what they said', () => {
  const { examId, objectId } = receive();
  const target = receive({ ...stranger, StudyInstanceUID: '2.25.777', SeriesInstanceUID: '2.25.778' });
  room.book.transaction(() => {
    room.book
      .sql(`INSERT INTO rearrangement (id, kind, by, at, corrections) VALUES ('r', 'copy', 'anna', :at, '[]')`)
      .run({ at: room.clock.now() });
    room.book
      .sql(
        `INSERT INTO uid_map (id, rearrangementId, place, objectId, copyOf, formerExamId, formerStudy, formerSeries,
           formerObject, examId, study, series, object, since)
         SELECT 'u', 'r', 0, :copy, :original, examId, '', '', '', '', '', '', '', '' FROM object WHERE id = :original`,
      )
      .run({ copy: target.objectId, original: objectId });
    room.book
      .sql(
        `INSERT INTO release_correction (rearrangementId, examId, targetExamId, study, noteIds, by, at)
         VALUES ('r', ?, ?, 'new', '[]', 'anna', '')`,
      )
      .run(examId, target.examId);
  });
  const late = receive();
  expect(late.examId).toBe(examId);
  const [card] = room.catalog.standingProblems(examId);
  expect(card).toMatchObject({
    ...{ code: 'late-corrected', objectId: late.objectId },
    params: { exam: target.examId, patient: 'Hopper^Grace (777)' },
  });
  rearranging.rearrange({
    ...{ wish: { kind: 'move', objectIds: [late.objectId], toExamId: target.examId }, by: 'anna', otherPatient: true },
  });
  expect(codes(examId)).toEqual([]);
  const other = receive({ PatientID: '999', PatientName: 'Third^Person' });
  expect(other.examId).toBe(examId);
  expect(codes(examId)).toContain('late-rearranged');
});
