// 100,000 mutants for a station in a process of its own (R10): conversations at its DICOM port, files at its import, files at the
// readers alone. Prints one table. `node test/soak/mutations.ts [total] [seed]`.
import { copyFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { openPart10, readerOfBuffer, readHeader } from '#station/dicom/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { startStation } from '../crash/station-process.ts';
import {
  ask,
  importMutants,
  lookAt,
  readAll,
  sampleFiles,
  throwConversation,
  withoutLargeOnes,
  writeMutants,
} from '../faults/mutants.ts';
import { mutateFile } from '../faults/mutate-files.ts';
import { randomFrom } from '../faults/random.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';

const total = Number(process.argv[2] ?? 100_000);
const firstSeed = Number(process.argv[3] ?? Date.now() % 1_000_000_000);

async function readSources(): Promise<Buffer[]> {
  return withoutLargeOnes(await readAll([...(await sampleFiles()), ...objects.map(({ file }) => file)]));
}

const folder = await temporaryFolder('soak');
const sources = await readSources();
if (!corpusIsHere) console.warn('NOT VERIFIED: corpus absent, mutants are made of the samples alone');
const station = startStation(path.join(folder.path, 'home'));
const ready = await station.ready;
if (!ready) throw new Error(station.log());

const rssMiB = async () => {
  const status = await readFile(`/proc/${station.pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
};

let slowestAnswerMs = 0;
let answersOverOneSecond = 0;
/** Since the row before. */
let highestMiB = 0;
let highestOfAllMiB = 0;
let isOver = false;
const before = await rssMiB();
/** Somebody else's question, every fifth of a second: how long it waits is how long the station hangs. */
const watching = (async () => {
  while (!isOver) {
    const began = performance.now();
    await ask(ready, '/health');
    const tookMs = performance.now() - began;
    slowestAnswerMs = Math.max(slowestAnswerMs, tookMs);
    if (tookMs > 1000) answersOverOneSecond++;
    highestMiB = Math.max(highestMiB, await rssMiB());
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
})();

const rows: string[] = [];
/** Told as they come too: a run takes long, and what it found is not lost with its end. */
function addRows(...more: string[]): void {
  rows.push(...more);
  for (const row of more) console.error(row);
}
process.on('uncaughtException', (error) => {
  console.error(error, `\nthe station ${station.isRunning() ? 'runs' : 'is DEAD'}\n${station.log().slice(-3000)}`);
  process.exit(1);
});
const peak = () => {
  const text = `; memory up to ${highestMiB.toFixed(0)} MiB`;
  highestOfAllMiB = Math.max(highestOfAllMiB, highestMiB);
  highestMiB = 0;
  return text;
};
const conversations = Math.round(total * 0.4);
const parsed = Math.round(total * 0.4);
const imported = total - conversations - parsed;

for (let n = 0; n < conversations; n += 16) {
  await Promise.all(
    Array.from({ length: Math.min(16, conversations - n) }, (_, i) =>
      throwConversation(ready.dicomPort, firstSeed + n + i),
    ),
  );
}
addRows(`| conversations | ${conversations} | station ${station.isRunning() ? 'runs' : 'DEAD'}${peak()} |`);

let refused = 0;
let strange = 0;
let slowestMs = 0;
for (let n = 0; n < parsed; n++) {
  const random = randomFrom(firstSeed + n);
  const bytes = mutateFile(random.pick(sources) ?? Buffer.alloc(0), random);
  const began = performance.now();
  try {
    await readHeader(await openPart10(readerOfBuffer(bytes), { name: 'mutant' }));
  } catch (error) {
    if (isProblem(error)) refused++;
    else {
      strange++;
      console.error(`seed ${firstSeed + n}:`, error);
    }
  }
  slowestMs = Math.max(slowestMs, performance.now() - began);
}
addRows(
  `| files at the reader | ${parsed} | ${refused} refused with a code, ${strange} otherwise, slowest ${slowestMs.toFixed(0)} ms |`,
);

/** What takes so long is worth a look: its file is kept beside the homes. */
async function keepSlow(objectId: string, tookMs: number): Promise<void> {
  const objects = path.join(folder.path, 'home', 'objects');
  const [object] = (await readdir(objects, { recursive: true })).filter((name) => name.endsWith(`${objectId}.dcm`));
  const kept = path.join(path.dirname(folder.path), `slow-picture-${objectId}.dcm`);
  if (object !== undefined) await copyFile(path.join(objects, object), kept);
  console.info(`a picture took ${tookMs.toFixed(0)} ms: ${object === undefined ? 'its file is gone' : kept}`);
}

const taken = {
  kept: 0,
  alreadyHere: 0,
  skipped: 0,
  refused: 0,
  odd: 0,
  drawn: 0,
  notDrawable: 0,
  slowestPictureMs: 0,
};
for (let n = 0; n < imported; n += 250) {
  const count = Math.min(250, imported - n);
  const mutants = await writeMutants(folder.path, sources, { seed: firstSeed + 500_000_000 + n, count });
  const report = await importMutants(ready, mutants);
  for (const key of ['kept', 'alreadyHere', 'skipped', 'refused', 'odd'] as const) taken[key] += report[key];
  for (const objectId of report.objectIds.slice(0, 50)) {
    const began = performance.now();
    if ((await lookAt(ready, objectId)) === 'drawn') taken.drawn++;
    else taken.notDrawable++;
    const tookMs = performance.now() - began;
    taken.slowestPictureMs = Math.max(taken.slowestPictureMs, tookMs);
    if (tookMs > 2000) await keepSlow(objectId, tookMs);
  }
}
addRows(
  `| files by import | ${imported} | ${taken.kept} kept, ${taken.alreadyHere} were here, ${taken.skipped} skipped, ` +
    `${taken.refused} refused, ${taken.odd} of them by a mistake of ours |`,
  `| pictures of them | ${taken.drawn + taken.notDrawable} | ${taken.drawn} drawn, ${taken.notDrawable} said why not, ` +
    `slowest ${taken.slowestPictureMs.toFixed(0)} ms${peak()} |`,
);

isOver = true;
await watching;
const running = station.isRunning();
const code = running ? await station.end() : null;
const incidents = station
  .log()
  .split('\n')
  .filter((line) => /internal|uncaught|desk-failed|import-failed/.test(line));
addRows(
  `| the station | | ${running ? 'runs' : 'DEAD'}, ended with ${code}; memory ${before.toFixed(0)} -> at most ` +
    `${Math.max(highestOfAllMiB, highestMiB).toFixed(0)} MiB; slowest answer to somebody else ${slowestAnswerMs.toFixed(0)} ms, ` +
    `${answersOverOneSecond} over 1 s; ${incidents.length} incidents |`,
);
console.info(
  `Mutants (R10), seed ${firstSeed}\n\n| what | mutants | how it was taken |\n|---|---|---|\n${rows.join('\n')}`,
);
for (const line of incidents.slice(0, 5)) console.info(line);
await folder.close();
process.exitCode = running && strange + taken.odd + incidents.length === 0 ? 0 : 1;
