// A site's own reasons: typed as lines, offered first.
import { expect, test } from 'vitest';
import { offeredReasons, readOwnReasons, writeOwnReasons } from '#ui/state/own-reasons.ts';

test('the reasons of a site come first and in its order, and ours that it hides are not offered', () => {
  const own = [
    { label: 'Thumb cut off', code: '111209' },
    { label: 'Moved', code: '111210' },
  ];
  const offered = offeredReasons(own, ['111212'], (code) => code !== '113680');
  expect(offered.slice(0, 3)).toEqual([
    { code: '111209', ownLabel: 'Thumb cut off' },
    { code: '111210', ownLabel: 'Moved' },
    { code: '111209', ownLabel: '' },
  ]);
  expect(offered.map(({ code }) => code)).not.toContain('111212');
  expect(offered.map(({ code }) => code)).not.toContain('113680');
});

test('lines are read as they are written, and the line that cannot be read is named', () => {
  const own = [{ label: 'Thumb cut off', code: '111209' }];
  expect(readOwnReasons(`${writeOwnReasons(own)}\n\n Thumb cut off ; 111210`)).toEqual(own);
  expect(readOwnReasons('Thumb cut off; 111209\nMoved')).toBe(2);
  expect(readOwnReasons('Moved; 999999')).toBe(1);
});
