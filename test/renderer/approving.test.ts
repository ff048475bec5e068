// An approval is of the exam that was looked at: whoever goes on while the station is asked approves nothing unseen, and
// nothing typed for one exam is said of another.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Exam } from '#contract/shapes/exam.ts';
import type { Connection } from '#ui/backend/index.ts';
import { openDeciding } from '#ui/screens/review/deciding.ts';
import type { WindowState } from '#ui/state/index.ts';
import { Released } from '#ui/state/released.svelte.ts';
import { Review } from '#ui/state/review.svelte.ts';

beforeAll(() => {
  // Outside of a compiled window its runes are plain values, and there is no storage.
  const plain = (value: unknown) => value;
  vi.stubGlobal('$state', Object.assign(plain, { raw: plain }));
  // What is derived of what the constructor brings is not there yet.
  const by = (value: () => unknown) => {
    try {
      return value();
    } catch {
      return undefined;
    }
  };
  vi.stubGlobal('$derived', Object.assign(plain, { by }));
  const stored = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  });
});
afterAll(() => void vi.unstubAllGlobals());

const examOf = (id: string) =>
  ({
    ...{ id, version: 1, state: 'complete', series: [], problems: [], corrections: [], history: [] },
    ...{ received: { PatientID: `${id}-1` }, receivedValues: {}, corrected: {}, counts: { objects: 3 } },
  }) as unknown as Exam;

/** A station that answers what is asked when the test says so. */
function open() {
  const asked: { readonly name: string; readonly input: unknown }[] = [];
  const gates = new Map<string, Promise<void>>();
  const answers: Readonly<Record<string, (id: string) => unknown>> = {
    read: examOf,
    forecast: (id) => ({ against: [], destinations: [{ id: `for-${id}`, name: id }], objectsThatLeave: 3 }),
    conflicts: () => [],
    correct: examOf,
  };
  const exams = new Proxy(
    {},
    {
      get: (_, name: string) => async (input: { readonly id: string }) => {
        asked.push({ name, input });
        await gates.get(name);
        return answers[name]?.(input.id);
      },
    },
  );
  const review = new Review({ hear: () => undefined, station: { exams } } as unknown as Connection);
  return {
    review,
    asked: (name: string) => asked.filter((one) => one.name === name).map(({ input }) => input),
    /** Keeps answers back until the returned function is called. */
    keepBack: (name: string): (() => void) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      gates.set(name, promise);
      return resolve;
    },
  };
}

async function shown(review: Review, id: string): Promise<void> {
  review.open(id);
  await expect.poll(() => review.exam?.id).toBe(id);
}

test('what is typed for the next exam is not said of the one that is being approved', async () => {
  const { review, asked, keepBack } = open();
  await shown(review, 'a');
  review.type({ PatientID: '118843' });
  const answer = keepBack('correct');
  const end = review.approve();
  await expect.poll(() => asked('correct')).toHaveLength(1);
  await shown(review, 'b');
  review.type({ PatientID: '77' });
  answer();
  expect(await end).toMatchObject({ kind: 'approved', to: ['a'] });
  expect(asked('approve')).toMatchObject([
    { id: 'a', seenDestinations: ['for-a'], seenIdentity: { PatientID: '118843' } },
  ]);
  expect(review.draft).toEqual({ PatientID: '77' });
});

test('an exam that was left while it was looked at once more is not approved', async () => {
  const { review, asked, keepBack } = open();
  await shown(review, 'a');
  Object.assign(review, { against: [{ id: '1', code: 'no-patient-id', params: {} }] });
  const answer = keepBack('read');
  const end = review.approve();
  review.open('b');
  Object.assign(review, { against: [] });
  review.type({ PatientID: '77' });
  answer();
  expect(await end).toBeUndefined();
  expect(asked('correct')).toEqual([]);
  expect(asked('approve')).toEqual([]);
});

test('whoever goes on to the next exam before all is asked has approved neither, and is told', async () => {
  const { promise, resolve } = Promise.withResolvers<'passed'>();
  const said: string[] = [];
  const approve = vi.fn();
  const place = { name: 'review', examId: 'a' };
  const review = { examId: 'a', full: false, approve };
  const house = {
    ...{ place, review, released: { images: 0 }, readerNote: { flush: () => Promise.resolve() } },
    ...{ whose: { pass: () => promise }, keeping: { settle: () => Promise.resolve(true) } },
    notices: { done: (words: string) => said.push(words) },
  } as unknown as WindowState;
  const deciding = openDeciding(house, { focusField: () => undefined, focusGive: () => undefined });
  const end = deciding.approve();
  place.examId = review.examId = 'b';
  resolve('passed');
  await end;
  expect(approve).not.toHaveBeenCalled();
  expect(said).toEqual([expect.stringContaining('Not approved')]);
});

test('a correction of what was sent takes from the form what it recorded, and nothing that was typed since', async () => {
  for (const [next, left] of [
    ['a', { PatientID: '118844' }],
    ['b', { PatientID: '118844', AccessionNumber: '9' }],
  ] as const) {
    const { review } = open();
    await shown(review, 'a');
    review.type({ PatientID: '118843', AccessionNumber: '9' });
    const { promise, resolve } = Promise.withResolvers<void>();
    const correct = () => promise;
    const released = new Released({ station: { afterRelease: { correct } } } as unknown as Connection, review);
    const end = released.correct();
    await shown(review, next);
    review.type({ PatientID: '118844', ...(next === 'b' && { AccessionNumber: '9' }) });
    resolve();
    await end;
    expect(review.draft).toEqual(left);
  }
});

/** Presses approve for one exam, of which the answers are given. */
function pressing(answers: {
  readonly pass?: () => Promise<string>;
  readonly isKept?: boolean;
  readonly end?: object;
}) {
  const pass = vi.fn(answers.pass ?? (() => Promise.resolve('passed')));
  const approve = vi.fn(() => Promise.resolve(answers.end));
  const troubles: string[] = [];
  const house = {
    ...{ place: { name: 'inbox', examId: 'a' }, review: { examId: 'a', full: false, approve } },
    ...{ released: { images: 0 }, readerNote: { flush: () => Promise.resolve() } },
    ...{ whose: { pass, settled: () => undefined }, inbox: { list: { refresh: () => undefined } } },
    keeping: { settle: () => Promise.resolve(answers.isKept ?? true) },
    notices: { done: () => undefined, trouble: ({ code }: { readonly code: string }) => troubles.push(code) },
  } as unknown as WindowState;
  const deciding = openDeciding(house, { focusField: () => undefined, focusGive: () => undefined });
  return { deciding, pass, approve, troubles };
}

test('what was drawn and cannot be kept stops an approval', async () => {
  const { deciding, approve, troubles } = pressing({ isKept: false });
  await deciding.approve();
  expect(approve).not.toHaveBeenCalled();
  expect(troubles).toEqual(['connection-lost']);
});

test('an approval that is pressed three times is one', async () => {
  const { deciding, approve } = pressing({ end: { kind: 'approved', leaving: 3, to: ['Archive'] } });
  await Promise.all([deciding.approve(), deciding.approve(), deciding.approve()]);
  expect(approve).toHaveBeenCalledTimes(1);
});

test('who presses again before a refusal is all told is heard after it', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  let asked = 0;
  const pass = () => (asked++ === 0 ? promise : Promise.resolve('passed'));
  const { deciding, approve } = pressing({ pass, end: { kind: 'approved', leaving: 3, to: ['Archive'] } });
  const presses = [deciding.approve(), deciding.approve()];
  expect(asked).toBe(0);
  resolve('differs');
  await Promise.all(presses);
  expect(asked).toBe(2);
  expect(approve).toHaveBeenCalledTimes(1);
});
