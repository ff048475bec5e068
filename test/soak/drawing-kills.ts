// People draw while the station is killed (kill -9): while drawings are saved, while derived pictures and states are made for an
// approval. What it said was kept is kept; an exam has left whole or not at all; nothing half made is seen, and no file is left over.
// `node test/soak/drawing-kills.ts [kills]` prints one table; ends with 0 when nothing broke.
import { randomInt } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Exam, ObjectRow } from '#contract/shapes/exam.ts';
import { markupShape, type KeptMarkup, type Markup } from '#contract/shapes/markup.ts';
import { buildFileMeta, explicitLittleEndian } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { openBook } from '#station/records/index.ts';
import { startStation, type Ready } from '../crash/station-process.ts';
import { secondaryCaptureClass, smallImage } from '../peers/programs/small-image.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const kills = Number(process.argv[2] ?? 40);
const imagesInExam = 4;
const side = 768;

type Ask = <T>(method: string, route: string, body?: object) => Promise<T>;
const askerOf =
  ({ url, token }: Ready): Ask =>
  async (method, route, body) => {
    const answer = await fetch(new URL(`api${route}`, url), {
      method,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return (await answer.json()) as never;
  };

function writeExam(folder: string): string[] {
  const [StudyInstanceUID, SeriesInstanceUID] = [newUid(), newUid()];
  return Array.from({ length: imagesInExam }, (_, n) => {
    const SOPInstanceUID = newUid();
    const meta = buildFileMeta({
      ...{ sopClassUid: secondaryCaptureClass, sopInstanceUid: SOPInstanceUID },
      transferSyntaxUid: explicitLittleEndian,
    });
    const file = path.join(folder, `${SOPInstanceUID}-${n}.dcm`);
    writeFileSync(
      file,
      Buffer.concat([meta, smallImage({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }, side)]),
    );
    return file;
  });
}

const someMarkup = (): Markup =>
  markupShape.parse({
    window: { center: randomInt(1, 4000), width: randomInt(2, 4000) },
    rotation: randomInt(4) * 90,
    annotations: Array.from({ length: randomInt(6) }, (_, n) => ({
      ...{ id: `a${n}-${randomInt(1e9)}`, frame: null, kind: 'freehand', text: '' },
      points: Array.from({ length: randomInt(2, 400) }, () => [randomInt(side), randomInt(side)]),
    })),
    ...(randomInt(2) === 0 ? { crop: { left: 8, top: 8, right: side - randomInt(9, 300), bottom: side - 9 } } : {}),
    ...(randomInt(2) === 0 ? { redactions: [{ left: 20, top: 20, right: 200, bottom: 90 }] } : {}),
  });

const breaches: string[] = [];
const counts = { saved: 0, approved: 0, left: 0, overtaken: 0, again: 0 };
/** What may be kept of each image: what was confirmed last, and what was under way when the station died. */
const mayBe = new Map<string, readonly string[]>();

async function drawUntilEnd(ask: Ask, ids: readonly string[]): Promise<void> {
  for (let n = 0; ; n += 1) {
    const id = ids[n % ids.length] ?? '';
    const markup = someMarkup();
    const before = mayBe.get(id)?.slice(0, 1) ?? [];
    mayBe.set(id, [...before, JSON.stringify(markup)]);
    try {
      await ask('PUT', `/objects/${id}/markup`, { markup });
    } catch {
      return;
    }
    mayBe.set(id, [JSON.stringify(markup)]);
    counts.saved += 1;
  }
}

async function checkDrawn(ask: Ask): Promise<void> {
  for (const [id, some] of mayBe) {
    const { markup } = await ask<KeptMarkup>('GET', `/objects/${id}/markup`);
    if (!some.includes(JSON.stringify(markup))) breaches.push(`${id} keeps what nobody drew last`);
    mayBe.set(id, [JSON.stringify(markup)]);
  }
}

const objectsOf = async (ask: Ask, examId: string): Promise<readonly ObjectRow[]> =>
  (await ask<Exam>('GET', `/exams/${examId}`)).series.flatMap(({ objects }) => objects);

/** Left whole, or as if nobody had approved it. Gives whether it left. */
async function checkExam(ask: Ask, examId: string, sources: readonly string[]): Promise<boolean> {
  const objects = await objectsOf(ask, examId);
  const made = objects.filter(({ id }) => !sources.includes(id));
  const baked = sources.filter((id) => {
    const { crop, redactions } = JSON.parse(mayBe.get(id)?.[0] ?? '{}') as Partial<Markup>;
    return (crop ?? null) !== null || (redactions?.length ?? 0) > 0;
  });
  const states = objects.map(({ id, state }) => `${sources.includes(id) ? 'source' : 'made'} ${state}`);
  const isLeft = objects.some(({ state }) => state === 'approved');
  if (!isLeft && (made.length > 0 || objects.some(({ state }) => state !== 'received')))
    breaches.push(`${examId} half left: ${states.join(', ')}`);
  if (isLeft) {
    const derived = made.filter(({ SOPClassUID }) => SOPClassUID === secondaryCaptureClass);
    const replaced = objects.filter(({ rejection }) => rejection?.reason === 'replaced');
    if (
      derived.length !== baked.length ||
      replaced.length !== baked.length ||
      made.some(({ state }) => state !== 'approved')
    )
      breaches.push(`${examId} left in part: ${states.join(', ')}; ${baked.length} to be made`);
  }
  return isLeft;
}

const folder = await temporaryFolder('drawing-kills');
const home = path.join(folder.path, 'home');
const settings = path.join(folder.path, 'settings.json');
writeFileSync(
  settings,
  JSON.stringify({
    station: { dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim' },
    destinations: [{ id: 'a', name: 'A', kind: 'archive', aeTitle: 'A', host: '127.0.0.1', port: 1 }],
  }),
);
const open = async () => {
  const station = startStation(home, settings);
  const ready = await station.ready;
  if (!ready) throw new Error(station.log());
  return { station, ask: askerOf(ready) };
};

try {
  for (let number = 0; number < kills; number += 1) {
    const { station, ask } = await open();
    await ask('POST', '/imports', { paths: writeExam(folder.path), wait: true });
    const { exams } = await ask<{ exams: readonly { id: string }[] }>('GET', '/exams?filter=all&limit=500');
    const fresh: string[] = [];
    for (const { id } of exams) {
      const objects = await objectsOf(ask, id);
      if (objects.every(({ id: one }) => !mayBe.has(one)) && objects.every(({ state }) => state === 'received'))
        fresh.push(id);
    }
    const [examId = ''] = fresh;
    const sources = (await objectsOf(ask, examId)).map(({ id }) => id);
    for (const id of sources)
      mayBe.set(id, [JSON.stringify((await ask<KeptMarkup>('GET', `/objects/${id}/markup`)).markup)]);
    const drawing = drawUntilEnd(ask, sources);
    if (number % 2 === 0) {
      await pause(randomInt(60, 600));
      await station.kill();
      await drawing;
    } else {
      const enough = counts.saved + sources.length;
      while (counts.saved < enough) await pause(2);
      // The hand goes on to draw while the exam is approved: it is made as it was drawn, or refused as overtaken.
      const approving = ask('POST', `/exams/${examId}/approval`, {
        presentation: randomInt(2) === 0 ? 'baked' : 'state',
      }).then(
        () => 'approved',
        (error: unknown) => (String(error).includes('changed') ? 'overtaken' : 'died'),
      );
      const said = await Promise.race([
        approving,
        pause(randomInt(10, randomInt(2) === 0 ? 1500 : 12_000)).then(() => 'killed'),
      ]);
      await station.kill();
      await Promise.all([drawing, approving]);
      if (said === 'approved') counts.approved += 1;
      if (said === 'overtaken') counts.overtaken += 1;
    }
    const after = await open();
    await checkDrawn(after.ask);
    if (await checkExam(after.ask, examId, sources)) counts.left += 1;
    else {
      await after.ask('POST', `/exams/${examId}/approval`, {});
      if (!(await checkExam(after.ask, examId, sources)))
        breaches.push(`${examId} did not leave when it was approved anew`);
      counts.again += 1;
    }
    await after.station.end();
  }
  const book = openBook(path.join(home, 'catalog.db'));
  const rows = book
    .sql<{ file: string }>('SELECT file FROM object')
    .all()
    .map(({ file }) => path.basename(file));
  book.close();
  const files = readdirSync(path.join(home, 'objects'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.dcm'),
  );
  const known = new Set(rows);
  for (const name of files) if (!known.has(path.basename(name))) breaches.push(`${name} is nobody's file`);
  if (rows.length !== files.length) breaches.push(`${rows.length} rows and ${files.length} files`);
  for (const words of breaches.slice(0, 50)) console.log(words);
  console.log('\nKilled while people draw and approve\n');
  console.log('| kills | drawings saved | approved before | had left | approved anew | breaches |');
  console.log('|---|---|---|---|---|---|');
  console.log(
    `| ${kills} | ${counts.saved} | ${counts.approved} | ${counts.left} | ${counts.again} | ${breaches.length} |`,
  );
  process.exitCode = breaches.length > 0 ? 1 : 0;
} finally {
  await folder.close();
}
