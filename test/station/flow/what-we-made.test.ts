// What the station makes of an exam leaves with it and is nothing that came, that anybody judged, or that a device did wrong.
import path from 'node:path';
import { call } from '@orpc/server';
import Database from 'better-sqlite3';
import { afterEach, expect, test } from 'vitest';
import { discontinuationReason } from '#station/notices/step-content.ts';
import { readPerformedExam } from '#station/notices/exam-facts.ts';
import { openBook } from '#station/records/index.ts';
import { openDrawnExam } from '../presentation/drawn-exam.ts';

let exam: Awaited<ReturnType<typeof openDrawnExam>>;
afterEach(() => exam.close());

const settings = {
  judging: { acceptBeforeApproval: true },
  station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim', notes: 'key-object' },
};

/** An exam of three images that leaves with a derived picture in the place of one, two presentation states and a note. */
async function leaveWithAllWeMake() {
  const [first, second] = exam.ids;
  const { router } = exam.station();
  await exam.save(first, { crop: { left: 0, top: 0, right: 8, bottom: 8 }, flipped: true });
  await exam.save(second, { inverted: true });
  await call(router.exams.saveNote, { id: exam.examId, text: 'Could not stand.' });
  await call(router.judging.judge, { objectIds: exam.ids, verdict: 'accepted' });
  await exam.approve();
  // Three images, a derived picture, two states and the note.
  await expect.poll(async () => (await exam.objects()).length).toBe(7);
  const baked = (await exam.objects()).find(({ columns }) => columns === 8);
  if (!baked) throw new Error('no derived picture');
  return baked;
}

/** Everything that came or was made has been looked at by the background. */
async function looked(): Promise<void> {
  const db = new Database(path.join(exam.home, 'catalog.db'), { readonly: true });
  const rest = db.prepare(
    'SELECT (SELECT max(rowid) FROM object) - (SELECT coalesce(max(lastRow), 0) FROM image_fact_mark)',
  );
  await expect.poll(() => rest.pluck().get()).toBe(0);
  db.close();
}

const today = { span: 'today' as const };

test('three images that leave with all that is made of them are three images, received and accepted', async () => {
  exam = await openDrawnExam(settings);
  const baked = await leaveWithAllWeMake();
  const { router } = exam.station();
  await looked();
  const quality = await call(router.judging.ofExam, { id: exam.examId });
  expect(quality).toMatchObject({ accepted: 3, toAccept: 3 });
  expect(quality.images.find(({ objectId }) => objectId === baked.id)).toMatchObject({
    judgement: { verdict: 'accepted' },
    hints: [],
  });
  expect((await exam.exam()).counts).toMatchObject({ images: 3, rejected: 0, accepted: 3, approved: 6 });
  expect((await call(router.station.status, undefined)).listener.receivedToday).toBe(3);
  expect((await call(router.statistics.read, today)).totals).toMatchObject({ received: 3, accepted: 3, rejected: 0 });
  const { devices } = await call(router.devices.list, undefined);
  expect(devices).toMatchObject([{ received: 3, rejected: 0 }]);
  const forecast = await call(router.exams.forecast, { id: exam.examId });
  expect(forecast).toMatchObject({ objectsThatLeave: 0, objectsThatStay: 0 });

  // A derived picture that is rejected is the image that was rejected.
  await call(router.judging.judge, { objectIds: [baked.id], verdict: 'rejected', reason: '111209' });
  expect((await call(router.statistics.read, today)).totals).toMatchObject({ received: 3, accepted: 2, rejected: 1 });
  const { images } = await call(router.statistics.images, { ...today, limit: 10, offset: 0 });
  expect(images.map(({ objectId }) => objectId)).toEqual([exam.ids[0]]);
});

test('the hospital hears of what left: not of what a derived picture replaced, and not of notes', async () => {
  exam = await openDrawnExam(settings);
  const baked = await leaveWithAllWeMake();
  const left = (await exam.deliveries()).map(({ objectId }) => objectId);
  const notes = (await call(exam.station().router.exams.note, { id: exam.examId })).sent.map(
    ({ objectId }) => objectId,
  );
  await exam.reopen(() => {
    const book = openBook(path.join(exam.home, 'catalog.db'));
    const performed = () => readPerformedExam(book, exam.examId, { orderOf: () => undefined });
    const told = performed()?.objects.map(({ id }) => id) ?? [];
    expect(told.toSorted()).toEqual(left.filter((id) => !notes.includes(id)).toSorted());
    // Later all of it is rejected because the machine failed.
    const fail = book.sql("UPDATE object SET state = 'rejected', rejectionReason = '111214' WHERE id = ?");
    for (const id of told) fail.run(id);
    const all = performed();
    expect(all?.objects.map(({ id }) => id)).toContain(baked.id);
    expect(discontinuationReason(all ?? { objects: [] })).toMatchObject({ CodeMeaning: 'Equipment failure' });
    book.close();
  });
});
