// What is drawn into the pixels of a derived picture, as pydicom sees it: nothing else of the picture differs, and the words are there.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { call } from '@orpc/server';
import { afterEach, expect, test } from 'vitest';
import { newUid } from '#station/kit/ids.ts';
import { openDrawnExam } from '../station/presentation/drawn-exam.ts';
import { sendAll } from './after-release-around.ts';
import { smallImage } from './programs/index.ts';
import { run } from './programs/run.ts';

let exam: Awaited<ReturnType<typeof openDrawnExam>>;
afterEach(() => exam.close());

/** Values that differ, as boxes: of those within the box of the line, of the words, and of all. */
const judge = `
import sys, json, pydicom
a, b = (pydicom.dcmread(f).pixel_array for f in sys.argv[1:3])
assert a.shape == b.shape and a.dtype == b.dtype
d = a != b
def n(c, r, c2, r2): return int(d[r:r2, c:c2].sum())
print(json.dumps({'all': int(d.sum()), 'line': n(10, 90, 60, 120), 'words': n(20, 10, 128, 40), 'columns': int(d[10:40, 20:128].any(axis=0).sum())}))
`;

test('a line and words are burned in where they were drawn, and nothing else of the picture differs', async () => {
  exam = await openDrawnExam();
  const { router } = exam.station();
  const uids = { StudyInstanceUID: newUid(), SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() };
  await sendAll(exam.station(), [{ uid: uids.SOPInstanceUID, bytes: smallImage(uids, 128) }]);
  const { exams } = await call(router.exams.list, { limit: 10, offset: 0 });
  const { id = '' } = exams.find((one) => one.StudyInstanceUID === uids.StudyInstanceUID) ?? {};
  const objects = async () => (await call(router.exams.read, { id })).series.flatMap((series) => series.objects);
  const [source] = await objects();
  if (!source) throw new Error('no image');
  const files = ['before.dcm', 'after.dcm'].map((name) => path.join(exam.home, name)) as [string, string];
  await writeFile(files[0], await exam.asLeaves(source.id));
  await exam.save(source.id, {
    annotations: [
      {
        ...{ id: 'l', frame: null, kind: 'arrow', text: '', label: '' },
        points: [
          [15, 110],
          [50, 95],
        ],
      },
      { ...{ id: 't', frame: null, kind: 'text', text: 'LINKS 12', label: '' }, points: [[24, 25]] },
    ],
  });
  await call(router.exams.approve, { id, presentation: 'baked' });
  const derived = (await objects()).find((object) => object.id !== source.id);
  await writeFile(files[1], await exam.asLeaves(derived?.id ?? ''));
  const judged = await run('/usr/bin/python3', ['-c', judge, ...files]);
  expect(judged.code, judged.output).toBe(0);
  const differ = JSON.parse(judged.output.trim().split('\n').at(-1) ?? '') as Record<string, number>;
  expect(differ['line']).toBeGreaterThan(30);
  expect(differ['words']).toBeGreaterThan(50);
  // Eight letters in a row, not one box.
  expect(differ['columns']).toBeGreaterThan(30);
  expect(differ['all']).toBe((differ['line'] ?? 0) + (differ['words'] ?? 0));
});
