// Devices: who is remembered when it was turned away, what a decision makes of the settings, what follows from it.
import { describe, expect, it } from 'vitest';
import { settingsShape } from '#contract/shapes/settings.ts';
import { deviceAt, withDevice, withDeviceChanged, withoutDevice } from '#station/flow/device-decisions.ts';
import { openDevices } from '#station/flow/devices.ts';
import { NewDevices } from '#station/flow/new-devices.ts';
import { QuietWatch } from '#station/flow/quiet-watch.ts';
import { silentLog } from '#station/kit/log.ts';
import { openBook } from '#station/records/index.ts';
import { arrival, openTestCatalog } from '../3-catalog/arriving.ts';

const nothing = settingsShape.parse({});
const at = (address: string, aeTitle = 'US1') => ({ aeTitle, address });

describe('a device that was turned away', () => {
  const open = (book = openBook(':memory:')) => {
    const { clock, pass } = openTestCatalog();
    return { book, pass, devices: new NewDevices(clock, book) };
  };

  it('is still there after a restart, with when it first called and how often', () => {
    const first = open();
    first.devices.seen(at('10.0.0.7'));
    first.pass(1000);
    first.devices.seen({ ...at('10.0.0.7'), certificate: { sha256: 'ab', subject: 'CN=US1' } });
    first.devices.keptOut('old', 3);
    first.devices.close();
    const again = open(first.book).devices;
    expect(again.list()).toMatchObject([
      { aeTitle: 'US1', times: 2, certificateSha256: 'ab', certificateSubject: 'CN=US1' },
    ]);
    expect(again.list()[0]?.firstSeenAt).not.toBe(again.list()[0]?.lastSeenAt);
    expect(again.timesKeptOut('old')).toMatchObject({ times: 3 });
  });

  it('that somebody has decided about is forgotten, after a restart too', () => {
    const first = open();
    first.devices.seen(at('10.0.0.7'));
    expect(first.devices.forget('US1', '10.0.0.7')).toMatchObject({ times: 1 });
    expect(open(first.book).devices.list()).toEqual([]);
  });

  it('is not pushed out by one that calls under ten thousand names', () => {
    const { devices, book } = open();
    for (let n = 1; n <= 20; n++) devices.seen(at(`10.0.0.${n}`));
    for (let n = 1; n <= 10_000; n++) devices.seen(at('10.9.9.9', `NOISE${n}`));
    devices.close();
    expect(devices.list().length).toBeLessThanOrEqual(30);
    for (let n = 1; n <= 20; n++) expect(devices.find('US1', `10.0.0.${n}`)).toBeDefined();
    expect(book.sql<{ n: number }>('SELECT count(*) AS n FROM new_device').get()?.n).toBe(devices.list().length);
  });

  it('is one of a hundred at most, however many addresses call', () => {
    const { devices } = open();
    for (let n = 1; n <= 400; n++) devices.seen(at(`10.0.${n >> 8}.${n & 255}`));
    expect(devices.list()).toHaveLength(100);
  });
});

describe('a decision', () => {
  it('keeps what else is set for the device, and takes the place of an earlier one', () => {
    const blocked = withDevice(nothing, { ...at('10.0.0.7'), decision: 'block' });
    const set = withDeviceChanged(blocked, 'us1', { modality: 'US', department: 'Ultrasound', quietTimeSeconds: 30 });
    const allowed = withDevice(set, { ...at('10.0.0.7'), decision: 'allow', certificateSha256: 'a'.repeat(64) });
    expect(settingsShape.parse(allowed).devices).toEqual([
      {
        ...{ id: 'us1', name: 'US1', aeTitle: 'US1', host: '10.0.0.7', decision: 'allow', modality: 'US' },
        ...{ department: 'Ultrasound', quietTimeSeconds: 30, certificateSha256: 'a'.repeat(64) },
      },
    ]);
    expect(withDeviceChanged(allowed, 'us1', { modality: null }).devices[0]).not.toHaveProperty('modality');
    expect(withoutDevice(allowed, 'us1').devices).toEqual([]);
    expect(() => withoutDevice(nothing, 'us1')).toThrow('not-found');
  });

  it('about one address goes before one about any', () => {
    const any = withDevice(nothing, { ...at(''), decision: 'allow' });
    const both = withDevice(any, { ...at('10.0.0.7'), decision: 'block' });
    expect(deviceAt(both, 'US1', '10.0.0.7')?.decision).toBe('block');
    expect(deviceAt(both, 'US1', '10.0.0.8')?.decision).toBe('allow');
    expect(deviceAt(both, 'US2', '10.0.0.8')).toBeUndefined();
  });
});

describe('what is set for a device', () => {
  const open = () => {
    let settings = settingsShape.parse({
      station: { quietTimeSeconds: 10 },
      devices: [
        { id: 'us', name: 'US', aeTitle: 'US_ROOM2', modality: 'US', priority: 'urgent', quietTimeSeconds: 60 },
        { id: 'ct', name: 'CT', aeTitle: 'CT1', priority: 'backlog' },
      ],
    });
    const trail: string[] = [];
    const room = openTestCatalog();
    const newDevices = new NewDevices(room.clock, room.book);
    const devices = openDevices({
      ...{ settings: () => settings, newDevices, catalog: () => room.catalog, by: () => 'Ada' },
      save: async (change) => void (settings = settingsShape.parse(change(settings))),
      audit: () => ({ append: ({ action }) => void trail.push(action) }),
      onChanged: () => undefined,
    });
    return { ...room, devices, newDevices, trail };
  };
  const from = (label: string) => ({ kind: 'dicom', label, address: '127.0.0.1' }) as const;

  it('counts before what is set for the station', () => {
    const { devices } = open();
    expect(devices.quietTimeMs(from('US_ROOM2'))).toBe(60_000);
    expect(devices.quietTimeMs(from('CT1'))).toBe(10_000);
    expect(devices.quietTimeMs({ kind: 'file', label: 'US_ROOM2', address: null })).toBe(10_000);
  });

  it('decides how soon an exam leaves: the most urgent of its devices', () => {
    const { devices, catalog, book } = open();
    const send = (label: string, study: string) =>
      book.transaction(() => catalog.record(arrival({ source: from(label), header: { StudyInstanceUID: study } })))
        .examId;
    const late = send('CT1', '2.25.1');
    expect(devices.priorityOf(late)).toBe(3);
    send('US_ROOM2', '2.25.1');
    expect(devices.priorityOf(late)).toBe(1);
    expect(devices.priorityOf(send('MR1', '2.25.2'))).toBe(2);
  });

  it('is listed with what it did, beside devices that are not listed; decisions are in the trail', async () => {
    const { devices, newDevices, catalog, book, trail } = open();
    book.transaction(() => catalog.record(arrival()));
    book.transaction(() => catalog.record(arrival({ source: from('MR1') })));
    devices.keptOut('CT1', '10.0.0.3');
    newDevices.seen(at('10.0.0.7'));
    await devices.decide({ ...at('10.0.0.7'), decision: 'ignore' });
    expect(devices.list().devices).toMatchObject([
      { id: 'us', received: 1, turnedAway: 0 },
      { id: 'ct', received: 0, turnedAway: 1 },
      { id: 'us1', decision: 'ignore', turnedAway: 1 },
      { id: null, aeTitle: 'MR1', received: 1 },
    ]);
    expect(newDevices.list()).toEqual([]);
    await devices.change('us', { department: 'Ultrasound' });
    expect(devices.departmentOf('US_ROOM2', '127.0.0.1')).toBe('Ultrasound');
    await devices.change('us', { institution: 'Klinik', operator: 'Weber, Anna' });
    const defaults = { InstitutionName: 'Klinik', OperatorsName: 'Weber^Anna' };
    expect(devices.defaultsOf('US_ROOM2', '127.0.0.1')).toEqual(defaults);
    await devices.remove('us1');
    expect(trail).toEqual(['device-decided', 'device-changed', 'device-changed', 'device-changed']);
  });
});

it('a short quiet time is not made to wait for a long one that began before it', () => {
  const { book, clock } = openTestCatalog();
  const waits: number[] = [];
  let next = '2026-03-01T08:01:00.000Z';
  const catalog = { nextQuietAt: () => next, markQuiet: () => [] } as unknown as ReturnType<
    typeof openTestCatalog
  >['catalog'];
  const timed = { ...clock, after: (ms: number) => (waits.push(ms), () => undefined) };
  const watch = new QuietWatch({ catalog, book, clock: timed, log: silentLog, onQuiet: () => undefined });
  next = '2026-03-01T08:00:10.000Z';
  watch.look();
  next = '2026-03-01T08:00:30.000Z';
  watch.look();
  watch.close();
  expect(waits).toEqual([60_005, 10_005]);
});
