import { describe, expect, it } from 'vitest';
import { deliveryStateShape } from '#contract/shapes/delivery.ts';
import {
  deliveryEvents,
  deliveryLifecycle,
  isFinished,
  stageOf,
  stateAfter,
  statesBefore,
} from '#station/model/delivery-lifecycle.ts';

const states = deliveryStateShape.options;

describe('the life of a delivery', () => {
  it('has a line for every state, and no other', () => {
    expect(Object.keys(deliveryLifecycle).sort()).toEqual([...states].sort());
  });

  it('knows every event, and every event can happen somewhere', () => {
    const used = new Set(Object.values(deliveryLifecycle).flatMap((line) => Object.keys(line)));
    expect([...used].sort()).toEqual([...deliveryEvents].sort());
    for (const event of deliveryEvents) expect(statesBefore(event).length, event).toBeGreaterThan(0);
  });

  it('begins at ready and reaches every state from there', () => {
    const reached = new Set<string>(['ready']);
    for (const state of reached as Set<keyof typeof deliveryLifecycle>) {
      for (const next of Object.values(deliveryLifecycle[state])) reached.add(next);
    }
    expect([...reached].sort()).toEqual([...states].sort());
  });

  it('ends only as proved or as given up, and can end from everywhere', () => {
    expect(states.filter(isFinished).sort()).toEqual(['cancelled', 'committed']);
    for (const state of states) expect(canReach(state, 'committed') || isFinished(state), state).toBe(true);
  });

  it('is sent only from ready, so that one object is never under way twice', () => {
    expect(statesBefore('begin')).toEqual(['ready']);
  });

  it('is never proved while it is under way, and a proof is left behind only when a person wants it sent again', () => {
    expect(stateAfter('sending', 'confirmed')).toBeUndefined();
    expect(deliveryEvents.filter((event) => stateAfter('committed', event) !== undefined)).toEqual(['send-again']);
  });

  it('cannot be given up while its bytes are leaving', () => {
    expect(stateAfter('sending', 'cancel')).toBeUndefined();
  });

  it('is walked whole: each state and event leads where it should', () => {
    const walked = states.flatMap((state) =>
      deliveryEvents.map((event) => [state, event, stateAfter(state, event)] as const).filter(([, , to]) => to),
    );
    expect(walked.map((step) => step.join(' '))).toMatchSnapshot();
  });

  it('counts waiting, sent and the rest', () => {
    expect(states.map((state) => `${state}: ${stageOf(state)}`)).toEqual([
      'ready: waiting',
      'sending: waiting',
      'backoff: waiting',
      'sent: sent',
      'commit-requested: sent',
      'committed: confirmed',
      'blocked: blocked',
      'held: held',
      'cancelled: cancelled',
    ]);
  });
});

function canReach(from: string, to: string): boolean {
  const reached = new Set<string>([from]);
  for (const state of reached) {
    for (const next of Object.values(deliveryLifecycle[state as keyof typeof deliveryLifecycle])) reached.add(next);
  }
  return reached.has(to);
}
