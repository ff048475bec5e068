// One sentence says what happens to an exam at a destination, and when.
import { expect, test } from 'vitest';
import type { Alert } from '#contract/shapes/alerts.ts';
import type { DestinationStatus, OutboxLine } from '#contract/shapes/delivery.ts';
import { sayAlert, sayLine, sayShare, sayShareForAdministrator } from '#ui/text/index.ts';

const now = new Date(2026, 10, 23, 11, 0, 0).getTime();
const local = (hours: number, minutes: number, seconds = 0) =>
  new Date(2026, 10, 23, hours, minutes, seconds).toISOString();

const destination: DestinationStatus = {
  ...{ id: 'archive', name: 'Archive', kind: 'archive', aeTitle: 'ARCHIVE', host: '10.0.0.9', port: 104 },
  ...{ required: true, confirm: 'query', state: 'well', since: local(10, 0), lastAnswer: null },
  ...{ nextProbeAt: null, opensAt: null, associations: 0, waiting: 12, waitingExams: 1, unconfirmed: 0 },
  ...{ confirmedToday: 0, blocked: 0, ratePerSecond: 0, bytesPerSecond: 0, waitingBytes: 0 },
  ...{ secondsUntilEmpty: null, keepsToHours: [], oldestWaitingSince: null },
} as DestinationStatus;

type Share = OutboxLine['destinations'][number];
const share: Share = {
  ...{ destinationId: 'archive', total: 12, sent: 0, confirmed: 0, blocked: 0, held: 0, cancelled: 0 },
  ...{ priority: 'routine', waitingSince: local(10, 42), confirmedAt: null, nextAttemptAt: null, lastAnswer: null },
};
const refused = { key: 'connection-refused', params: {}, at: local(10, 59) };
const inTwenty = local(11, 0, 20);

test.each<[string, Partial<Share>, Partial<DestinationStatus>, string]>([
  [
    'a destination that is silent',
    { nextAttemptAt: inTwenty, lastAnswer: refused },
    { state: 'silent' },
    'Waiting for Archive since 10:42: it does not answer. Next try in 0:20; nothing to do.',
  ],
  [
    'one that refuses',
    { nextAttemptAt: inTwenty },
    { state: 'refusing' },
    'Waiting for Archive since 10:42: it turns this station away. Next try in 0:20; someone has to let this station in there.',
  ],
  [
    'one that is paused',
    {},
    { state: 'paused' },
    'Waiting for Archive since 10:42: sending is paused. It leaves when somebody goes on.',
  ],
  [
    'its hours',
    {},
    { opensAt: local(19, 0), keepsToHours: ['routine'] },
    'Waiting for Archive since 10:42: it is sent to from 19:00 on. It leaves by itself; nothing to do.',
  ],
  [
    'its place in line',
    {},
    { secondsUntilEmpty: 240 },
    'In line for Archive, 12 images, about 4 min for all that waits. Nothing to do.',
  ],
  ['the transfer', { sent: 3 }, {}, 'Going to Archive: 3 of 12 there. Nothing to do.'],
  [
    'the proof',
    { sent: 12, nextAttemptAt: inTwenty },
    {},
    'Archive has all 12; its proof is asked for in 0:20. Nothing to do.',
  ],
  ['a person who holds it', { held: 12 }, {}, 'Held for Archive: it leaves when you release it.'],
  ['nothing: it is proved', { confirmed: 12, confirmedAt: local(10, 50) }, {}, 'In Archive, proved 10:50.'],
  [
    'a person, because it is refused',
    { blocked: 2, lastAnswer: { key: 'identity-conflict', params: {}, at: local(10, 50) } },
    {},
    'Archive does not take 2 images: another picture went there under the same identifier before. The same again will not help: send elsewhere, cancel, or have it put right there and try again.',
  ],
])('it waits for %s', (_what, of, at, said) => {
  expect(sayShare({ ...share, ...of }, { ...destination, ...at }, now)).toBe(said);
});

test('stat does not wait for hours that routine keeps to', () => {
  const said = sayShare(
    { ...share, priority: 'stat' },
    { ...destination, opensAt: local(19, 0), keepsToHours: ['routine'] },
    now,
  );
  expect(said).toMatch(/^In line for Archive/);
});

test('the administrator is told address, words and code, and counts', () => {
  expect(sayShareForAdministrator({ ...share, lastAnswer: refused, nextAttemptAt: inTwenty }, destination, now)).toBe(
    'ARCHIVE at 10.0.0.9:104; proof by query; last word 10:59: nothing listens at that address and port (connection-refused); priority routine; next 11:00; for it in all 12 waiting.',
  );
});

test('a line says first what needs a person', () => {
  const line = {
    destinations: [
      { ...share, confirmed: 12, confirmedAt: local(10, 50) },
      { ...share, destinationId: 'cache', held: 12 },
    ],
  };
  const cache = { ...destination, id: 'cache', name: 'Cache' };
  expect(sayLine(line as unknown as OutboxLine, [destination, cache], now)).toEqual([
    'Held for Cache: it leaves when you release it.',
    'In Archive, proved.',
  ]);
});

test('an alert says what is wrong, since when, and what to do', () => {
  const alert: Alert = {
    ...{
      id: 'waiting:archive:stat',
      kind: 'exams-waiting' as const,
      level: 'red' as const,
      since: local(10, 57),
      destinationId: 'archive',
    },
    ...{
      priority: 'stat' as const,
      count: 2,
      answer: { key: 'no-answer', params: {} },
      problem: null,
      acknowledged: null,
    },
  };
  expect(sayAlert(alert, () => 'Archive', now)).toEqual({
    title: '2 stat exams wait too long for Archive.',
    more: 'Archive: no machine answers at that address. The copies are safe here. Tell who looks after it, or send elsewhere from the Outbox.',
    since: 'since 10:57',
  });
});
