// What is drawn is kept a moment after the hand rests, tried again until it is, and never written over by an older answer.
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Markup, MarkupsOfExam } from '#contract/shapes/markup.ts';
import type { Connection, Trouble } from '#ui/backend/index.ts';
import { TroubleError } from '#ui/backend/trouble.ts';
import { MarkupKeeping } from '#ui/state/markup-keeping.svelte.ts';
import { Markups, plainMarkup } from '#ui/state/markup.svelte.ts';
import type { Review } from '#ui/state/review.svelte.ts';

const drawn = (center: number): Markup => ({ ...plainMarkup, window: { center, width: 10 } });

beforeAll(() => {
  // Outside of a compiled window its runes are plain values, and there is no window.
  const plain = (value: unknown) => value;
  vi.stubGlobal('$state', Object.assign(plain, { raw: plain }));
  vi.stubGlobal('$derived', plain);
  vi.stubGlobal('window', { addEventListener: () => undefined });
});
afterAll(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});
beforeEach(() => {
  vi.useFakeTimers();
});

function open(states: Readonly<Record<string, string>> = { a: 'received', b: 'received' }) {
  const stored = new Map<string, Markup>();
  const saves: string[] = [];
  const refused: string[] = [];
  let failure: Error | undefined;
  let hear: (change: object) => void = () => undefined;
  const remembered: unknown[] = [];
  const connection = {
    hear: (listener: typeof hear) => (hear = listener),
    station: {
      objects: {
        markups: () =>
          Promise.resolve(
            [...stored].map(([objectId, markup]) => ({ objectId, markup, savedAt: null })) as MarkupsOfExam,
          ),
        saveMarkup: ({ id, markup }: { id: string; markup: Markup }) => {
          if (failure !== undefined) return Promise.reject(failure);
          saves.push(id);
          stored.set(id, markup);
          return Promise.resolve({ markup, savedAt: null });
        },
      },
      devices: {
        rememberRedactions: ({ boxes }: { boxes: readonly unknown[] }) => {
          remembered.push(...boxes);
          return Promise.resolve({ device: 'US', rows: 4, columns: 4, boxes, savedAt: null });
        },
      },
    },
  } as unknown as Connection;
  const markups = new Markups();
  const review = {
    examId: 'exam',
    objectId: 'a',
    objects: Object.entries(states).map(([id, state]) => ({ id, state })),
  } as unknown as Review;
  const keeping = new MarkupKeeping(connection, {
    markups,
    review,
    refused: ({ code }: Trouble) => refused.push(code),
  });
  keeping.open('exam');
  return {
    ...{ markups, keeping, stored, saves, refused, remembered },
    fail: (code?: string) =>
      (failure = code === undefined ? undefined : new TroubleError({ code, params: {} } as Trouble)),
    news: () => hear({ kind: 'exams', exams: [{ id: 'exam' }] }),
  };
}

test('what is drawn is at the station a moment after the hand rests, once', async () => {
  const { markups, saves, stored, keeping } = open();
  for (let n = 1; n <= 5; n += 1) markups.change(['a'], drawn(n));
  expect([...keeping.waiting]).toEqual(['a']);
  await vi.advanceTimersByTimeAsync(1000);
  expect(saves).toEqual(['a']);
  expect(stored.get('a')).toEqual(drawn(5));
  expect(keeping.waiting.size).toBe(0);
});

test('an approval waits for what was drawn a moment ago', async () => {
  const { markups, stored, keeping } = open();
  markups.change(['a', 'b'], drawn(3));
  expect(await keeping.settle()).toBe(true);
  expect(stored.get('b')).toEqual(drawn(3));
});

test('without the station it waits, and leaves as soon as the station is back', async () => {
  const { markups, stored, keeping, refused, fail } = open();
  fail('connection-lost');
  markups.change(['a'], drawn(1));
  await vi.advanceTimersByTimeAsync(5000);
  expect(await keeping.settle()).toBe(false);
  expect(refused).toEqual([]);
  fail();
  await vi.advanceTimersByTimeAsync(5000);
  expect(stored.get('a')).toEqual(drawn(1));
});

test('what the station refuses is said once and not asked again', async () => {
  const { markups, keeping, refused, fail } = open();
  fail('already-approved');
  markups.change(['a'], drawn(1));
  await vi.advanceTimersByTimeAsync(9000);
  expect(refused).toEqual(['already-approved']);
  expect(keeping.waiting.size).toBe(0);
});

test('what has left or is rejected is looked at in any window, and nothing of that is kept', async () => {
  const { markups, saves, keeping } = open({ a: 'approved', b: 'rejected' });
  markups.change(['a', 'b'], drawn(1));
  await vi.advanceTimersByTimeAsync(1000);
  expect(saves).toEqual([]);
  expect(keeping.waiting.size).toBe(0);
});

test('what another window drew or cleared is taken in, but not over what is not saved here yet', async () => {
  const { markups, stored, news, fail } = open();
  stored.set('a', drawn(7)).set('b', drawn(7));
  news();
  await vi.advanceTimersByTimeAsync(10);
  expect([markups.of('a'), markups.of('b')]).toEqual([drawn(7), drawn(7)]);
  fail('connection-lost');
  markups.change(['a'], drawn(8));
  stored.delete('b');
  news();
  await vi.advanceTimersByTimeAsync(10);
  expect([markups.of('a'), markups.of('b')]).toEqual([drawn(8), plainMarkup]);
});

test('boxes that somebody draws are remembered for the device, those that were there already are not', async () => {
  const { markups, stored, news, remembered } = open();
  const redactions = [{ left: 0, top: 0, right: 2, bottom: 2 }];
  stored.set('b', { ...plainMarkup, redactions });
  news();
  await vi.advanceTimersByTimeAsync(10);
  markups.change(['b'], { inverted: true });
  await vi.advanceTimersByTimeAsync(1000);
  expect(remembered).toEqual([]);
  markups.change(['a'], { redactions });
  await vi.advanceTimersByTimeAsync(1000);
  expect(remembered).toEqual(redactions);
});
