// What may be forgotten, and why not: each rule by itself.
import { describe, expect, it } from 'vitest';
import { retentionSettingShape } from '#contract/shapes/space.ts';
import {
  decideRetention,
  type Decision,
  type DeliveryFacts,
  type ExamFacts,
  type ObjectFacts,
} from '#station/6-purge/retention.ts';

const now = '2026-12-01T00:00:00.000Z';
const confirmedAt = '2026-10-01T00:00:00.000Z';
const setting = retentionSettingShape.parse({});

const delivery = (changes: Partial<DeliveryFacts> = {}): DeliveryFacts => ({
  destinationId: 'archive',
  name: 'The archive',
  required: true,
  current: true,
  state: 'committed',
  confirmedBy: 'commitment',
  confirmedAt,
  provedByQuery: false,
  ...changes,
});
const object = (changes: Partial<ObjectFacts> = {}): ObjectFacts => ({
  objectId: 'one',
  state: 'approved',
  rejectedAt: null,
  returnedAt: null,
  purgingAt: null,
  purgedAt: null,
  deliveries: [delivery()],
  ...changes,
});
const exam = (changes: Partial<ExamFacts> = {}): ExamFacts => ({
  modalities: ['CT'],
  source: 'CT1',
  stage: 'approved',
  pinned: false,
  hasProblem: false,
  objects: [object()],
  ...changes,
});
const decide = (facts: ExamFacts, options: { set?: object; shortOfRoom?: boolean; at?: string } = {}): Decision[] =>
  decideRetention(
    facts,
    { ...setting, ...options.set },
    { now: options.at ?? now, shortOfRoom: options.shortOfRoom ?? false },
  );
const query = delivery({ confirmedBy: 'query', provedByQuery: true });

describe('an exam stays', () => {
  it.each<[string, ExamFacts, string, object?]>([
    ['that is pinned', exam({ pinned: true }), 'pinned'],
    ['that is held', exam({ stage: 'held' }), 'held'],
    ['of which something is undecided', exam({ stage: 'open' }), 'undecided'],
    ['with a problem', exam({ hasProblem: true }), 'problem'],
    ['while nothing may go by itself', exam(), 'not-automatic', { automatic: false }],
    ['of which one image arrived late', exam({ objects: [object({ state: 'received' })] }), 'undecided'],
    ['of which one image contradicts', exam({ objects: [object({ state: 'conflict' })] }), 'undecided'],
    ['that nobody has to keep', exam({ objects: [object({ deliveries: [] })] }), 'no-required-destination'],
    [
      'that goes to destinations which need not have it',
      exam({ objects: [object({ deliveries: [delivery({ required: false })] })] }),
      'no-required-destination',
    ],
    [
      'that an archive has not confirmed',
      exam({ objects: [object({ deliveries: [delivery({ state: 'sent', confirmedBy: null, confirmedAt: null })] })] }),
      'not-confirmed',
    ],
    [
      'that one of two archives has not confirmed',
      exam({
        objects: [
          object({
            deliveries: [
              delivery(),
              delivery({ destinationId: 'second', state: 'commit-requested', confirmedAt: null }),
            ],
          }),
        ],
      }),
      'not-confirmed',
    ],
    [
      'that an archive said Success to and no more',
      exam({ objects: [object({ deliveries: [delivery({ confirmedBy: 'none' })] })] }),
      'confirmed-by-word-only',
    ],
    [
      'that only a query has found, where the site has not chosen that',
      exam({ objects: [object({ deliveries: [query] })] }),
      'confirmed-by-query-only',
    ],
    [
      'that only a query has found in place of a commitment',
      exam({ objects: [object({ deliveries: [delivery({ confirmedBy: 'query' })] })] }),
      'confirmed-by-query-only',
      { queryProves: ['archive'] },
    ],
    [
      'of which a delivery was cancelled',
      exam({ objects: [object({ deliveries: [delivery({ state: 'cancelled' })] })] }),
      'cancelled',
    ],
    [
      'that is still leaving for somebody who need not have it',
      exam({ objects: [object({ deliveries: [delivery(), delivery({ required: false, state: 'backoff' })] })] }),
      'still-leaving',
    ],
    [
      'of which only a former revision was confirmed',
      exam({ objects: [object({ deliveries: [delivery({ current: false })] })] }),
      'no-required-destination',
    ],
  ])('%s', (_name, facts, reason, set = {}) => {
    for (const shortOfRoom of [false, true]) {
      expect(decide(facts, { set, shortOfRoom, at: '2099-01-01T00:00:00.000Z' })[0]).toMatchObject({
        kind: 'keep',
        reason,
      });
    }
  });

  it('whole, while one of its images is not proved', () => {
    const facts = exam({
      objects: [object(), object({ objectId: 'two', deliveries: [delivery({ state: 'blocked' })] })],
    });
    expect(decide(facts).map(({ kind }) => kind)).toEqual(['keep', 'keep']);
  });
});

describe('an exam that is proved everywhere', () => {
  it('stays for its days, and says until when', () => {
    expect(decide(exam(), { at: '2026-10-20T00:00:00.000Z' })).toEqual([
      { objectId: 'one', kind: 'keep', reason: 'kept-until', at: '2026-10-31T00:00:00.000Z' },
    ]);
    expect(decide(exam())).toEqual([{ objectId: 'one', kind: 'go', reason: 'goes-now' }]);
  });
  it('goes sooner when room is short, and not on the day it was proved', () => {
    expect(decide(exam(), { at: '2026-10-03T00:00:00.000Z', shortOfRoom: true })[0]).toMatchObject({
      kind: 'go',
      reason: 'goes-for-room',
    });
    expect(decide(exam(), { at: '2026-10-01T12:00:00.000Z', shortOfRoom: true })[0]).toMatchObject({
      kind: 'keep',
      reason: 'kept-until',
    });
  });
  it('goes on the word of a query where the site has chosen that', () => {
    const facts = exam({ objects: [object({ deliveries: [query] })] });
    expect(decide(facts, { set: { queryProves: ['archive'] } })[0]?.kind).toBe('go');
  });
  it('stays as long as its kind of exam does', () => {
    const rules = [
      { modalities: ['MG'], sources: [], keepDays: 3650 },
      { modalities: [], sources: ['CT1'], keepDays: 7 },
    ];
    expect(decide(exam({ modalities: ['MG', 'CT'] }), { set: { rules } })[0]?.reason).toBe('kept-until');
    expect(decide(exam(), { set: { rules }, at: '2026-10-09T00:00:00.000Z' })[0]?.kind).toBe('go');
  });
  it('counts from the day it was sent to us again', () => {
    const facts = exam({ objects: [object({ returnedAt: '2026-11-20T00:00:00.000Z' })] });
    expect(decide(facts)[0]).toMatchObject({ reason: 'kept-until', at: '2026-12-20T00:00:00.000Z' });
  });
});

describe('a rejected image', () => {
  const rejected = object({ state: 'rejected', rejectedAt: '2026-01-01T00:00:00.000Z', deliveries: [] });
  const facts = exam({ stage: 'rejected', objects: [rejected] });
  it('is kept for analysis, and no shortage of room makes it shorter', () => {
    expect(decide(facts, { shortOfRoom: true })[0]).toMatchObject({
      reason: 'rejected-until',
      at: '2027-01-01T00:00:00.000Z',
    });
    expect(decide(facts, { at: '2027-01-02T00:00:00.000Z' })[0]?.kind).toBe('go');
  });
  it('is kept for ever when the site says so', () => {
    expect(decide(facts, { set: { rejectedDays: null }, at: '2099-01-01T00:00:00.000Z' })[0]?.reason).toBe(
      'rejected-for-ever',
    );
  });
  it('goes alone: what was approved beside it waits for its own proof', () => {
    const unproved = object({ objectId: 'two', deliveries: [delivery({ state: 'sent', confirmedAt: null })] });
    const decisions = decide(exam({ objects: [rejected, unproved] }), { at: '2027-06-01T00:00:00.000Z' });
    expect(decisions.map(({ kind }) => kind)).toEqual(['go', 'keep']);
  });
});

it('what is gone says since when, and what was decided is not taken back', () => {
  const gone = object({ purgingAt: confirmedAt, purgedAt: confirmedAt });
  const going = object({ objectId: 'two', purgingAt: confirmedAt });
  expect(decide(exam({ pinned: true, objects: [gone, going] })).map(({ reason }) => reason)).toEqual([
    'only-at-destination',
    'on-its-way-out',
  ]);
});

describe('an image in whose place a derived one leaves', () => {
  const replaced = object({
    ...{
      objectId: 'source',
      state: 'rejected',
      rejectedAt: '2020-01-01T00:00:00.000Z',
      isReplaced: true,
      deliveries: [],
    },
  });
  it('stays until the derived one is proved, however old it is, for another would be made of it', () => {
    const open = delivery({ state: 'cancelled', confirmedBy: null, confirmedAt: null });
    const [, kept] = decide(exam({ objects: [object({ deliveries: [open] }), replaced] }));
    expect(kept).toMatchObject({ objectId: 'source', kind: 'keep', reason: 'cancelled' });
    const [, gone] = decide(exam({ objects: [object(), replaced] }));
    expect(gone).toMatchObject({ objectId: 'source', kind: 'go' });
  });
});
