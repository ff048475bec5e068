// Escape in Review: leaves at once, unless it follows another Escape or is held down.
import { expect, test } from 'vitest';
import { Leaving } from '#ui/screens/review/leaving.ts';

const escape = { type: 'keydown', key: 'Escape' } as const;

test('one Escape leaves, a second in a row asks first, and the third is the answer', () => {
  const leaving = new Leaving();
  leaving.hear(escape);
  expect(leaving.decide(false)).toBe('leave');
  leaving.hear(escape);
  expect(leaving.decide(false)).toBe('ask');
  leaving.hear(escape);
  expect(leaving.decide(true)).toBe('leave');
});

test('a key or a press in between begins anew, and a key that is held down does nothing', () => {
  const leaving = new Leaving();
  leaving.hear(escape);
  leaving.hear({ type: 'keydown', key: 'ArrowDown' });
  leaving.hear(escape);
  expect(leaving.decide(false)).toBe('leave');
  leaving.hear({ ...escape, repeat: true });
  expect(leaving.decide(true)).toBe('nothing');
  leaving.hear({ type: 'pointerdown' });
  leaving.hear(escape);
  expect(leaving.decide(false)).toBe('leave');
});
