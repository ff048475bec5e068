// News of exams as the Inbox takes it in: once a frame, in the order of the station, and without rows that change places.
import { describe, expect, it } from 'vitest';
import type { ExamFilter, ExamRow } from '#contract/shapes/exam.ts';
import { GatheredNews, type ExamNews, type ExamsChange } from '#ui/state/exam-news.ts';
import { putInOrder, renewRows } from '#ui/state/exams-in-order.ts';
import { settle } from '#ui/state/settled-rows.ts';

const exam = (id: string, arrived: number, more: Partial<ExamRow> = {}) =>
  ({
    id,
    lastArrivedAt: `2026-11-23T08:00:${String(arrived).padStart(2, '0')}Z`,
    state: 'review',
    version: 1,
    ...more,
  }) as ExamRow;

const totals = (needs: number) => ({ 'needs-you': needs, all: needs }) as Record<ExamFilter, number>;

const news = (exams: readonly ExamRow[], needs: number, removed: readonly string[] = []): ExamNews => ({
  exams: new Map(exams.map((one) => [one.id, one])),
  removed: new Set(removed),
  totals: totals(needs),
});

const ids = (rows: readonly (ExamRow | undefined)[]) => rows.map((row) => row?.id ?? '-').join(' ');

function gather() {
  const frames: (() => void)[] = [];
  const given: ExamNews[] = [];
  const gathered = new GatheredNews(
    (one) => given.push(one),
    (call) => frames.push(call),
  );
  const hear = (exams: readonly ExamRow[], removed: string[] = []) =>
    gathered.add({ kind: 'exams', exams: [...exams], removed, totals: totals(exams.length) } satisfies ExamsChange);
  return { hear, given, frames, draw: () => frames.splice(0).forEach((call) => call()) };
}

describe('news of exams', () => {
  it('is worked out once a frame, however many events came', () => {
    const { hear, given, frames, draw } = gather();
    for (let n = 0; n < 50; n += 1) hear([exam('a', n, { version: n })]);
    expect(frames.length).toBe(1);
    draw();
    expect(given.map(({ exams }) => [...exams.values()].map(({ version }) => version))).toEqual([[49]]);
  });

  it('keeps the newest state of an exam when an older one comes late', () => {
    const { hear, given, draw } = gather();
    hear([exam('a', 1, { version: 7 })]);
    hear([exam('a', 1, { version: 6 })]);
    draw();
    expect(given[0]?.exams.get('a')?.version).toBe(7);
  });

  it('knows of an exam that is gone and of one that came back', () => {
    const { hear, given, draw } = gather();
    hear([exam('a', 1), exam('b', 1)]);
    hear([], ['a', 'b']);
    hear([exam('b', 2, { version: 2 })]);
    draw();
    expect([...(given[0]?.removed ?? [])]).toEqual(['a']);
    expect([...(given[0]?.exams.keys() ?? [])]).toEqual(['b']);
  });

  it('begins anew after a frame', () => {
    const { hear, given, draw } = gather();
    hear([exam('a', 1)]);
    draw();
    hear([exam('b', 2)]);
    draw();
    expect(given.map(({ exams }) => [...exams.keys()])).toEqual([['a'], ['b']]);
  });
});

describe('the list of exams after news', () => {
  const held = [exam('c', 30), exam('b', 20), exam('a', 10)];

  it('has a new exam at the top', () => {
    expect(ids(putInOrder(held, news([exam('d', 40)], 4), 'needs-you'))).toBe('d c b a');
  });

  it('has an exam that images come for where it was, and one that comes back at the top', () => {
    const arriving = [exam('c', 30), exam('b', 20, { state: 'arriving' }), exam('a', 10)];
    const more = exam('b', 40, { state: 'arriving', version: 2 });
    expect(ids(putInOrder(arriving, news([more], 3), 'needs-you'))).toBe('c b a');
    expect(ids(putInOrder(held, news([more], 3), 'needs-you'))).toBe('b c a');
  });

  it('loses what was decided, and what is gone', () => {
    const decided = exam('b', 20, { state: 'approved', version: 2 });
    expect(ids(putInOrder(held, news([decided], 2), 'needs-you'))).toBe('c a');
    expect(ids(putInOrder(held, news([], 2, ['c']), 'needs-you'))).toBe('b a');
    expect(ids(putInOrder(held, news([decided], 3), 'all'))).toBe('c b a');
  });

  it('is as long as the station counts, with holes where nothing is known', () => {
    const long = [exam('c', 30), exam('b', 20), undefined, undefined];
    expect(ids(putInOrder(long, news([exam('d', 40)], 5), 'needs-you'))).toBe('d c b - -');
    expect(ids(putInOrder(long, news([exam('x', 40, { version: 2 })], 4), 'needs-you'))).toBe('x c b -');
    expect(ids(putInOrder(long, news([exam('old', 5)], 5), 'needs-you'))).toBe('c b - - -');
  });

  it('leaves the rows of which nothing is said the objects that they are', () => {
    const next = putInOrder(held, news([exam('b', 20, { version: 2 })], 3), 'needs-you');
    expect(next[0]).toBe(held[0]);
    expect(next[1]).not.toBe(held[1]);
    expect(renewRows(held, new Map())).toBe(held);
  });

  it('does not go back to an older state', () => {
    const newer = [exam('a', 10, { version: 5 })];
    expect(putInOrder(newer, news([exam('a', 10, { version: 4 })], 1), 'needs-you')[0]?.version).toBe(5);
  });
});

describe('an answer of the station', () => {
  const held = [exam('c', 30), exam('b', 20, { version: 3 }), exam('a', 10)];

  it('leaves rows of which it says nothing new, and takes newer ones', () => {
    const rows = settle(held, [exam('c', 30), exam('b', 20, { version: 2 }), exam('a', 10, { version: 2 })], true);
    expect(rows[0]).toBe(held[0]);
    expect(rows[1]?.version).toBe(3);
    expect(rows[2]?.version).toBe(2);
  });

  it('leaves the same rows in their places, and orders others as the station does', () => {
    const turned = [exam('a', 40), exam('c', 30), exam('b', 20)];
    expect(ids(settle(held, turned, true))).toBe('c b a');
    expect(ids(settle(held, turned, false))).toBe('a c b');
    expect(ids(settle(held, [exam('d', 50), exam('a', 40), exam('c', 30)], true))).toBe('d a c');
  });
});
