// R16: a device sends again and again what it has sent before: the same bytes, the same in another transfer syntax, the
// same picture with other data, another picture under the same UID. Prints a table of figures; ends with 1 when one is
// missed.
//   node test/soak/resends.ts [RESENDS]   (10,000 when left out)
import { createHash, randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { encodeElements, explicitLittleEndian, implicitLittleEndian, type NewElement } from '#station/dicom/index.ts';
import { openAssociation, type OpenAssociation } from '#station/dicom/network/index.ts';
import { startStation, settingsFor, type RunningStation } from '../journeys/support/station.ts';

const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';
const exams = 10;

type Sample = { readonly exam: number; readonly number: number; readonly pixels: Buffer };
type Way = 'same' | 'other-syntax' | 'other-values' | 'other-pixels';

/** What became of it all. `missing` and `hidden` are differing ones that are not kept, or not shown. */
export type Resends = {
  readonly first: number;
  readonly resent: number;
  readonly refused: number;
  readonly extra: number;
  readonly differing: number;
  readonly missing: number;
  readonly hidden: number;
  readonly counted: number;
  readonly firstPerSecond: number;
  /** Nothing but the same bytes again. */
  readonly samePerSecond: number;
  readonly resentPerSecond: number;
};

/** One of twenty is another picture or has other data, one of twenty is written otherwise; the rest is the same. */
function wayOf(n: number): Way {
  if (n % 40 === 7) return 'other-values';
  if (n % 40 === 27) return 'other-pixels';
  return n % 20 === 13 ? 'other-syntax' : 'same';
}

function write(
  { exam, number, pixels }: Sample,
  way: Way,
  nonce: number,
): { syntax: string; bytes: Buffer; uid: string } {
  const uid = `2.25.7000${exam}00${number}`;
  const own = Buffer.from(pixels);
  if (way === 'other-pixels') own.writeUInt32LE((own.readUInt32LE(0) ^ (nonce + 1)) >>> 0, 0);
  const elements: NewElement[] = [
    { tag: 0x00080016, vr: 'UI', value: secondaryCapture },
    { tag: 0x00080018, vr: 'UI', value: uid },
    { tag: 0x00080020, vr: 'DA', value: '20261123' },
    { tag: 0x00080060, vr: 'CS', value: 'OT' },
    { tag: 0x00081030, vr: 'LO', value: way === 'other-values' ? `Again ${nonce}` : 'First' },
    { tag: 0x00100010, vr: 'PN', value: `Again^Exam${exam}` },
    { tag: 0x00100020, vr: 'LO', value: `A${exam}` },
    { tag: 0x0020000d, vr: 'UI', value: `2.25.5000${exam}` },
    { tag: 0x0020000e, vr: 'UI', value: `2.25.6000${exam}` },
    { tag: 0x00280002, vr: 'US', value: 1 },
    { tag: 0x00280004, vr: 'CS', value: 'MONOCHROME2' },
    { tag: 0x00280010, vr: 'US', value: 64 },
    { tag: 0x00280011, vr: 'US', value: 64 },
    { tag: 0x00280100, vr: 'US', value: 16 },
    { tag: 0x00280101, vr: 'US', value: 16 },
    { tag: 0x00280102, vr: 'US', value: 15 },
    { tag: 0x00280103, vr: 'US', value: 0 },
    { tag: 0x7fe00010, vr: 'OW', value: own },
  ];
  const explicit = way !== 'other-syntax';
  const bytes = encodeElements(elements, { explicit, littleEndian: true, characterSet: [] });
  return { syntax: explicit ? explicitLittleEndian : implicitLittleEndian, bytes, uid };
}

async function open(station: RunningStation): Promise<OpenAssociation> {
  const opening = await openAssociation({
    host: '127.0.0.1',
    port: station.dicomPort,
    callingAeTitle: 'AGAIN',
    calledAeTitle: station.aeTitle,
    contexts: [explicitLittleEndian, implicitLittleEndian].map((syntax) => ({
      abstractSyntaxUid: secondaryCapture,
      transferSyntaxUids: [syntax],
    })),
  });
  if (opening.kind !== 'accepted') throw new Error(JSON.stringify(opening));
  return opening.association;
}

/** Sends all over `lines` associations; gives how many were not answered with success, and how long it took. */
async function sendAll(station: RunningStation, jobs: readonly (() => ReturnType<typeof write>)[], lines = 4) {
  let next = 0;
  let refused = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: lines }, async () => {
      const association = await open(station);
      for (let job = jobs[next++]; job; job = jobs[next++]) {
        const { syntax, bytes, uid } = job();
        const outcome = await association.store({
          sopClassUid: secondaryCapture,
          sopInstanceUid: uid,
          transferSyntaxUid: syntax,
          lengthBytes: bytes.length,
          source: [bytes],
        });
        if (outcome.kind !== 'answered' || outcome.status !== 0) refused++;
      }
      await association.release();
    }),
  );
  return { refused, seconds: (performance.now() - began) / 1000 };
}

type ExamPage = { readonly exams: readonly { readonly id: string; readonly counts: { readonly objects: number } }[] };
type Shown = { readonly kind: string; readonly second: { readonly objectId: string } };

/** Sends a tenth of `count` first and then `count` again, and looks at what the station has made of it. */
export async function runResends(count: number): Promise<Resends> {
  const station = await startStation(settingsFor());
  try {
    const samples = Array.from({ length: Math.max(exams, Math.ceil(count / 10)) }, (_, n): Sample => {
      return { exam: n % exams, number: n, pixels: randomBytes(64 * 64 * 2) };
    });
    const one = (n: number) => samples[n % samples.length] as Sample;
    const first = await sendAll(
      station,
      samples.map((sample) => () => write(sample, 'same', 0)),
    );
    const same = await sendAll(
      station,
      samples.map((sample) => () => write(sample, 'same', 0)),
    );
    const again = await sendAll(
      station,
      Array.from({ length: count }, (_, n) => () => write(one(n), wayOf(n), n)),
    );

    const differing = new Set<string>();
    for (let n = 0; n < count; n++) {
      const way = wayOf(n);
      if (way !== 'other-values' && way !== 'other-pixels') continue;
      differing.add(
        createHash('sha256')
          .update(write(one(n), way, n).bytes)
          .digest('hex'),
      );
    }
    const shown = await whenCompared(station);
    const kept = new Set<string>();
    for (const { second } of shown) kept.add(await digestOf(station, second.objectId));
    const { exams: rows } = (await station.ask('/api/exams?limit=100')) as ExamPage;
    const objects = rows.reduce((sum, { counts }) => sum + counts.objects, 0);
    const missing = [...differing].filter((sha256) => !kept.has(sha256)).length;
    return {
      first: samples.length,
      resent: count,
      refused: first.refused + same.refused + again.refused,
      extra: objects - samples.length - differing.size,
      differing: differing.size,
      missing,
      hidden: differing.size - shown.length,
      counted: count - differing.size,
      firstPerSecond: samples.length / first.seconds,
      samePerSecond: samples.length / same.seconds,
      resentPerSecond: count / again.seconds,
    };
  } finally {
    await station.close();
  }
}

/** All pairs that are shown, once none of them is being compared any more. */
async function whenCompared(station: RunningStation): Promise<Shown[]> {
  for (;;) {
    const { exams: rows } = (await station.ask('/api/exams?limit=100')) as ExamPage;
    const shown: Shown[] = [];
    for (const { id } of rows) shown.push(...((await station.ask(`/api/exams/${id}/conflicts`)) as Shown[]));
    if (!shown.some(({ kind }) => kind === 'comparing')) return shown;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Of the data set as it is kept. */
async function digestOf(station: RunningStation, objectId: string): Promise<string> {
  const answer = await fetch(new URL(`/api/objects/${objectId}/file`, station.url), {
    headers: { authorization: `Bearer ${station.token}` },
  });
  const bytes = Buffer.from(await answer.arrayBuffer());
  // Behind the preamble: group 0002 with its length in its first element.
  return createHash('sha256')
    .update(bytes.subarray(144 + bytes.readUInt32LE(140)))
    .digest('hex');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const figures = await runResends(Number(process.argv[2] ?? 10_000));
  const { extra, missing, hidden, refused } = figures;
  console.log('| R16, re-sends | |\n|---|---|');
  for (const [name, value] of Object.entries(figures)) console.log(`| ${name} | ${Math.round(value)} |`);
  if (extra !== 0 || missing !== 0 || hidden !== 0 || refused !== 0) process.exitCode = 1;
}
