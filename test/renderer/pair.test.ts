// Which two images stand side by side by themselves: one that was taken again, and its repeat.
import { expect, test } from 'vitest';
import type { ImageQuality } from '#contract/shapes/judging.ts';
import { pairOf } from '#ui/screens/review/pair.ts';

const image = (objectId: string, more: Partial<ImageQuality> = {}): ImageQuality => ({
  ...{ objectId, judgement: null, waits: false, repeatedBy: null, repeatOf: null, exposure: null, hints: [] },
  checks: 'checked',
  ...more,
});

test('a repeat and the image it was taken instead of are one pair, from whichever is in front', () => {
  const pair = { old: 'a', fresh: 'b' };
  expect(pairOf(image('a', { repeatedBy: 'b' }), ['a', 'b'])).toEqual(pair);
  expect(pairOf(image('b', { repeatOf: 'a' }), ['a', 'b'])).toEqual(pair);
});

test('an image that waits for its repeat, or whose other one is elsewhere, stands alone', () => {
  expect(pairOf(undefined, ['a'])).toBeUndefined();
  expect(pairOf(image('a', { waits: true }), ['a'])).toBeUndefined();
  expect(pairOf(image('b', { repeatOf: 'a' }), ['b'])).toBeUndefined();
});
