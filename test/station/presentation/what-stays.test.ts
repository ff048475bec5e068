// What is drawn, said or written of pictures whose story goes on: nothing leaves that somebody covered, and nothing is lost.
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { call } from '@orpc/server';
import { afterEach, expect, test } from 'vitest';
import { imagesMeantBy } from '#station/4-review/index.ts';
import { openPart10, readHeader } from '#station/dicom/index.ts';
import { openBook } from '#station/records/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { smallImage } from '../../peers/programs/index.ts';
import { received, sendAll } from '../../peers/after-release-around.ts';
import { openDrawnExam, pixelsOf } from './drawn-exam.ts';

let exam: Awaited<ReturnType<typeof openDrawnExam>>;
afterEach(() => exam.close());

const code = (expected: string) => ({ cause: { code: expected } });
const keyObjectClass = '1.2.840.10008.5.1.4.1.1.88.59';
const asKeyObject = {
  station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim', notes: 'key-object' },
};
const covered = { redactions: [{ left: 0, top: 0, right: 16, bottom: 4 }] };
const headerOf = async (id: string) => readHeader(await openPart10(await exam.asLeaves(id)));
/** As a station knows it that has sent everything. The station goes on. */
function allHaveLeft(): void {
  const book = openBook(path.join(exam.home, 'catalog.db'));
  book
    .sql(
      `INSERT INTO attempt (id, deliveryId, SOPInstanceUID, dataSetSha256, startedAt, endedAt, outcome)
       SELECT 'a' || id, id, '', '', createdAt, createdAt, 'sent' FROM delivery`,
    )
    .run();
  book.close();
}

test('a covered picture that was put into an exam of its own leaves under the study of that exam', async () => {
  exam = await openDrawnExam();
  const [first, second, third] = exam.ids;
  const { router } = exam.station();
  await exam.save(first, covered);
  const { toExamIds } = await call(router.rearranging.apply, { wish: { kind: 'split', groups: [[first, second]] } });
  const [split = ''] = toExamIds;
  await call(router.exams.correct, {
    id: split,
    reason: 'CORRECT',
    attributes: { PatientID: 'R-1', PatientName: 'Right' },
  });
  const { StudyInstanceUID, series } = await call(router.exams.approve, { id: split });
  const made = series.flatMap(({ objects }) => objects).filter(({ id }) => ![first, second, third].includes(id));
  expect(made).toHaveLength(1);
  expect(await headerOf(made[0]?.id ?? '')).toMatchObject({ StudyInstanceUID, PatientID: 'R-1', PatientName: 'Right' });
});

test('a picture whose covered one left is not set free by rejecting and keeping it', async () => {
  exam = await openDrawnExam();
  const [first] = exam.ids;
  const { router } = exam.station();
  await exam.save(first, covered);
  await exam.approve();
  await expect(call(router.objects.reject, { id: first, reason: '111209' })).rejects.toMatchObject(
    code('replaced-by-derived'),
  );
  await expect(call(router.objects.keep, { id: first })).rejects.toMatchObject(code('replaced-by-derived'));
  await call(router.judging.judge, { objectIds: [first], verdict: 'accepted' }).catch(() => undefined);
  expect((await exam.objects()).find(({ id }) => id === first)).toMatchObject({ rejection: { reason: 'replaced' } });
});

test('what somebody covered stays covered on a copy of the picture', async () => {
  exam = await openDrawnExam();
  const [first] = exam.ids;
  const { router } = exam.station();
  await exam.save(first, covered);
  const other = await received(exam.station());
  const { toExamIds } = await call(router.rearranging.apply, {
    wish: { kind: 'copy', objectIds: [first], toExamId: other.examId },
  });
  expect(toExamIds).toEqual([other.examId]);
  await call(router.exams.approve, { id: other.examId });
  const { deliveries } = await call(router.deliveries.list, { examId: other.examId, limit: 100, offset: 0 });
  expect(deliveries).toHaveLength(4);
  const pictures = await Promise.all(deliveries.map(async ({ objectId }) => pixelsOf(await exam.asLeaves(objectId))));
  const edited = pictures.filter(({ header }) => header.SeriesNumber === 9970);
  expect(edited).toHaveLength(1);
  expect(edited[0]?.at(3, 3)).toBe(0);
});

test('a body part that a person set stays on the copies that correct what left', async () => {
  exam = await openDrawnExam();
  const [first, second] = exam.ids;
  const { router } = exam.station();
  await exam.save(second, covered);
  await call(router.objects.correct, {
    objectIds: [first, second],
    attributes: { BodyPartExamined: 'HAND' },
    codes: {},
    reason: 'CORRECT',
  });
  await exam.approve();
  // As if all of it had left.
  allHaveLeft();
  const done = await call(router.afterRelease.correct, {
    ...{ id: exam.examId, reason: 'CORRECT' as const },
    attributes: { PatientID: 'R-1', PatientName: 'Right^Person', AccessionNumber: 'B2' },
  });
  expect(done.kind).toBe('copied');
  const { series } = await call(router.exams.approve, { id: done.examId });
  const headers = await Promise.all(series.flatMap(({ objects }) => objects).map(({ id }) => headerOf(id)));
  expect(headers.map(({ BodyPartExamined }) => BodyPartExamined).sort()).toEqual(['HAND', 'HAND', 'HAND']);
});

test('a note to the reader of an approval that was taken back is made anew, with what it says by then', async () => {
  exam = await openDrawnExam(asKeyObject);
  const [first] = exam.ids;
  const { router } = exam.station();
  await exam.save(first, covered);
  await call(router.exams.saveNote, { id: exam.examId, text: 'The former text' });
  await exam.approve();
  const noteOf = async () => (await exam.objects()).filter(({ SOPClassUID }) => SOPClassUID === keyObjectClass);
  await expect.poll(noteOf).toHaveLength(1);
  const opened = await call(router.afterRelease.correct, {
    ...{ id: exam.examId, reason: 'CORRECT' as const, attributes: { PatientName: 'Right^Person', PatientID: 'R-1' } },
  });
  expect(opened.kind).toBe('reopened');
  expect(await exam.objects()).toHaveLength(3);
  await call(router.exams.saveNote, { id: exam.examId, text: 'The new text' });
  await exam.approve();
  await expect.poll(noteOf).toHaveLength(1);
  const [note] = await noteOf();
  const bytes = await exam.asLeaves(note?.id ?? '');
  expect(bytes.includes('The new text')).toBe(true);
  expect(bytes.includes('Right^Person')).toBe(true);
  const waiting = (await exam.deliveries()).filter(({ state }) => state !== 'cancelled');
  expect(waiting).toHaveLength(4);
  expect((await call(router.exams.note, { id: exam.examId })).sent).toHaveLength(1);
});

test('what a device takes back takes back what is made of it, and its copies', async () => {
  exam = await openDrawnExam();
  const [first, second] = exam.ids;
  await exam.save(first, covered);
  await exam.approve();
  const derived = (await exam.objects()).find(({ id }) => !exam.ids.includes(id))?.id;
  const objects = await exam.objects();
  const uidOf = (id: string) => objects.find((one) => one.id === id)?.SOPInstanceUID ?? '';
  const book = openBook(path.join(exam.home, 'catalog.db'));
  try {
    const meant = (...uids: string[]) => imagesMeantBy(book, { uids, objectId: 'note' });
    expect(meant(uidOf(first))).toEqual([derived]);
    expect(meant(uidOf(first), uidOf(second)).sort()).toEqual([derived, second].sort());
  } finally {
    book.close();
  }
});

test('an image that comes after its exam was found to be another patient leaves only when somebody says whose it is', async () => {
  exam = await openDrawnExam();
  const { router } = exam.station();
  await exam.approve();
  allHaveLeft();
  await call(router.afterRelease.correct, {
    ...{ id: exam.examId, reason: 'CORRECT' as const },
    attributes: { PatientID: 'R-1', PatientName: 'Right^Person', AccessionNumber: 'B2' },
  });
  const { StudyInstanceUID, series } = await exam.exam();
  const uid = newUid();
  const SeriesInstanceUID = series[0]?.SeriesInstanceUID ?? '';
  const bytes = smallImage({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID: uid }, 16);
  await sendAll(exam.station(), [{ uid, bytes }]);
  await expect
    .poll(async () => (await exam.exam()).problems.map((problem) => problem.code))
    .toContain('late-corrected');
  await expect(exam.approve()).rejects.toMatchObject(code('late-corrected'));
  const [card] = (await exam.exam()).problems.filter((problem) => problem.code === 'late-corrected');
  expect(card?.params).toMatchObject({ patient: 'Right^Person (R-1)' });
  const toExamId = String(card?.params['exam']);
  const wish = { kind: 'move' as const, objectIds: [card?.objectId ?? ''], toExamId };
  await call(router.rearranging.apply, { wish, otherPatient: true });
  const target = await call(router.exams.read, { id: toExamId });
  expect(target).toMatchObject({ corrected: { PatientID: 'R-1', PatientName: 'Right^Person' } });
  expect(target.series.flatMap(({ objects }) => objects.map(({ id }) => id))).toContain(card?.objectId);
  expect((await exam.exam()).problems.map((problem) => problem.code)).not.toContain('late-corrected');
});

test('a book that is made anew knows which copies, covered pictures and made ones there were', async () => {
  exam = await openDrawnExam();
  const [first, second] = exam.ids;
  const { router } = exam.station();
  await exam.save(first, covered);
  await call(router.objects.correct, {
    ...{ objectIds: [second], attributes: { BodyPartExamined: 'HAND' }, codes: {}, reason: 'CORRECT' as const },
  });
  const split = await call(router.rearranging.apply, { wish: { kind: 'split', groups: [[first]] } });
  const [splitId = ''] = split.toExamIds;
  await call(router.exams.approve, { id: splitId });
  await call(router.rearranging.apply, {
    wish: { kind: 'copy', objectIds: [second], toExamId: splitId },
    otherPatient: true,
  });
  const all = async () => {
    const book = openBook(path.join(exam.home, 'catalog.db'));
    try {
      return [
        ...['object_correction', 'object_markup', 'made_object'].map((table) =>
          book.sql(`SELECT * FROM ${table} ORDER BY 1`).all(),
        ),
        book.sql('SELECT id, examId, SOPInstanceUID, state, rejectionReason, sameAs FROM object ORDER BY id').all(),
        book.sql('SELECT id, StudyInstanceUID, objects FROM exam ORDER BY id').all(),
      ];
    } finally {
      book.close();
    }
  };
  const before = await all();
  await exam.reopen(async () => {
    for (const end of ['', '-wal', '-shm']) await rm(path.join(exam.home, `catalog.db${end}`), { force: true });
  });
  expect(await all()).toEqual(before);
});
