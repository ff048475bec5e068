// node test/soak/durable-answer.ts [OBJECTS]: figure R14. How long a device waits from the last byte of an object of 512 kB
// until the answer that it is durable, over one association; and how many times more eight associations bring. In turn with
// it, on the same disk: the least that anything durable costs (bench/raw-limit.ts), which says how much more eight can bring
// on this machine at all. Medians of three rounds.
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { explicitLittleEndian } from '#station/dicom/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { startReceiver } from '../bench/receivers.ts';
import { makeObject, secondaryCapture } from '../crash/sender.ts';
import { startStation } from '../crash/station-process.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const objects = Number(process.argv[2] ?? 400);
const rounds = 3;
type To = { readonly port: number; readonly aeTitle: string };
type Turn = { readonly perSecond: number; readonly p50: number; readonly p99: number };
const goals = { p50Ms: 15, p99Ms: 80, times: 3 };

const folder = await temporaryFolder('durable-answer');
const station = startStation(`${folder.path}/home`);
let reached = false;
try {
  const ready = await station.ready;
  if (!ready) throw new Error('the station did not start');

  /** Opens an association and gives what sends `count` objects over it: milliseconds from each last byte to its answer. */
  const prepare = async (to: To, count: number) => {
    const [study, series] = [newUid(), newUid()];
    const made = Array.from({ length: count }, () => makeObject(study, series, 512_000));
    const opening = await openAssociation({
      ...{ host: '127.0.0.1', port: to.port, callingAeTitle: 'DEVICE', calledAeTitle: to.aeTitle },
      contexts: [{ abstractSyntaxUid: secondaryCapture, transferSyntaxUids: [explicitLittleEndian] }],
    });
    if (opening.kind !== 'accepted') throw new Error(`no association: ${opening.kind}`);
    return async (): Promise<number[]> => {
      const waits: number[] = [];
      for (const { object, bytes } of made) {
        let lastByteAt = 0;
        const source = function* () {
          yield bytes;
          lastByteAt = performance.now();
        };
        const outcome = await opening.association.store({
          ...{ sopClassUid: secondaryCapture, sopInstanceUid: object.SOPInstanceUID },
          ...{ transferSyntaxUid: explicitLittleEndian, lengthBytes: bytes.length, source: source() },
        });
        if (outcome.kind !== 'answered' || outcome.status !== 0) throw new Error(`not taken: ${outcome.kind}`);
        waits.push(performance.now() - lastByteAt);
      }
      await opening.association.release();
      return waits;
    };
  };

  const timed = async (to: To, associations: number, count = objects) => {
    const each = Math.ceil(count / associations);
    // What a device has to make is no part of it.
    const sending = await Promise.all(Array.from({ length: associations }, () => prepare(to, each)));
    const began = performance.now();
    const waits = (await Promise.all(sending.map((send) => send()))).flat();
    const perSecond = (waits.length / (performance.now() - began)) * 1000;
    waits.sort((a, b) => a - b);
    const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN;
    return { perSecond, p50: at(0.5), p99: at(0.99) };
  };
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  const middle = (turns: readonly Turn[]): Turn => ({
    perSecond: median(turns.map(({ perSecond }) => perSecond)),
    p50: median(turns.map(({ p50 }) => p50)),
    p99: median(turns.map(({ p99 }) => p99)),
  });

  const limit = await startReceiver('raw limit');
  const peers = {
    station: { port: ready.dicomPort, aeTitle: ready.aeTitle },
    limit: { port: limit.port, aeTitle: 'ANY' },
  };
  const turns: Record<'one' | 'eight' | 'limitOne' | 'limitEight', Turn[]> = {
    ...{ one: [], eight: [], limitOne: [], limitEight: [] },
  };
  try {
    for (const to of Object.values(peers)) await timed(to, 1, 100);
    for (let round = 0; round < rounds; round++) {
      turns.one.push(await timed(peers.station, 1));
      turns.limitOne.push(await timed(peers.limit, 1));
      turns.eight.push(await timed(peers.station, 8));
      turns.limitEight.push(await timed(peers.limit, 8));
    }
  } finally {
    await limit.close();
  }
  const [one, eight] = [middle(turns.one), middle(turns.eight)];
  const [limitOne, limitEight] = [middle(turns.limitOne), middle(turns.limitEight)];
  const threads = /Threads:\s+(\d+)/.exec(readFileSync(`/proc/${station.pid}/status`, 'latin1'))?.[1];
  const times = eight.perSecond / one.perSecond;
  reached = one.p50 <= goals.p50Ms && one.p99 <= goals.p99Ms && times >= goals.times;
  console.log(`${objects} objects of 512 kB, load ${loadavg()[0]?.toFixed(1)}, ${threads} threads in the station\n`);
  console.log('| | p50 ms | p99 ms | objects/s | goal |\n|---|---|---|---|---|');
  const row = (name: string, { p50, p99, perSecond }: Turn, goal: string) =>
    console.log(`| ${name} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${perSecond.toFixed(0)} | ${goal} |`);
  row('1 association', one, `p50 <= ${goals.p50Ms}, p99 <= ${goals.p99Ms}`);
  row('8 associations', eight, `>= ${goals.times} x one: ${times.toFixed(2)} x`);
  row('the limit, 1 association', limitOne, '');
  row('the limit, 8 associations', limitEight, `${(limitEight.perSecond / limitOne.perSecond).toFixed(2)} x one`);
  console.log(`\n${reached ? 'Reached.' : 'NOT reached.'}`);
} finally {
  await station.end();
  await folder.close();
}
process.exit(reached ? 0 : 1);
