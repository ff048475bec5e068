// Alerts stand until their reason is gone, come back when it gets worse, and outlive a restart.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { settingsShape } from '#contract/shapes/settings.ts';
import type { DestinationStatus } from '#contract/shapes/delivery.ts';
import type { StationStatus } from '#contract/shapes/station.ts';
import { silentLog } from '#station/kit/log.ts';
import { openBook, type Book } from '#station/records/index.ts';
import { openAudit } from '#station/audit/index.ts';
import { openAlerts, type Alerts } from '#station/flow/alerts.ts';
import { fakeClock, type FakeClock } from '../5-forward/fake-clock.ts';

const destination: DestinationStatus = {
  ...{ id: 'archive', name: 'Archive', kind: 'archive', aeTitle: 'ARCHIVE', host: '127.0.0.1', port: 104 },
  ...{ required: true, confirm: 'query', state: 'well', since: '2026-11-23T07:00:00.000Z', lastAnswer: null },
  ...{ nextProbeAt: null, opensAt: null, associations: 0, waiting: 0, waitingExams: 0, unconfirmed: 0 },
  ...{ confirmedToday: 0, blocked: 0, ratePerSecond: 0, bytesPerSecond: 0, waitingBytes: 0 },
  ...{ secondsUntilEmpty: null, keepsToHours: [], oldestWaitingSince: null },
} as DestinationStatus;

let book: Book;
let clock: FakeClock;
let alerts: Alerts;
let now: { destinations: DestinationStatus[]; problems: StationStatus['problems'] };
/** By priority: since when exams wait. */
let waiting: Partial<Record<number, string[]>>;
let told: number;

const open = () =>
  openAlerts({
    ...{ book, clock, log: silentLog, audit: openAudit({ book, clock }) },
    settings: () => settingsShape.parse({}),
    figures: {
      overdue: (_id, priority, before) => {
        const late = (waiting[priority] ?? []).filter((since) => since <= before).sort();
        return late[0] === undefined ? undefined : { exams: late.length, since: late[0] };
      },
    },
    status: () => now,
    onChanged: () => void told++,
  });
const stand = () => alerts.current().map(({ id, level, count }) => `${id} ${level} ${count}`);
const is = (change: Partial<DestinationStatus>) => (now = { ...now, destinations: [{ ...destination, ...change }] });
const minutes = (n: number) => clock.advance(n * 60_000);

beforeEach(() => {
  book = openBook(':memory:');
  clock = fakeClock('2026-11-23T08:00:00.000Z');
  now = { destinations: [destination], problems: [] };
  waiting = {};
  told = 0;
  alerts = open();
  alerts.start();
});
afterEach(() => {
  alerts.close();
  book.close();
});

test('nothing is looked at before the station has started', async () => {
  const early = openAlerts({
    ...{ book, clock, log: silentLog, audit: openAudit({ book, clock }), settings: () => settingsShape.parse({}) },
    ...{ figures: { overdue: () => undefined }, onChanged: () => undefined },
    status: () => {
      told++;
      return now;
    },
  });
  early.nudge();
  await minutes(1);
  expect(told).toBe(0);
  early.start();
  expect(told).toBe(1);
  early.close();
});

describe('an exam that waits', () => {
  test.each([
    ['stat', 0, 15, 'red'],
    ['urgent', 1, 60, 'red'],
    ['routine', 2, 240, 'amber'],
  ] as const)('%s: is an alert after its time and not before', async (priority, place, limit, level) => {
    waiting = { [place]: [clock.now()] };
    await minutes(limit - 1);
    expect(stand()).toEqual([]);
    await minutes(1.1);
    expect(stand()).toEqual([`waiting:archive:${priority} ${level} 1`]);
    waiting = {};
    await minutes(0.1);
    expect(stand()).toEqual([]);
  });

  test('when there is time: is none', async () => {
    waiting = { 3: [clock.now()] };
    await minutes(300);
    expect(stand()).toEqual([]);
  });

  test('for the hours that a person set, is one only when it stays after they began', async () => {
    is({ keepsToHours: ['routine', 'backlog'], opensAt: '2026-11-23T19:00:00.000Z' });
    waiting = { 2: [clock.now()] };
    await minutes(660);
    expect(stand()).toEqual([]);
    is({ keepsToHours: ['routine', 'backlog'] });
    await minutes(230);
    expect(stand()).toEqual([]);
    await minutes(15);
    expect(stand()).toEqual(['waiting:archive:routine amber 1']);
  });
});

describe('an acknowledgement', () => {
  beforeEach(async () => {
    waiting = { 0: [clock.now()] };
    await minutes(16);
  });
  const by = () => alerts.current().map(({ acknowledged }) => acknowledged?.by ?? null);

  test('has a name and a time, is in the trail, and the alert stays', async () => {
    alerts.acknowledge('waiting:archive:stat', 'Anna Weber');
    expect(alerts.current()).toMatchObject([{ acknowledged: { by: 'Anna Weber', at: clock.now() }, count: 1 }]);
    const entry = book.sql<{ action: string; by: string }>('SELECT action, by FROM audit_entry').get();
    expect(entry).toEqual({ action: 'alert-acknowledged', by: 'Anna Weber' });
    await minutes(5);
    expect(by()).toEqual(['Anna Weber']);
  });

  test('ends when it gets worse: longer, or more', async () => {
    alerts.acknowledge('waiting:archive:stat', 'Anna Weber');
    await minutes(15);
    expect(by()).toEqual([null]);
    alerts.acknowledge('waiting:archive:stat', 'Bo Lund');
    waiting = { 0: [...(waiting[0] ?? []), '2026-11-23T08:10:00.000Z'] };
    await minutes(0.1);
    expect(by()).toEqual([null]);
  });

  test('does not count for the next time', async () => {
    alerts.acknowledge('waiting:archive:stat', 'Anna Weber');
    const before = waiting;
    waiting = {};
    await minutes(0.1);
    expect(alerts.current()).toEqual([]);
    waiting = before;
    await minutes(0.1);
    expect(by()).toEqual([null]);
  });

  test('outlives a restart, and so does when it began', async () => {
    alerts.acknowledge('waiting:archive:stat', 'Anna Weber');
    const before = alerts.current();
    alerts.close();
    alerts = open();
    alerts.start();
    expect(alerts.current()).toEqual(before);
  });

  test('of what does not stand is refused', () => {
    expect(() => alerts.acknowledge('blocked:archive', 'Anna Weber')).toThrow(
      expect.objectContaining({ code: 'not-found' }),
    );
  });
});

test('a destination that turns the station away, and objects it does not take, are alerts', async () => {
  is({ state: 'refusing', blocked: 3, lastAnswer: { key: 'called-ae-unknown', params: { called: 'ARCHIVE' } } });
  alerts.nudge();
  await clock.advance(400);
  expect(stand()).toEqual(['refusing:archive red 0', 'blocked:archive red 3']);
  alerts.acknowledge('blocked:archive', 'Anna Weber');
  is({ blocked: 4 });
  await minutes(0.1);
  expect(alerts.current()).toMatchObject([{ id: 'blocked:archive', acknowledged: null }]);
});

test('a certificate is one alert while its days run down, and calls again at each stage', async () => {
  const expires = (days: number) => {
    const params = { whose: 'own', subject: 'CN=Safelight', days };
    now = { ...now, problems: [{ code: 'certificate-expires', params, since: '2026-11-01T00:00:00.000Z' }] };
  };
  expires(29);
  await minutes(0.1);
  const [first] = alerts.current();
  expect(first).toMatchObject({ level: 'amber', since: '2026-11-01T00:00:00.000Z' });
  alerts.acknowledge(first?.id ?? '', 'Anna Weber');
  expires(8);
  await minutes(0.1);
  expect(alerts.current()).toMatchObject([{ id: first?.id, acknowledged: { by: 'Anna Weber' } }]);
  expires(7);
  await minutes(0.1);
  expect(alerts.current()).toMatchObject([{ id: first?.id, level: 'red', acknowledged: null }]);
});

test('nobody is told while nothing changes', async () => {
  is({ blocked: 1 });
  await minutes(0.1);
  const before = told;
  await minutes(5);
  expect(told).toBe(before);
});
