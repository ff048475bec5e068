import { expect, test } from 'vitest';
import { Pursuit } from '#ui/screens/review/pursuit.ts';

/** A stack of pictures of which some are here, and a clock that goes a frame of the screen at a time. */
function openStack(count: number, here: readonly number[] = [0]) {
  const ready = new Set(here);
  const asked: number[] = [];
  const seen: number[] = [];
  const then: (() => void)[] = [];
  let [at, now] = [0, 0];
  const pursuit = new Pursuit(
    {
      isReady: (by) => (at + by < 0 || at + by >= count ? undefined : ready.has(at + by)),
      fetch: (by) => void asked.push(at + by),
      go: (by) => seen.push((at += by)),
    },
    { now: () => now, nextFrame: (next) => void then.push(next) },
  );
  const frame = (times = 1) => {
    for (let n = 0; n < times; n += 1) {
      now += 16;
      for (const next of then.splice(0)) next();
    }
  };
  return { pursuit, ready, asked, seen, frame };
}

test('a step to a picture that is here is made at once, and only one in a frame of the screen', () => {
  const { pursuit, seen, frame } = openStack(9, [0, 1, 2, 3, 4]);
  pursuit.ask(1);
  expect(seen).toEqual([1]);
  pursuit.ask(1);
  pursuit.ask(1);
  expect(seen).toEqual([1]);
  frame();
  expect(seen).toEqual([1, 3]);
});

test('while the next picture is on its way the one that is seen stays, and every step is made up for', () => {
  const { pursuit, ready, asked, seen, frame } = openStack(9);
  for (let n = 0; n < 4; n += 1) pursuit.ask(1);
  frame(3);
  expect(seen).toEqual([]);
  expect(asked).toEqual([1]);
  ready.add(1);
  frame();
  ready.add(2).add(3).add(4);
  frame();
  expect(seen).toEqual([1, 4]);
});

test('a hand that is far ahead is followed by leaving pictures out', () => {
  const { pursuit, ready, asked, seen, frame } = openStack(99);
  for (let n = 0; n < 20; n += 1) pursuit.ask(1);
  frame(2);
  pursuit.ask(1);
  frame(2);
  expect(asked).toEqual([1]);
  ready.add(1);
  frame();
  pursuit.ask(1);
  frame();
  pursuit.ask(1);
  frame();
  expect(asked).toEqual([1, 22]);
  ready.add(22);
  frame();
  expect(seen).toEqual([1, 22]);
});

test('the place of a picture that does not come is gone to after a quarter of a second', () => {
  const { pursuit, seen, frame } = openStack(9);
  pursuit.ask(1);
  frame(14);
  expect(seen).toEqual([]);
  frame(3);
  expect(seen).toEqual([1]);
});

test('who was gone to without a picture is waited for, however far the hand is', () => {
  const { pursuit, ready, asked, seen, frame } = openStack(99);
  pursuit.ask(1);
  frame(17);
  expect(seen).toEqual([1]);
  for (let n = 0; n < 6; n += 1) {
    pursuit.ask(1);
    frame(17);
  }
  expect(seen).toEqual([1]);
  expect(asked).toEqual([1]);
  ready.add(1);
  frame();
  ready.add(7);
  frame();
  expect(seen).toEqual([1, 7]);
});

test('turning back begins at the picture that is seen', () => {
  const { pursuit, ready, seen, frame } = openStack(9, [0, 4]);
  pursuit.ask(4);
  frame();
  pursuit.ask(3);
  ready.add(3);
  pursuit.ask(-1);
  frame();
  expect(seen).toEqual([4, 3]);
});

test('at the end of the way nothing is owed', () => {
  const { pursuit, ready, seen, frame } = openStack(3, [0, 1, 2]);
  pursuit.ask(7);
  frame(20);
  pursuit.ask(-1);
  ready.add(0);
  frame();
  expect(seen).toEqual([2, 1]);
});

test('a place that was chosen ends what was owed', () => {
  const { pursuit, ready, seen, frame } = openStack(9);
  pursuit.ask(3);
  pursuit.stop();
  ready.add(1).add(2).add(3);
  frame(2);
  expect(seen).toEqual([]);
});
