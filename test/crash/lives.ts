// Lives of a station that end by kill -9 at random moments while devices send: while it starts, while bytes come in,
// between the sync and the answer.
import { randomInt } from 'node:crypto';
import { until } from '../support/until.ts';
import { sendUntilEnd, type SenderLog } from './sender.ts';
import { startStation } from './station-process.ts';

const devices = 3;
/** What a life takes in before it may end, but for every third: a slow machine would take in nothing in its time. */
const least = 2;
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** One life. Gives the milliseconds from its start to the moment it listened, if it came to that; every sixth does not. */
export async function liveAndDie(home: string, log: SenderLog, number: number): Promise<number | undefined> {
  const startedAt = performance.now();
  const station = startStation(home);
  if (number % 6 === 5) {
    await pause(randomInt(600));
    await station.kill();
    return undefined;
  }
  const ready = await station.ready;
  if (!ready) throw new Error(`the station did not start:\n${station.log()}`);
  const tookMs = performance.now() - startedAt;
  const over = new AbortController();
  const to = { port: ready.dicomPort, aeTitle: ready.aeTitle };
  const sending = Array.from({ length: devices }, () => sendUntilEnd(to, log, over.signal));
  const before = log.acknowledged.length;
  if (number % 3 !== 2)
    await until(
      'objects taken in',
      () => log.acknowledged.length - before,
      (n) => n >= least,
    );
  await pause(randomInt(500));
  await station.kill();
  over.abort();
  await Promise.all(sending);
  return tookMs;
}
