// What a window is told while much happens: little, and always the truth of the moment.
import { describe, expect, it } from 'vitest';
import type { Clock } from '#station/kit/clock.ts';
import { Changes, type ChangeReads } from '#station/flow/changes.ts';
import type { Change, StationStatus } from '#contract/shapes/station.ts';
import type { ExamFilter, ExamRow } from '#contract/shapes/exam.ts';

/** Time that passes only when it is told to; whoever waits is called in order. */
function makeClock() {
  let now = 0;
  const waiting = new Set<{ at: number; call: () => void }>();
  const clock: Clock = {
    now: () => new Date(now).toISOString(),
    epochMs: () => now,
    monotonicMs: () => now,
    after: (delayMs, call) => {
      const one = { at: now + delayMs, call };
      waiting.add(one);
      return () => void waiting.delete(one);
    },
  };
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  return {
    clock,
    pass: async (ms: number) => {
      for (const end = now + ms; ;) {
        await settle();
        const next = [...waiting].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        now = next?.at ?? end;
        if (next === undefined) return settle();
        waiting.delete(next);
        next.call();
      }
    },
  };
}

function open() {
  const { clock, pass } = makeClock();
  const changes = new Changes(clock);
  const asked: (readonly string[])[] = [];
  const gone = new Set<string>();
  let looks = 0;
  const reads: ChangeReads = {
    examRows: (ids) => {
      asked.push(ids);
      return ids.filter((id) => !gone.has(id)).map((id) => ({ id }) as ExamRow);
    },
    totals: () => ({}) as Record<ExamFilter, number>,
    status: async () => ({ name: String((looks += 1)) }) as StationStatus,
  };
  const heard: Change[] = [];
  const ended = new AbortController();
  const listening = (async () => {
    for await (const change of changes.watch(reads, ended.signal)) heard.push(change);
  })();
  const close = async () => {
    ended.abort();
    await listening;
  };
  return { changes, asked, gone, heard, pass, close, looks: () => looks };
}

describe('the feed of changes', () => {
  it('names an exam once in an event, however many of its images came', async () => {
    const { changes, asked, pass, close } = open();
    await pass(10);
    changes.exams(['a']);
    await pass(1);
    for (let image = 0; image < 500; image += 1) changes.exams(['a', 'b']);
    await pass(200);
    expect(asked).toEqual([['a'], ['a', 'b']]);
    await close();
  });

  it('tells of one second of images in no more than eight events, and looks at the station twice at most', async () => {
    const { changes, asked, pass, close, looks } = open();
    await pass(10);
    const before = looks();
    for (let image = 0; image < 100; image += 1) {
      changes.exams([`exam ${image % 8}`]);
      await pass(10);
    }
    expect(asked.length).toBeLessThanOrEqual(8);
    expect(looks() - before).toBeLessThanOrEqual(2);
    await close();
  });

  it('tells at once what is said of the station itself', async () => {
    const { changes, heard, pass, close } = open();
    await pass(10);
    changes.station();
    await pass(160);
    expect(heard.map(({ kind }) => kind)).toEqual(['hello', 'station']);
    await close();
  });

  it('looks at the station when the exams have come to rest, so that the last count is right', async () => {
    const { changes, pass, close, looks } = open();
    await pass(10);
    changes.exams(['a']);
    await pass(200);
    expect(looks()).toBe(1);
    await pass(1_200);
    expect(looks()).toBe(2);
    await close();
  });

  it('spreads many exams over events of a hundred rows, and forgets none', async () => {
    const { changes, asked, pass, close } = open();
    await pass(10);
    const ids = Array.from({ length: 250 }, (_, n) => `exam ${n}`);
    changes.exams(ids);
    await pass(1_000);
    expect(asked.map(({ length }) => length)).toEqual([100, 100, 50]);
    expect(asked.flat()).toEqual(ids);
    await close();
  });

  it('says that an exam is gone', async () => {
    const { changes, gone, heard, pass, close } = open();
    await pass(10);
    gone.add('a');
    changes.exams(['a', 'b']);
    await pass(200);
    expect(heard.find(({ kind }) => kind === 'exams')).toMatchObject({ removed: ['a'], exams: [{ id: 'b' }] });
    await close();
  });
});
