// Forwarding as it is, in this process, over a book on the disk and the real network, for tests that take their time.
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { openForward, type Forward, type ForwardOptions } from '#station/5-forward/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { secondaryCaptureClass, smallImage } from '../peers/programs/small-image.ts';
import { settingsWith, Shelf, type ApprovedExam, type SampleDestination } from '../station/5-forward/approved-exam.ts';

export type ForwardingRun = {
  readonly shelf: Shelf;
  readonly forward: Forward;
  /** An exam of so many small images, its deliveries ready, once the destinations are paused or not. */
  approve(objects: number): ApprovedExam;
  /** Deliveries to a destination that have arrived (sent, asked for or proved). */
  arrived(destinationId: string): number;
  /** Settles when so many have; rejects after `withinMs`. Gives the seconds. */
  untilArrived(destinationId: string, objects: number, withinMs?: number): Promise<number>;
  close(): Promise<void>;
};

export async function openForwardingRun(
  destinations: readonly SampleDestination[],
  options: Partial<ForwardOptions> = {},
): Promise<ForwardingRun> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'safelight-forwarding-'));
  const shelf = new Shelf(path.join(folder, 'catalog.db'));
  const forward = openForward({
    book: shelf.book,
    clock: systemClock,
    log: silentLog,
    ports: { openRevision: shelf.openRevision },
    options,
  });
  await forward.applySettings(settingsWith(...destinations));
  const arrived = (destinationId: string) =>
    shelf.book
      .sql<{ n: number }>(
        `SELECT count(*) AS n FROM delivery WHERE destinationId = ? AND state IN ('sent', 'commit-requested', 'committed')`,
      )
      .get(destinationId)?.n ?? 0;
  return {
    shelf,
    forward,
    approve: (objects) =>
      shelf.book.transaction(() => {
        const image = { sopClass: secondaryCaptureClass, make: smallImage };
        const exam = shelf.exam(Array.from({ length: objects }, () => image));
        forward.enqueue(exam.id, exam.revisions);
        return exam;
      }),
    arrived,
    async untilArrived(destinationId, objects, withinMs = 600_000) {
      const start = performance.now();
      while (arrived(destinationId) < objects) {
        if (performance.now() - start > withinMs) throw new Error(`${arrived(destinationId)} of ${objects} arrived`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      return (performance.now() - start) / 1000;
    },
    async close() {
      await forward.close(1000);
      shelf.book.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const middle = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return ((sorted[(sorted.length - 1) >> 1] ?? Number.NaN) + (sorted[sorted.length >> 1] ?? Number.NaN)) / 2;
};
