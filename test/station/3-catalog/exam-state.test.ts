// When an approved exam counts as confirmed.
import { expect, it } from 'vitest';
import { stateOfExam } from '#station/3-catalog/exam-state.ts';

const now = '2026-11-23T10:00:00.000Z';
const to = (total: number, confirmed: number, cancelled = 0) => ({ total, confirmed, cancelled });
const state = (openDeliveries: number, ...deliveries: readonly ReturnType<typeof to>[]) =>
  stateOfExam({ stage: 'approved', completeAt: now, openDeliveries, deliveries }, now);

it('an exam is confirmed when every required destination has proved all of it, whatever the others do', () => {
  expect(state(1, to(2, 1), to(2, 2))).toBe('approved');
  expect(state(0, to(2, 2), to(2, 0))).toBe('confirmed');
});

it('an exam that only goes where nobody is obliged to have it waits for the first proof of all of it', () => {
  expect(state(0, to(2, 0))).toBe('approved');
  expect(state(0, to(2, 1), to(2, 1))).toBe('approved');
  expect(state(0, to(2, 2), to(2, 0))).toBe('confirmed');
});

it('an exam of which everything was cancelled waits for nothing', () => {
  expect(state(0, to(2, 0, 2))).toBe('confirmed');
  expect(state(0)).toBe('confirmed');
});
