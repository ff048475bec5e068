// References follow what was split, moved and copied: pydicom makes a study whose documents refer to its images in every
// way, and judges what leaves. Every reference resolves, with the series and study it names, within what leaves.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import type { Wish } from '#station/3-catalog/index.ts';
import { newId } from '#station/kit/ids.ts';
import { openSmallHouse, type SmallHouse } from '../station/4-review/house.ts';
import { run } from './programs/run.ts';
import { temporaryFolder } from './programs/temporary-folder.ts';

const python = '/usr/bin/python3';
const script = path.join(import.meta.dirname, 'rearranging.py');

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let house: SmallHouse;
let ids: string[];
beforeAll(async () => {
  folder = await temporaryFolder('rearranging');
  await mkdir(path.join(folder.path, 'study'));
  const made = await run(python, [script, 'make', path.join(folder.path, 'study')]);
  if (made.code !== 0) throw new Error(`pydicom is needed: ${made.output}`);
});
afterAll(() => folder.close());
beforeEach(async () => {
  house = await openSmallHouse();
  ids = [];
  for (let n = 0; n < 12; n++) {
    const file = path.join(folder.path, 'study', `${String(n).padStart(2, '0')}.dcm`);
    ids.push((await house.take(file)).objectId);
  }
});
afterEach(() => house.close());

const images = (...numbers: number[]) => numbers.map((n) => ids[n - 1] ?? '');
const examOf = (objectId: string) => house.catalog.objectFile(objectId).examId;

function rearrange(wish: Wish) {
  const done = house.rearranging.rearrange({ wish, by: 'Kim', otherPatient: true });
  if (done.kind !== 'rearranged') throw new Error('unchanged');
  if (done.identity) {
    const { examId, attributes } = done.identity;
    house.review.correct({ examId, attributes, reason: 'CORRECT', by: 'Kim' });
  }
  for (const examId of [...done.fromExamIds, ...done.toExamIds]) house.catalog.refreshProblems(examId);
  return done;
}

/** Approves all exams and lets pydicom judge all that leaves: the lines it has to say, and how many references it saw. */
async function judge(objects: readonly string[] = ids) {
  const exams = [...new Set(objects.map(examOf))];
  for (const examId of exams) {
    house.review.correct({
      examId,
      attributes: { PatientName: 'Lovelace^Ada', PatientID: '1' },
      reason: 'CORRECT',
      by: 'Kim',
    });
    house.catalog.refreshProblems(examId);
    await house.approve(examId);
  }
  const out = path.join(folder.path, newId());
  await mkdir(out);
  for (const id of objects) await writeFile(path.join(out, `${id}.dcm`), await house.leaving(id));
  const judged = await run(python, [script, 'judge', out]);
  expect(judged.code, judged.output).toBe(0);
  const lines = judged.output.trim().split('\n');
  return { broken: lines.slice(0, -1), count: lines.at(-1), out };
}

/** A copy of an object in another exam, over a file of its own. */
async function copies(...objects: readonly string[]) {
  return Promise.all(
    objects.map(async (of) => {
      const objectId = newId();
      await copyFile(house.pathOf(of), path.join(house.objectsFolder, `${objectId}.dcm`));
      return { of, objectId, file: `${objectId}.dcm` };
    }),
  );
}

test('references hold when nothing was rearranged, and the judge sees all of them', async () => {
  expect(await judge()).toMatchObject({ broken: [], count: 'references 51' });
});

test('IRWF-3 references follow images that were split off, evidence is divided between two studies', async () => {
  rearrange({ kind: 'split', groups: [images(4, 5, 6)] });
  const { broken, count, out } = await judge();
  expect(broken).toEqual([]);
  // One more: the structure set names two studies now.
  expect(count).toBe('references 52');
  const report = await readFile(path.join(out, `${ids[6] ?? ''}.dcm`));
  const study = house.catalog.objectFile(ids[3] ?? '').StudyInstanceUID;
  expect(report.includes(study)).toBe(true);
  // The judge is no yes-man: as it was received, the report leads nowhere.
  await copyFile(house.pathOf(ids[6] ?? ''), path.join(out, `${ids[6] ?? ''}.dcm`));
  expect((await run(python, [script, 'judge', out])).output).toContain('SR 2.25.301: 2.25.1000 2.25.1001 2.25.204');
});

test('references follow the documents too, when they go with their images', async () => {
  rearrange({ kind: 'split', groups: [ids.slice(3)] });
  expect((await judge()).broken).toEqual([]);
});

test('references hold when a part of a series became a series of its own', async () => {
  rearrange({ kind: 'split-series', objectIds: images(2, 5) });
  expect((await judge()).broken).toEqual([]);
});

test('IRWF-3 references hold after three rearrangements one over the other', async () => {
  const { toExamIds } = rearrange({ kind: 'split', groups: [images(4, 5, 6)] });
  rearrange({ kind: 'split-series', objectIds: images(5) });
  rearrange({ kind: 'move', objectIds: images(1), toExamId: toExamIds[0] ?? '' });
  expect((await judge()).broken).toEqual([]);
});

test('references hold after an exam was split and merged again', async () => {
  const { toExamIds } = rearrange({ kind: 'split', groups: [images(4, 5, 6)] });
  rearrange({ kind: 'merge', fromExamId: toExamIds[0] ?? '', toExamId: examOf(ids[0] ?? '') });
  expect((await judge()).broken).toEqual([]);
});

test('a copied report refers to the copies of its images that went with it, the original to the originals', async () => {
  const { toExamIds } = rearrange({ kind: 'split', groups: [images(4)] });
  const made = await copies(...images(1, 2, 3, 5, 6), ids[6] ?? '', ids[9] ?? '', ids[10] ?? '');
  rearrange({ kind: 'copy', copies: made, toExamId: toExamIds[0] ?? '' });
  const { broken } = await judge([...ids, ...made.map(({ objectId }) => objectId)]);
  expect(broken).toEqual([]);
  const copiedReport = await house.leaving(made[5]?.objectId ?? '');
  expect(copiedReport.includes(house.catalog.objectFile(made[0]?.objectId ?? '').SOPInstanceUID)).toBe(true);
});

test('references in private data are left as they are, and it is said', async () => {
  rearrange({ kind: 'split', groups: [images(4, 5, 6)] });
  const derived = ids[11] ?? '';
  const examId = examOf(derived);
  house.review.correct({
    examId,
    attributes: { PatientName: 'Lovelace^Ada', PatientID: '1' },
    reason: 'CORRECT',
    by: 'Kim',
  });
  house.catalog.refreshProblems(examId);
  house.pass(60_000);
  const prepared = await house.review.prepareApproval(examId, 'Kim');
  const revisions = 'revisions' in prepared ? prepared.revisions : [];
  const notes = revisions.find(({ objectId }) => objectId === derived)?.notJudged;
  expect(notes).toContain('refers-elsewhere');
  expect(notes).toContain('private-reference');
});
