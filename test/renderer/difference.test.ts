// Where two values differ, by what a person sees as one character; and why an order fits, in a sentence.
import { expect, test } from 'vitest';
import { piecesOf } from '#ui/state/difference.ts';
import { sayAgainst, sayFor, saySchedule } from '#ui/text/matching-words.ts';
import type { Candidate } from '#contract/shapes/matching.ts';

const marked = (text: string, other: string) =>
  piecesOf(text, other)
    .map(({ text: piece, differs }) => (differs ? `[${piece}]` : piece))
    .join('');

test.each([
  ['Brandt^Ute', 'Brandt^Ute', 'Brandt^Ute'],
  ['Brandt', 'Brand', 'Brand[t]'],
  ['Brand', 'Brandt', 'Brand[‸]'],
  ['DEV', 'DEV1', 'DEV[‸]'],
  ['18843', '118843', '1[‸]8843'],
  ['Barndt', 'Brandt', 'B[a]r[‸]ndt'],
  ['118844', '118843', '11884[4]'],
  ['Müller', 'Muller', 'M[ü]ller'],
  ['Jose\u0301', 'Jose', 'Jos[e\u0301]'],
  ['山田太郎', '山田次郎', '山田[太]郎'],
  ['👩‍⚕️ Ute', '👨‍⚕️ Ute', '[👩‍⚕️] Ute'],
  ['Hoffmann', 'Brandt', '[Hoffmann]'],
  ['Ute', '', '[Ute]'],
  ['', 'Ute', ''],
])('%s beside %s is shown as %s', (text, other, expected) => expect(marked(text, other)).toBe(expected));

test('long texts are marked as a whole', () => expect(piecesOf('a'.repeat(500), 'b')).toHaveLength(1));

const match = (...reasons: readonly (readonly [string, number, object?])[]): Candidate['match'] => ({
  score: 50,
  level: 'possible',
  reasons: reasons.map(([key, weight, params]) => ({
    ...{ key, weight, params: { ...params }, side: weight > 0 ? 'for' : 'against' },
  })),
});

test('reasons are one sentence for, and one against', () => {
  const found = match(['accession-equal', 35], ['birth-one-digit', 7], ['room-of-order', 16], ['sex-other', -20]);
  expect(sayFor(found)).toBe(
    'Same accession number; birth date differs by one digit; device in the room of the order.',
  );
  expect(sayAgainst(found)).toBe('Another sex.');
  expect(sayAgainst(match(['device-other', -8, { order: 'CT1', theirs: 'CT2' }]))).toBe('Ordered for CT1, not CT2.');
});

test.each([
  [1, 'Taken at the time of the order.'],
  [45, 'Taken 45 min after the time of the order.'],
  [-180, 'Taken 3 h before the time of the order.'],
])('%i minutes after the time of the order is said', (minutes, said) =>
  expect(sayFor(match(['time-close', 12, { minutes }]))).toBe(said),
);

test('a schedule is a clock time today and a day otherwise', () => {
  const now = new Date(2026, 10, 22, 12).getTime();
  expect(saySchedule('20261122083000', now)).toBe('08:30');
  expect(saySchedule('20261121', now)).toBe('21 Nov 2026');
  expect(saySchedule('', now)).toBe('');
});
