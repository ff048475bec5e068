// A station in a process of its own, to be asked and killed by a random walk: the desk over IPC, as the window uses it, and
// a clock that can be told to jump. One home after the other, or one again.
import { ORPCError, call, type AnyProcedure } from '@orpc/server';
import { rebuildBook } from '#station/flow/rebuild-book.ts';
import { openLog } from '#station/kit/log.ts';
import { openStation, type Station } from '#station/station.ts';
import { lockHome } from '#station/2-store/index.ts';
import { jumpingClock } from './jumping-clock.ts';

export type Order =
  | {
      readonly number: number;
      readonly kind: 'open';
      readonly home: string;
      readonly offsetMs: number;
      readonly settings?: unknown;
      /** What the volume is taken for; as it is when left out. */
      readonly room?: 'red' | 'amber';
    }
  | { readonly number: number; readonly kind: 'rebuild'; readonly home: string; readonly offsetMs: number }
  | { readonly number: number; readonly kind: 'ask'; readonly path: string; readonly input: unknown }
  | { readonly number: number; readonly kind: 'jump'; readonly ms: number }
  | { readonly number: number; readonly kind: 'close' };

export type Reply = {
  readonly number: number;
  readonly value?: unknown;
  readonly problem?: { readonly code: string; readonly params: unknown };
  readonly failed?: string;
};

const limits = { redBytes: 0, redShare: 0, redInodeShare: 0, amberShare: 0, reserveBytes: 0 };

/** Of reports that got lost because somebody was not there. */
const commitments = { commitDeadlineMs: 2_000, commitAfterRestartMs: 200 };

let clock = jumpingClock();
const log = openLog(
  (line) => void process.stderr.write(`${line}\n`),
  () => clock.now(),
);
let station: Station | undefined;

async function carryOut(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'open': {
      const { home, settings } = order;
      clock = jumpingClock(order.offsetMs);
      station = await openStation({
        ...{ home, clock, log, ...(settings === undefined ? {} : { settings }) },
        spaceLimits: {
          ...limits,
          ...(order.room === 'red' ? { reserveBytes: 1e15 } : order.room === 'amber' ? { amberShare: 1 } : {}),
        },
        forward: { gatherMs: 5, retry: { firstMs: 20, mostMs: 100 }, probeMs: 60, refusingProbeMs: 60, ...commitments },
      });
      return station.listening();
    }
    case 'rebuild': {
      clock = jumpingClock(order.offsetMs);
      const lock = lockHome(order.home);
      try {
        return await rebuildBook({ home: order.home, clock, log });
      } finally {
        lock.close();
      }
    }
    case 'ask': {
      const procedure = order.path
        .split('.')
        .reduce<unknown>((at, name) => (at as Record<string, unknown>)[name], station?.router);
      return await call(procedure as AnyProcedure, order.input);
    }
    case 'jump':
      return clock.jump(order.ms);
    case 'close':
      await station?.close();
      station = undefined;
      return undefined;
  }
}

process.on('message', (order: Order) => {
  const reply = (rest: Omit<Reply, 'number'>) => process.send?.({ number: order.number, ...rest } satisfies Reply);
  carryOut(order).then(
    (value) => reply({ value }),
    (error: unknown) => {
      const data = error instanceof ORPCError ? (error.data as { params?: unknown } | undefined) : undefined;
      if (error instanceof ORPCError) reply({ problem: { code: error.code, params: data?.params } });
      else reply({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    },
  );
});
process.on('disconnect', () => process.exit(0));
