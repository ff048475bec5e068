// Keeping the station process running. Processes and clock are played; the ports are real.
import { EventEmitter } from 'node:events';
import { beforeEach, expect, it, vi } from 'vitest';
import type { Clock } from '#station/kit/clock.ts';
import type { ProblemNote } from '#contract/problems.ts';
import { StationKeeper, type StationProcess } from '../../src-main/electron/station-keeper.ts';
import { StandInChannel, type StandInPort } from './electron-stand-in/ports.ts';

class PlayedProcess extends EventEmitter {
  readonly heard: { readonly kind: string; readonly ports: readonly StandInPort[] }[] = [];
  kill = vi.fn(() => this.emit('exit', 1));
  postMessage(message: { readonly kind: string }, ports: readonly StandInPort[] = []): void {
    this.heard.push({ kind: message.kind, ports });
  }
}

const started: PlayedProcess[] = [];
const pauses: { readonly delayMs: number; readonly call: () => void }[] = [];
let nowMs = 0;
const refused: ProblemNote[] = [];

const clock: Clock = {
  now: () => '',
  epochMs: () => nowMs,
  monotonicMs: () => nowMs,
  after: (delayMs, call) => {
    const pause = { delayMs, call };
    pauses.push(pause);
    return () => void pauses.splice(pauses.indexOf(pause), 1);
  },
};

const openKeeper = () =>
  new StationKeeper<StandInPort>({
    start: () => {
      const process = new PlayedProcess();
      started.push(process);
      return process as unknown as StationProcess<StandInPort>;
    },
    openChannel: () => new StandInChannel(),
    clock,
    onRefused: (problem) => refused.push(problem),
  });

const ready = { kind: 'ready', aeTitle: 'SAFELIGHT', dicomPort: 11_112 };

beforeEach(() => {
  started.length = pauses.length = refused.length = 0;
  nowMs = 0;
});

it('a window that comes before the station is ready is connected as soon as it is', () => {
  const keeper = openKeeper();
  const { port1 } = new StandInChannel();
  keeper.connect(port1);
  expect(started[0]?.heard).toEqual([]);
  started[0]?.emit('message', ready);
  expect(started[0]?.heard).toEqual([{ kind: 'window', ports: [port1] }]);
});

it('a station that ends is started again, after pauses that grow', () => {
  openKeeper();
  const delays: number[] = [];
  for (let i = 0; i < 12; i++) {
    started.at(-1)?.emit('exit', 1);
    const pause = pauses.shift();
    delays.push(pause?.delayMs ?? 0);
    pause?.call();
  }
  expect(started).toHaveLength(13);
  expect(delays[0]).toBeLessThanOrEqual(500);
  expect(delays[5]).toBeGreaterThan(5000);
  expect(Math.max(...delays)).toBeLessThanOrEqual(30_000);
});

it('a station that ran for long begins with a short pause', () => {
  openKeeper();
  for (let i = 0; i < 8; i++) {
    started.at(-1)?.emit('exit', 1);
    pauses.shift()?.call();
  }
  nowMs += 3_600_000;
  started.at(-1)?.emit('exit', 1);
  expect(pauses[0]?.delayMs).toBeLessThanOrEqual(500);
});

it('says why the station refuses to start', () => {
  openKeeper();
  started[0]?.emit('message', { kind: 'refused', problem: { code: 'home-in-use', params: { home: '/h' } } });
  expect(refused.map((problem) => problem.code)).toEqual(['home-in-use']);
});

it('answers for bytes while there is no station', async () => {
  const answer = await openKeeper().bytes(new Request('app://station/api/objects/1/file'));
  expect(answer.status).toBe(503);
});

it('closing asks the station to finish and starts no other', async () => {
  const keeper = openKeeper();
  started[0]?.emit('message', ready);
  const closed = keeper.close();
  expect(started[0]?.heard.map(({ kind }) => kind)).toEqual(['close']);
  started[0]?.emit('exit', 0);
  await closed;
  expect(started).toHaveLength(1);
  expect(pauses).toEqual([]);
  expect(started[0]?.kill).not.toHaveBeenCalled();
});

it('a station that does not end when asked is ended', async () => {
  const keeper = openKeeper();
  started[0]?.emit('message', ready);
  const closed = keeper.close();
  pauses.shift()?.call();
  await closed;
  expect(started[0]?.kill).toHaveBeenCalled();
});

it('closing between two stations starts none', async () => {
  const keeper = openKeeper();
  started[0]?.emit('exit', 1);
  await keeper.close();
  expect(pauses).toEqual([]);
});
