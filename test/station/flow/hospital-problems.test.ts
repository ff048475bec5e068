// A source of orders that is down is told of on every screen, and not for every blink.
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { settingsShape } from '#contract/shapes/settings.ts';
import type { OrderSource } from '#contract/shapes/worklists.ts';
import { hospitalProblems, silentForMs } from '#station/flow/hospital-problems.ts';
import { reasonsForAlerts } from '#station/flow/alert-reasons.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { openHl7, openOrders } from '#station/orders/index.ts';
import { openBook } from '#station/records/index.ts';

const failedAt = '2026-11-23T08:00:00.000Z';
const worklist: OrderSource = {
  ...{ id: 'ris', kind: 'worklist', name: 'RIS', answeredAt: null, failedAt, answer: null, asking: false, notes: [] },
};
const listening = { port: 2575, downSince: null };
const after = (ms: number) => Date.parse(failedAt) + ms;

const levels = (problems: ReturnType<typeof hospitalProblems>) =>
  reasonsForAlerts({
    ...{ destinations: [], problems, limits: settingsShape.parse({}).station.alerts, nowMs: after(0) },
    ...{ overdue: () => undefined, closedUntilMs: () => 0 },
  }).map(({ level, since }) => `${level} ${since}`);

describe('what is said of sources of orders', () => {
  it('nothing, while they answer', () => {
    expect(hospitalProblems([{ ...worklist, failedAt: null }], listening, after(silentForMs))).toEqual([]);
  });

  it('nothing of a worklist that has just fallen silent, and an amber alert when it stays so', () => {
    expect(hospitalProblems([worklist], listening, after(silentForMs - 1))).toEqual([]);
    const found = hospitalProblems([worklist], listening, after(silentForMs));
    expect(found).toEqual([{ code: 'worklist-silent', params: { worklist: 'RIS' }, since: failedAt }]);
    expect(levels(found)).toEqual([`amber ${failedAt}`]);
  });

  it('nothing of a feed that is quiet: it speaks when it has something to say', () => {
    expect(hospitalProblems([{ ...worklist, kind: 'hl7' }], listening, after(silentForMs))).toEqual([]);
  });

  it('a red alert when messages cannot come in', () => {
    const found = hospitalProblems([], { port: 2575, downSince: failedAt }, after(0));
    expect(found).toEqual([{ code: 'messages-listener-down', params: { port: 2575 }, since: failedAt }]);
    expect(levels(found)).toEqual([`red ${failedAt}`]);
  });
});

describe('the listener for messages', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it('knows since when another program holds its port', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    closing.push(() => new Promise((resolve) => other.close(resolve)));
    const place = other.address();
    const port = typeof place === 'object' && place ? place.port : 0;
    const book = openBook(':memory:');
    closing.push(() => book.close());
    const hl7 = openHl7({
      ...{ book, clock: systemClock, log: silentLog, orders: openOrders({ book, clock: systemClock }) },
      ...{ patientChanged: () => undefined, onChanged: () => undefined },
    });
    closing.push(() => hl7.close());
    const { hl7: setting } = settingsShape.parse({ hl7: { listen: { enabled: true, host: '127.0.0.1', port } } });
    expect(hl7.truth().downSince).toBeNull();
    await hl7.apply({ setting, secure: undefined });
    expect(hl7.truth()).toEqual({ port, downSince: expect.stringMatching(/^20/) as string });
    await hl7.apply({ setting: { ...setting, listen: { ...setting.listen, enabled: false } }, secure: undefined });
    expect(hl7.truth().downSince).toBeNull();
  });
});
