// The book cannot be written for a while: what runs by itself is tried again, and the station stays up.
import { expect, test } from 'vitest';
import { NewDevices } from '#station/flow/new-devices.ts';
import { openNoticesFlow } from '#station/flow/notices.ts';
import { QuietWatch } from '#station/flow/quiet-watch.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { Problem } from '#station/kit/problem.ts';
import { noticesSettingShape } from '#contract/shapes/notices.ts';
import { openBook } from '#station/records/index.ts';

/** Timers that the test rings. */
function heldClock() {
  const timers: (() => void)[] = [];
  const clock: Clock = { ...systemClock, after: (_, call) => (timers.push(call), () => undefined) };
  return { clock, timers, ring: () => timers.splice(0).forEach((call) => call()) };
}

function refusingBook() {
  const book = openBook(':memory:');
  const state = { refuses: true };
  const seen = new Proxy(book, {
    get: (whole, name) => {
      const found: unknown = Reflect.get(whole, name, whole);
      if (name === 'transaction' && state.refuses) {
        return () => {
          throw new Problem('no-room', { freeBytes: 0, neededBytes: 0 });
        };
      }
      return typeof found === 'function' ? (found.bind(whole) as unknown) : found;
    },
  });
  return { book: seen, state };
}

test('an exam that came to rest is told of when the book takes it again', () => {
  const { clock, timers, ring } = heldClock();
  const { book, state } = refusingBook();
  const told: string[] = [];
  const catalog = { nextQuietAt: () => clock.now(), markQuiet: () => ['exam'] } as unknown as ConstructorParameters<
    typeof QuietWatch
  >[0]['catalog'];
  const watch = new QuietWatch({ catalog, book, clock, log: silentLog, onQuiet: (ids) => void told.push(...ids) });
  ring();
  expect([told, timers.length]).toEqual([[], 1]);
  state.refuses = false;
  ring();
  expect(told).toEqual(['exam']);
  watch.close();
});

test('a device that was turned away is written down when the book takes it again', () => {
  const { clock, ring } = heldClock();
  const { book, state } = refusingBook();
  const devices = new NewDevices(clock, book);
  devices.keptOut('us');
  ring();
  state.refuses = false;
  ring();
  expect(book.sql('SELECT times FROM kept_out WHERE deviceId = ?').get('us')).toEqual({ times: 1 });
});

test('a notice that cannot be made ends nothing', async () => {
  const { clock } = heldClock();
  const { book } = refusingBook();
  const failed: string[] = [];
  const notices = openNoticesFlow({
    ...{ book, clock, log: { ...silentLog, error: (event) => void failed.push(event) } },
    settings: () =>
      ({ notices: noticesSettingShape.parse({ ian: { aeTitle: 'RIS', host: '127.0.0.1', port: 9 } }) }) as ReturnType<
        Parameters<typeof openNoticesFlow>[0]['settings']
      >,
    review: { orderThatCounts: () => undefined, decided: () => ({ objectCorrections: [] }) },
    onChanged: () => undefined,
  });
  notices.changed(['exam']);
  await expect.poll(() => failed).toEqual(['notices-not-made']);
  await notices.close();
});
