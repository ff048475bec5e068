// A queue of 100,000 deliveries beside one of 100: picking the next piece of work, opening the Outbox, seeing a change.
// Prints one table.
//
//   node test/soak/long-queue.ts [deliveries]
import os from 'node:os';
import { Outbox } from '#station/5-forward/outbox.ts';
import { systemClock } from '#station/kit/clock.ts';
import { middle, openForwardingRun, type ForwardingRun } from '../faults/forwarding-run.ts';

const long = Number(process.argv[2] ?? 100_000);
/** Objects of an exam; small enough that the short queue holds every priority too. */
const each = 20;
const bytes = Buffer.from('the same for all of them');

async function openQueue(deliveries: number): Promise<ForwardingRun> {
  const run = await openForwardingRun([{ id: 'archive', port: 1, confirm: 'none' }]);
  run.forward.pause('archive', true);
  for (let at = 0; at < deliveries; at += each) {
    run.shelf.book.transaction(() => {
      const exam = run.shelf.exam(Array.from({ length: each }, () => ({ bytes })));
      run.forward.enqueue(exam.id, exam.revisions, { priority: (1 + (at % 3)) as 1 | 2 | 3 });
    });
  }
  return run;
}

function timed(times: number, work: () => void): number {
  const took = Array.from({ length: times }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return middle(took);
}

type Figures = { readonly picking: number; readonly claiming: number; readonly page: number; readonly change: number };

function measure({ shelf, forward }: ForwardingRun): Figures {
  const outbox = new Outbox({
    book: shelf.book,
    clock: systemClock,
    ports: { openRevision: shelf.openRevision },
  });
  const allowed = [0, 1, 2, 3];
  const wish = { mostObjects: 16, mostBytes: 1e9, allowed, sharedBy: 4, fits: () => 'yes' as const };
  const pick = () => void outbox.queue.next('archive', allowed, 16);
  const claim = () => {
    const { claims } = outbox.settleAndClaim('archive', [], wish).result;
    const untouched = { event: 'not-begun', outcome: 'transient', answer: { key: 'interrupted', params: {} } } as const;
    const settled = claims.map((one) => ({
      claim: one,
      ...untouched,
      unknownAttempts: 0,
      nextInMs: null,
      needsNoProof: false,
    }));
    outbox.settleAndClaim('archive', settled, null);
  };
  const [row] = forward.deliveries({ limit: 1, offset: 0 }).deliveries;
  let isHeld = false;
  const open = () => {
    forward.outboxPage({ open: true, limit: 200, offset: 0 });
    forward.destinationStatus();
  };
  const change = () => {
    forward.changeDelivery(row?.id ?? '', { action: isHeld ? 'release' : 'hold', reason: '' });
    isHeld = !isHeld;
    open();
  };
  for (const work of [pick, claim, open, change]) timed(20, work);
  const figures = {
    picking: timed(300, pick),
    claiming: timed(100, claim),
    page: timed(20, open),
    change: timed(20, change),
  };
  return figures;
}

const runs = [await openQueue(100), await openQueue(long)] as const;
try {
  // In turn, so that a busy moment of the machine meets both.
  const rounds = Array.from({ length: 5 }, () => runs.map(measure));
  const of = (which: 0 | 1, key: keyof Figures) => middle(rounds.map((round) => round[which]?.[key] ?? Number.NaN));
  const ratio = (key: keyof Figures) =>
    middle(rounds.map(([short, wide]) => (wide?.[key] ?? Number.NaN) / (short?.[key] ?? Number.NaN)));
  console.log(`A queue of ${long}. Load ${os.loadavg()[0]?.toFixed(1)}.\n`);
  console.log(`| what | with 100, ms | with ${long}, ms | times | goal | reached |`);
  console.log('|---|---|---|---|---|---|');
  const rows: [string, keyof Figures, (ratio: number, ms: number) => boolean, string][] = [
    ['the next 16 are picked', 'picking', (times) => times <= 1.5, '<= 1.5 times'],
    ['16 are claimed, durably, and put back', 'claiming', (times) => times <= 1.5, '<= 1.5 times'],
    ['the Outbox opens (200 exams, destinations)', 'page', (_, ms) => ms <= 300, '<= 300 ms'],
    ['a change is made and the Outbox shows it', 'change', (_, ms) => ms <= 1000, '<= 1 s'],
  ];
  for (const [name, key, reached, goal] of rows) {
    const isReached = reached(ratio(key), of(1, key));
    if (!isReached) process.exitCode = 1;
    const cells = [
      name,
      of(0, key).toFixed(2),
      of(1, key).toFixed(2),
      ratio(key).toFixed(2),
      goal,
      isReached ? 'yes' : 'no',
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
} finally {
  for (const run of runs) await run.close();
}
