// Runs inside the guest, as its first process: a station as a child, three devices here. Each acknowledgement is a line on the
// console, which the host reads: what stands there was promised before the power went. Never ends by itself.
import { writeSync } from 'node:fs';
import { newSenderLog, sendUntilEnd, type SentObject } from '../crash/sender.ts';
import { startStation } from '../crash/station-process.ts';

const station = startStation(process.argv[2] ?? '/run/data/home');
const ready = await station.ready;
if (!ready) {
  writeSync(1, `GUEST the station did not start: ${station.log()}\n`);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  process.exit(1);
}
const log = newSenderLog();
log.acknowledged.push = (...objects: SentObject[]) => {
  for (const { SOPInstanceUID, sha256 } of objects) writeSync(1, `ACK ${SOPInstanceUID} ${sha256} .\n`);
  return objects.length;
};
const to = { port: ready.dicomPort, aeTitle: ready.aeTitle };
const send = async () => {
  for (;;) await sendUntilEnd(to, log, new AbortController().signal);
};
await Promise.all([send(), send(), send()]);
