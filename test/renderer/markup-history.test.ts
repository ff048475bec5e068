// What was done to pictures is undone and done again, across the images of an exam.
import fc from 'fast-check';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Markup } from '#contract/shapes/markup.ts';
import { isSame, noHistory, redo, undo, without, withStep, type History, type Step } from '#ui/state/markup-history.ts';
import { Markups, plainMarkup } from '#ui/state/markup.svelte.ts';

const markup = (change: Partial<Markup>): Markup => ({ ...plainMarkup, ...change });
const window = (center: number) => markup({ window: { center, width: 100 } });
const step = (objectId: string, before: Markup, after: Markup, more: Partial<Step> = {}): Step => ({
  changes: [{ objectId, before, after }],
  gesture: `${Math.random()}`,
  atMs: 0,
  ...more,
});

describe('history', () => {
  test('whatever was done, undone to the beginning and done again gives what it was', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 9 }), fc.boolean()), {
          maxLength: 60,
        }),
        (moves) => {
          const now = new Map<string, Markup>();
          let history: History = noHistory;
          for (const [id, center, long] of moves) {
            const before = now.get(id) ?? plainMarkup;
            history = withStep(history, step(id, before, window(center), { gesture: long ? 'window' : `${center}` }));
            now.set(id, window(center));
          }
          const end = new Map(now);
          const put = (taken: ReturnType<typeof undo>) => {
            if (taken === undefined) return false;
            for (const [id, each] of taken.put) now.set(id, each);
            history = taken.history;
            return true;
          };
          while (put(undo(history)));
          for (const each of now.values()) expect(each).toEqual(plainMarkup);
          while (put(redo(history)));
          expect(now).toEqual(end);
        },
      ),
    ));

  test('a window that is dragged is one step, after a pause of the hand it is another', () => {
    let history = withStep(noHistory, step('a', plainMarkup, window(1), { gesture: 'window', atMs: 0 }));
    history = withStep(history, step('a', window(1), window(2), { gesture: 'window', atMs: 300 }));
    history = withStep(history, step('a', window(2), window(3), { gesture: 'window', atMs: 2000 }));
    expect(history.done).toHaveLength(2);
    expect(undo(history)?.put.get('a')).toEqual(window(2));
  });

  test('one drag of the mouse is one step, however long the hand rests in it', () => {
    let history = withStep(noHistory, step('a', plainMarkup, window(1), { gesture: 'drag 1', atMs: 0 }));
    history = withStep(history, step('a', window(1), window(2), { gesture: 'drag 1', atMs: 9000 }));
    expect(undo(history)?.put.get('a')).toEqual(plainMarkup);
  });

  test('what changes nothing is no step, and something new forgets what was taken back', () => {
    const one = withStep(noHistory, step('a', plainMarkup, window(1)));
    expect(withStep(one, step('a', window(1), window(1)))).toBe(one);
    const back = undo(one)?.history ?? noHistory;
    expect(redo(back)).toBeDefined();
    expect(redo(withStep(back, step('a', plainMarkup, window(5))))).toBeUndefined();
    const first = withStep(noHistory, step('a', plainMarkup, window(1), { gesture: 'window', atMs: 0 }));
    const second = withStep(first, step('a', window(1), window(2), { gesture: 'window', atMs: 5000 }));
    const dragged = step('a', window(1), window(3), { gesture: 'window', atMs: 100 });
    expect(redo(withStep(undo(second)?.history ?? noHistory, dragged))).toBeUndefined();
  });

  test('what somebody else changed cannot be taken back here', () => {
    const both = withStep(withStep(noHistory, step('a', plainMarkup, window(1))), step('b', plainMarkup, window(1)));
    expect(without(both, new Set(['a'])).done.map(({ changes }) => changes[0]?.objectId)).toEqual(['b']);
  });

  test('the same in another order of words is the same', () => {
    const { window: own, ...rest } = window(3);
    expect(isSame(window(3), { ...rest, window: own })).toBe(true);
    expect(isSame(window(3), window(4))).toBe(false);
  });
});

describe('markups', () => {
  // Outside of a compiled window its runes are plain values.
  beforeAll(() => {
    const plain = (value: unknown) => value;
    vi.stubGlobal('$state', Object.assign(plain, { raw: plain }));
    vi.stubGlobal('$derived', plain);
    return () => vi.unstubAllGlobals();
  });
  const drawn = markup({ redactions: [{ left: 0, top: 0, right: 5, bottom: 5 }] });

  test('everything that one movement of the hand changes is undone at once, on all images', () => {
    const markups = new Markups();
    const heard: string[] = [];
    markups.hear((ids) => heard.push(...ids));
    markups.change(['a', 'b'], { inverted: true });
    markups.change(['a'], { rotation: 90 });
    expect(markups.undo()).toEqual(['a', 'b']);
    expect([markups.of('a'), markups.of('b')]).toEqual([plainMarkup, plainMarkup]);
    expect(markups.redo()).toEqual(['a', 'b']);
    expect(markups.of('a')).toEqual(markup({ inverted: true, rotation: 90 }));
    expect(heard).toEqual(['a', 'b', 'a', 'a', 'b', 'a', 'b']);
  });

  test('what is stored is taken in without being a step of anybody; what is the same keeps the steps', async () => {
    const markups = new Markups();
    markups.change(['a'], drawn);
    markups.know(new Map([['a', structuredClone(drawn)]]));
    await Promise.resolve();
    expect(markups.undo()).toEqual(['a']);
    markups.redo();
    markups.know(new Map([['a', plainMarkup]]));
    expect(markups.of('a')).toEqual(plainMarkup);
    expect(markups.undo()).toEqual([]);
  });

  test('nothing of an exam is undone while another one is on screen', () => {
    const markups = new Markups();
    markups.change(['a'], drawn);
    markups.forget();
    expect(markups.undo()).toEqual([]);
    expect(markups.of('a')).toEqual(drawn);
  });
});
