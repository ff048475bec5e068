// Images that come after a person has decided about their exam: which decision they follow, and which they do not.
import { beforeEach, describe, expect, it } from 'vitest';
import { arrival, openTestCatalog, type Made } from './arriving.ts';

const hour = 3_600_000;
const typo = { PatientID: '4711O', PatientName: 'Brand^Ute' };
const right = { PatientID: '47110', PatientName: 'Brandt^Ute' };

let room: ReturnType<typeof openTestCatalog>;
beforeEach(() => {
  room = openTestCatalog();
});

const record = (made?: Made) => room.book.transaction(() => room.catalog.record(arrival(made)));
/** A person corrects the exam, and it is remembered for a day. */
const correct = (examId: string, forMs = 24 * hour) => {
  room.pass(1000);
  const at = room.clock.now();
  room.book.transaction(() => {
    room.book.sql('UPDATE exam SET corrected = ? WHERE id = ?').run(JSON.stringify(right), examId);
    room.book
      .sql(
        `INSERT INTO correction (id, examId, attributes, previous, reason, by, at, lastObject)
         SELECT :id, :examId, :text, '{}', 'CORRECT', 'ada', :at, max(rowid) FROM object WHERE examId = :examId`,
      )
      .run({ id: `c ${at}`, examId, text: JSON.stringify(right), at });
    room.catalog.decisions.remember(examId, 'ada', forMs);
    room.catalog.refreshProblems(examId);
  });
  room.pass(1000);
};
const about = (examId: string) =>
  room.catalog
    .standingProblems(examId)
    .filter(({ answered }) => !answered)
    .map(({ code, params }) => [code, params['images']]);

describe('a late image of the same device and the same received patient', () => {
  it('follows the correction, and the exam says so', () => {
    const { examId } = record({ header: typo });
    correct(examId);
    for (let count = 1; count <= 3; count++) expect(record({ header: typo })).toMatchObject({ follows: true });
    expect(about(examId)).toEqual([['same-decision', 3]]);
    expect(room.catalog.decisions.list()).toMatchObject([
      { by: 'ada', aeTitle: 'US_ROOM2', followed: 3, corrected: right },
    ]);
  });

  it('waits for a word once the following was undone, and so do those after it', () => {
    const { examId } = record({ header: typo });
    correct(examId);
    record({ header: typo });
    room.book.transaction(() => {
      expect(room.catalog.decisions.endOf(examId)).toBe(1);
      room.catalog.refreshProblems(examId);
    });
    expect(about(examId)).toEqual([['late-undecided', 1]]);
    expect(record({ header: typo })).toMatchObject({ follows: false });
    expect(about(examId)).toEqual([['late-undecided', 2]]);
    expect(room.catalog.decisions.list()).toEqual([]);
  });

  it('waits for a word once the memory was deleted', () => {
    const { examId } = record({ header: typo });
    correct(examId);
    const [decision] = room.catalog.decisions.list();
    expect(room.catalog.decisions.end(decision?.id ?? '')).toBe(examId);
    expect(record({ header: typo })).toMatchObject({ follows: false });
    expect(room.catalog.decisions.end(decision?.id ?? '')).toBeUndefined();
  });

  it('waits for a word when the memory has expired', () => {
    const { examId } = record({ header: typo });
    correct(examId);
    room.pass(24 * hour + 1);
    expect(room.catalog.decisions.list()).toEqual([]);
    expect(record({ header: typo })).toMatchObject({ follows: false });
    expect(about(examId)).toEqual([['late-undecided', 1]]);
  });

  it('waits for a word when nothing is to be remembered', () => {
    const { examId } = record({ header: typo });
    correct(examId, 0);
    expect(record({ header: typo })).toMatchObject({ follows: false });
  });

  it('of an approved exam that nobody corrected is told, and nothing else', () => {
    const { examId } = record();
    room.book.sql("UPDATE object SET state = 'approved'").run();
    room.book.sql('UPDATE exam SET approvedAt = ? WHERE id = ?').run(room.clock.now(), examId);
    room.pass(1000);
    record();
    record();
    expect(about(examId)).toEqual([['late-images', 2]]);
  });
});

describe('a late image never follows by itself', () => {
  it.each([
    ['when one letter of the name differs', { header: { ...typo, PatientName: 'Brandl^Ute' } }],
    ['when the birth date differs', { header: { ...typo, PatientBirthDate: '19200101' } }],
    ['when the patient ID differs', { header: { ...typo, PatientID: '4711' } }],
    ['from another device', { header: typo, source: { kind: 'dicom', label: 'US_ROOM3', address: '127.0.0.1' } }],
    ['from another address', { header: typo, source: { kind: 'dicom', label: 'US_ROOM2', address: '10.0.0.9' } }],
  ] as const satisfies readonly (readonly [string, Made])[])('%s', (_why, made) => {
    const { examId } = record({ header: typo });
    correct(examId);
    expect(record(made)).toMatchObject({ follows: false });
    const codes = about(examId).map(([code]) => code);
    expect(codes).not.toContain('same-decision');
    expect(codes.some((code) => code === 'late-undecided' || code === 'late-other-patient')).toBe(true);
  });

  it.each(['', '0000000', 'UNKNOWN'])('with the patient ID “%s”, which names nobody', (PatientID) => {
    const header = { PatientID, PatientName: 'TEST^ROOM2' };
    const { examId } = record({ header });
    correct(examId);
    expect(record({ header })).toMatchObject({ follows: false });
    expect(room.catalog.decisions.list()).toEqual([]);
  });

  it('when the device gave no study: only we hold its images together', () => {
    const header = { ...typo, StudyInstanceUID: '' };
    const { examId } = record({ header });
    correct(examId);
    expect(record({ header })).toMatchObject({ examId, follows: false });
  });

  it('in the study of another patient: what is remembered belongs to one exam', () => {
    correct(record({ header: typo }).examId);
    const { examId } = record({ header: { ...typo, StudyInstanceUID: '2.25.101' } });
    expect(about(examId)).toEqual([]);
    expect(room.catalog.exam(examId).corrected).toEqual({});
  });
});

describe('what is known of a device', () => {
  it('is counted as it sends: received, sent again, rejected, text that is not what it says', () => {
    const { objectId } = record({
      content: 'twice',
      header: { SpecificCharacterSet: ['ISO_IR 100'], textSends: 'UTF-8' },
    });
    record({ content: 'twice' });
    record();
    room.book.sql("UPDATE object SET state = 'rejected' WHERE id = ?").run(objectId);
    expect(room.catalog.sourceFacts()).toMatchObject([
      {
        aeTitle: 'US_ROOM2',
        received: 2,
        resent: 1,
        rejected: 1,
        textLies: 1,
        textSays: 'ISO_IR 100',
        textSends: 'UTF-8',
      },
    ]);
    room.book.sql("UPDATE object SET state = 'received' WHERE id = ?").run(objectId);
    expect(room.catalog.sourceFacts()).toMatchObject([{ rejected: 0 }]);
  });
});

it('an exam that is said to be complete waits no longer, until the next image', () => {
  const { examId } = record();
  expect(room.catalog.examRows([examId])).toMatchObject([{ state: 'arriving' }]);
  expect(room.catalog.completeNow(examId)).toBe(true);
  expect(room.catalog.examRows([examId])).toMatchObject([{ state: 'review' }]);
  expect(room.catalog.completeNow(examId)).toBe(false);
  room.pass(1000);
  record();
  expect(room.catalog.examRows([examId])).toMatchObject([{ state: 'arriving' }]);
});
