// How a scanned code is read while somebody tries a pattern in the set-up, and that it is what the station reads.
import { expect, it } from 'vitest';
import { readCode as readByStation } from '#station/flow/identity-guard.ts';
import { readCode, tryCode } from '#ui/state/read-code.ts';

it.each([
  [']C1^118843^X', '\\^(?<id>\\d+)\\^', '118843', 'found'],
  ['P118843', '^P(\\d+)$', '118843', 'found'],
  ['118843', '', '118843', 'found'],
  ['nothing', '^P(\\d+)$', 'nothing', 'not-found'],
  ['P118843', '^P(\\d+', 'P118843', 'bad'],
])('a code %s tried with the pattern %s is read as %s, %s', (code, pattern, id, how) => {
  expect(tryCode(code, pattern)).toEqual({ id, how });
  if (how !== 'bad') expect(readCode(code, pattern)).toBe(readByStation(code, pattern));
});
