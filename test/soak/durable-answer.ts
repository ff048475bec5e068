// node test/soak/durable-answer.ts [OBJECTS]: figure R14. How long a device waits from the last byte of an object of 512 kB
// until the answer that it is durable, over one association; and how many times more eight associations bring.
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { explicitLittleEndian } from '#station/dicom/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { makeObject, secondaryCapture } from '../crash/sender.ts';
import { startStation } from '../crash/station-process.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const objects = Number(process.argv[2] ?? 400);
const goals = { p50Ms: 15, p99Ms: 80, times: 3 };

const folder = await temporaryFolder('durable-answer');
const station = startStation(`${folder.path}/home`);
let reached = false;
try {
  const ready = await station.ready;
  if (!ready) throw new Error('the station did not start');

  /** Sends `count` objects over one association; gives the milliseconds from each last byte to its answer. */
  const send = async (count: number): Promise<number[]> => {
    const [study, series] = [newUid(), newUid()];
    const made = Array.from({ length: count }, () => makeObject(study, series, 512_000));
    const opening = await openAssociation({
      ...{ host: '127.0.0.1', port: ready.dicomPort, callingAeTitle: 'DEVICE', calledAeTitle: ready.aeTitle },
      contexts: [{ abstractSyntaxUid: secondaryCapture, transferSyntaxUids: [explicitLittleEndian] }],
    });
    if (opening.kind !== 'accepted') throw new Error(`no association: ${opening.kind}`);
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

  const timed = async (associations: number) => {
    const began = performance.now();
    const each = Math.ceil(objects / associations);
    const waits = (await Promise.all(Array.from({ length: associations }, () => send(each)))).flat();
    waits.sort((a, b) => a - b);
    const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? Number.NaN;
    return { perSecond: (waits.length / (performance.now() - began)) * 1000, p50: at(0.5), p99: at(0.99) };
  };

  await send(100);
  const one = await timed(1);
  const eight = await timed(8);
  const threads = /Threads:\s+(\d+)/.exec(readFileSync(`/proc/${station.pid}/status`, 'latin1'))?.[1];
  const times = eight.perSecond / one.perSecond;
  reached = one.p50 <= goals.p50Ms && one.p99 <= goals.p99Ms && times >= goals.times;
  console.log(`${objects} objects of 512 kB, load ${loadavg()[0]?.toFixed(1)}, ${threads} threads in the station\n`);
  console.log('| | p50 ms | p99 ms | objects/s | goal |\n|---|---|---|---|---|');
  const row = (name: string, { p50, p99, perSecond }: typeof one, goal: string) =>
    console.log(`| ${name} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${perSecond.toFixed(0)} | ${goal} |`);
  row('1 association', one, `p50 <= ${goals.p50Ms}, p99 <= ${goals.p99Ms}`);
  row('8 associations', eight, `>= ${goals.times} x one: ${times.toFixed(2)} x`);
  console.log(`\n${reached ? 'Reached.' : 'NOT reached.'}`);
} finally {
  await station.end();
  await folder.close();
}
process.exit(reached ? 0 : 1);
