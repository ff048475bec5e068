// One million objects in the catalogue (R13): how long a start takes, a page, a search while objects arrive, and what a new object
// costs at a million beside a thousand. Prints one table. `node test/soak/million-objects.ts [objects] [per exam]`.
import { createHash, randomUUID } from 'node:crypto';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { openCatalog, type Arrival } from '#station/3-catalog/index.ts';
import { encodeElements, openPart10, readerOfBuffer, readHeader } from '#station/dicom/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { newId, newUid } from '#station/kit/ids.ts';
import { openBook } from '#station/records/index.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import { newSenderLog, sendUntilEnd } from '../crash/sender.ts';
import { startStation } from '../crash/station-process.ts';
import { ask } from '../faults/mutants.ts';
import { randomFrom } from '../faults/random.ts';
import { smallImage } from '../peers/programs/index.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const objects = Number(process.argv[2] ?? 1_000_000);
const perExam = Number(process.argv[3] ?? 20);
const syllables = 'ka mi ro ta ne lu so vi ber gen hof mann sen ova ski dra pol tar rin wal'.split(' ');
const random = randomFrom(13);
const word = () => {
  const text = Array.from({ length: 2 + random.below(2) }, () => random.pick(syllables)).join('');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

const quantile = (times: readonly number[], q: number) =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * q))] ?? 0;
const ms = (value: number) => `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;

const folder = await temporaryFolder('million');
const home = path.join(folder.path, 'home');
mkdirSync(home, { recursive: true });

async function aTemplate(): Promise<ObjectHeader> {
  const uids = { StudyInstanceUID: '2.25.1', SeriesInstanceUID: '2.25.2', SOPInstanceUID: '2.25.3' };
  const meta = encodeElements([], { explicit: true, littleEndian: true, characterSet: [] });
  const bytes = Buffer.concat([meta, smallImage(uids, 8)]);
  const header = await readHeader(await openPart10(readerOfBuffer(bytes), { name: '' }));
  // Here it has no File Meta, which the station gives to all that comes over the network.
  return { ...header, Rows: 8, Columns: 8, flaws: [] };
}

let placed = 0;
const template = await aTemplate();
type Exam = { study: string; series: string; name: string; id: string; accession: string };
const newExam = (): Exam => ({
  study: newUid(),
  series: newUid(),
  name: `${word()}^${word()}`,
  id: String(random.below(10_000_000)),
  accession: `A${random.below(100_000_000)}`,
});

function anArrival(exam: Exam, number: number): Arrival {
  const objectId = newId();
  const shard = String(Math.floor(placed++ / 4096)).padStart(6, '0');
  return {
    objectId,
    file: `${shard}/${objectId}.dcm`,
    sizeBytes: 500_000,
    dataSetOffset: 400,
    dataSetSha256: createHash('sha256').update(objectId).digest('hex'),
    header: {
      ...template,
      StudyInstanceUID: exam.study,
      SeriesInstanceUID: exam.series,
      SOPInstanceUID: newUid(),
      PatientName: exam.name,
      PatientID: exam.id,
      AccessionNumber: exam.accession,
      StudyDescription: random.pick(['THORAX', 'ABDOMEN', 'KNEE LEFT', 'SKULL'] as const),
      InstanceNumber: number,
    },
    transferSyntaxUid: '1.2.840.10008.1.2.1',
    source: { kind: 'dicom', label: `DEVICE${random.below(20)}`, address: '10.0.0.1' },
  };
}

const book = openBook(path.join(home, 'catalog.db'));
/** A year of arrivals. */
let yearShare = 0;
const then = () => Date.now() - (1 - yearShare) * 365 * 86_400_000;
const clock = { ...systemClock, epochMs: then, now: () => new Date(then()).toISOString() };
const catalog = openCatalog({ book, clock, quietTimeMs: () => 0, expectedModality: () => undefined });
const known: Exam[] = [];
const made = new Set<string>();

function fill(upTo: number, from: number): void {
  for (let n = from; n < upTo; n += 1000) {
    const arrivals = Array.from({ length: Math.min(1000, upTo - n) }, (_, i) => {
      if ((n + i) % perExam === 0) known.push(newExam());
      return anArrival(known.at(-1) ?? newExam(), ((n + i) % perExam) + 1);
    });
    yearShare = n / objects;
    book.transaction(() => arrivals.forEach((arrival) => catalog.record(arrival)));
    arrivals.forEach(makeFile);
  }
}

function makeFile({ file }: Arrival): void {
  const place = path.join(home, 'objects', file);
  if (!made.has(path.dirname(place))) mkdirSync(path.dirname(place), { recursive: true });
  made.add(path.dirname(place));
  closeSync(openSync(place, 'w'));
}

/** CPU of one more object, in batches as they commit under load. */
function costOfOneMore(): number {
  const exams = Array.from({ length: 40 }, newExam);
  const arrivals = Array.from({ length: 2000 }, (_, n) => anArrival(exams[n % 40] ?? newExam(), n));
  const began = process.cpuUsage();
  for (let n = 0; n < 2000; n += 20) {
    book.transaction(() => arrivals.slice(n, n + 20).forEach((arrival) => catalog.record(arrival)));
  }
  const { user, system } = process.cpuUsage(began);
  arrivals.forEach(makeFile);
  return (user + system) / 1000 / 2000;
}

fill(1000, 0);
costOfOneMore(); // warm
const costAtThousand = costOfOneMore();
const beganFilling = performance.now();
fill(objects, 1000);
const filledMs = performance.now() - beganFilling;
const costAtMillion = costOfOneMore();
book.close();

const startsMs: number[] = [];
let station = startStation(home);
for (let n = 0; ; n++) {
  const began = performance.now();
  if (n > 0) station = startStation(home);
  if (!(await station.ready)) throw new Error(station.log());
  startsMs.push(performance.now() - began);
  if (n === 3) break;
  await station.end();
}
const ready = await station.ready;
if (!ready) throw new Error(station.log());

async function timesOf(count: number, route: () => string): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const at = route();
    const began = performance.now();
    await ask({ url: ready?.url ?? '', token: ready?.token ?? '' }, at);
    times.push(performance.now() - began);
  }
  return times;
}

const searches = () => {
  const exam = random.pick(known) ?? newExam();
  const text = random.pick([
    exam.name.split('^')[0] ?? '',
    exam.name.replace('^', ' '),
    exam.id,
    exam.accession,
    exam.name.slice(0, 3),
    'thorax',
    'zzzz',
    'ka',
  ] as const);
  return `/exams?filter=all&limit=100&search=${encodeURIComponent(text)}`;
};
const rows: string[] = [];
const tell = (what: string, times: readonly number[], goal: string) =>
  rows.push(`| ${what} | ${ms(quantile(times, 0.5))} | ${ms(quantile(times, 0.95))} | ${goal} |`);

tell('first page of the Inbox', await timesOf(100, () => '/exams?filter=all&limit=200&offset=0'), 'p95 <= 50 ms');
tell(
  'any page',
  await timesOf(100, () => `/exams?filter=all&limit=200&offset=${random.below(known.length)}`),
  'p95 <= 50 ms',
);
tell('a search', await timesOf(200, searches), 'p95 <= 150 ms');
const stop = new AbortController();
const log = newSenderLog();
const sending = Promise.all(
  [1, 2].map(() => sendUntilEnd({ port: ready.dicomPort, aeTitle: ready.aeTitle }, log, stop.signal)),
);
tell('first page while receiving', await timesOf(100, () => '/exams?filter=all&limit=200&offset=0'), 'p95 <= 50 ms');
tell('a search while receiving', await timesOf(200, searches), 'p95 <= 150 ms');
stop.abort();
await sending;
await station.end();

console.info(
  `${objects} objects in ${known.length} exams (R13), run ${randomUUID().slice(0, 8)}\n\n| what | p50 | p95 | goal |\n|---|---|---|---|\n` +
    [
      `| first start, every folder looked at | ${ms(startsMs[0] ?? 0)} | | <= 10 s |`,
      `| start | ${ms(quantile(startsMs.slice(1), 0.5))} | ${ms(Math.max(...startsMs.slice(1)))} | <= 3 s |`,
      ...rows,
      `| CPU of a new object at ${objects} beside 1,000 | ${ms(costAtMillion)} : ${ms(costAtThousand)} | ` +
        `${(costAtMillion / costAtThousand).toFixed(2)} x | <= 1.3 x |`,
    ].join('\n') +
    `\n\nfilled in ${(filledMs / 1000).toFixed(0)} s; ${log.acknowledged.length} objects arrived during the searches`,
);
await folder.close();
