// One suite of questions, asked over every way to the desk: the answers must be the same.
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';
import { runHeadless, type RunningStation } from '../../src-main/headless/run.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/index.ts';
import { transports, type Client } from './transports.ts';

const samples = path.resolve(import.meta.dirname, '../../resources/samples');

let folder: TemporaryFolder;
let running: RunningStation;

beforeAll(async () => {
  folder = await temporaryFolder('contract');
  running = await runHeadless({
    home: path.join(folder.path, 'home'),
    settings: { station: { dicomHost: '127.0.0.1', quietTimeSeconds: 0 } },
    dicomPort: 0,
    httpPort: 0,
    pagesFolder: folder.path,
    log: silentLog,
  });
});

afterAll(async () => {
  await running.close();
  await folder.close();
});

describe.each(Object.entries(transports))('over %s', (_name, open) => {
  let client: Client;
  beforeAll(async () => {
    client = await open(running);
  });
  afterAll(() => client.close());

  const value = async <T>(name: string, input?: unknown) => {
    const reply = await client.ask(name, input);
    if (reply.kind === 'problem') throw new Error(`${name}: ${reply.code} ${JSON.stringify(reply.params)}`);
    return reply.value as T;
  };

  test('the station says how it is', async () => {
    const status = await value<{ aeTitle: string; listener: { state: string } }>('station.status');
    expect(status).toMatchObject({ aeTitle: 'SAFELIGHT', listener: { state: 'listening' } });
  });

  test('the feed begins with the state of the station', async () => {
    expect(await client.watch(1)).toMatchObject([{ kind: 'hello', station: { aeTitle: 'SAFELIGHT' } }]);
  });

  test('an exam that is not here is answered with its code', async () => {
    const reply = await client.ask('exams.read', { id: newId() });
    expect(reply).toEqual({ kind: 'problem', code: 'not-found', params: { what: 'exam' } });
  });

  test('a wrong question names the field', async () => {
    const reply = await client.ask('exams.read', { id: '../../etc/passwd' });
    expect(reply).toMatchObject({ kind: 'problem', code: 'input-invalid', params: { field: 'id' } });
  });

  test('a setting that cannot be is refused and the former ones stay', async () => {
    const before = await value<{ settings: object }>('setup.read');
    const reply = await client.ask('setup.save', { station: { aeTitle: 'TOO LONG FOR AN AE TITLE' } });
    expect(reply).toMatchObject({ kind: 'problem', code: 'input-invalid', params: { field: 'station.aeTitle' } });
    expect(await value('setup.read')).toEqual(before);
  });

  test('a demo that is not there says so', async () => {
    expect(await client.ask('demo.read')).toMatchObject({ kind: 'problem', code: 'not-here' });
  });

  test('an imported exam is listed, corrected, and shows both values', async () => {
    const report = await value<{ state: string; refused: number }>('imports.begin', { paths: [samples], wait: true });
    expect(report).toMatchObject({ state: 'done' });
    const { exams } = await value<{ exams: { id: string }[] }>('exams.list', { filter: 'all' });
    expect(exams.length).toBeGreaterThan(2);
    const id = exams[0]?.id ?? '';
    const PatientName = `Contract^${_name.replaceAll(' ', '')}`;
    const exam = await value<{ corrected: object; received: object }>('exams.correct', {
      id,
      attributes: { PatientName },
      reason: 'CORRECT',
    });
    expect(exam.corrected).toMatchObject({ PatientName });
    expect(exam.received).not.toMatchObject({ PatientName });
  });

  test('a device is listed, set, and taken from the list again', async () => {
    const aeTitle = `US ${_name.replaceAll(' ', '').slice(0, 12)}`;
    await value('setup.decideDevice', { aeTitle, address: '10.0.0.7', decision: 'block' });
    type List = { devices: { id: string | null; aeTitle: string; decision: string }[]; remembered: object[] };
    const listed = (await value<List>('devices.list')).devices.find((device) => device.aeTitle === aeTitle);
    expect(listed).toMatchObject({ decision: 'block' });
    const id = listed?.id ?? '';
    const changed = await value<List>('devices.change', {
      id,
      change: { decision: 'allow', modality: 'US', host: null },
    });
    expect(changed.devices.find((device) => device.id === id)).toMatchObject({ decision: 'allow', address: null });
    const wrong = await client.ask('devices.change', { id, change: { quietTimeSeconds: -1 } });
    expect(wrong).toMatchObject({ kind: 'problem', code: 'input-invalid' });
    const removed = await value<List>('devices.remove', { id });
    expect(removed.devices.filter((device) => device.aeTitle === aeTitle)).toEqual([]);
    const gone = await client.ask('devices.remove', { id });
    expect(gone).toEqual({ kind: 'problem', code: 'not-found', params: { what: 'device' } });
    const forgotten = await client.ask('devices.forgetDecision', { id: newId() });
    expect(forgotten).toEqual({ kind: 'problem', code: 'not-found', params: { what: 'decision' } });
  });

  test('settings changed by two people in the same moment all count; devices that are left out stay', async () => {
    const aeTitle = `TWO ${_name.replaceAll(' ', '').slice(0, 11)}`;
    await value('setup.decideDevice', { aeTitle, address: '10.0.0.8', decision: 'allow' });
    type Read = { settings: { station: { institution?: string }; devices: { id: string; aeTitle: string }[] } };
    const { settings } = await value<Read>('setup.read');
    const id = settings.devices.find((device) => device.aeTitle === aeTitle)?.id ?? '';
    const { devices: _devices, ...others } = settings;
    await Promise.all([
      value('devices.change', { id, change: { modality: 'CR' } }),
      value('setup.save', { ...others, station: { ...others.station, institution: 'Two of us' } }),
      value('devices.change', { id, change: { department: 'Ultrasound' } }),
      value('setup.decideDevice', { aeTitle: `${aeTitle}B`, address: '10.0.0.9', decision: 'block' }),
    ]);
    const after = (await value<Read>('setup.read')).settings;
    expect(after.station).toMatchObject({ institution: 'Two of us' });
    expect(after.devices).toContainEqual(
      expect.objectContaining({ aeTitle, modality: 'CR', department: 'Ultrasound', decision: 'allow' }),
    );
    expect(after.devices).toContainEqual(expect.objectContaining({ aeTitle: `${aeTitle}B`, decision: 'block' }));
    const again = { ...others, station: { ...others.station, operator: 'Ada' }, seenSettings: settings };
    const both = (await value<Read>('setup.save', again)).settings;
    expect(both.station).toMatchObject({ institution: 'Two of us', operator: 'Ada' });
  });

  test('an exam is said to be complete, and late images are asked about', async () => {
    const { exams } = await value<{ exams: { id: string; state: string }[] }>('exams.list', { filter: 'all' });
    const id = exams[0]?.id ?? '';
    expect(await value('exams.complete', { id })).toMatchObject({ id, state: 'review' });
    const nothingLate = await value<{ corrections: object[] }>('exams.repeatDecision', { id });
    expect(nothingLate).toMatchObject({ id });
    const changed = await client.ask('exams.repeatDecision', { id, seenObjects: 9999 });
    expect(changed).toMatchObject({ kind: 'problem', code: 'changed-meanwhile' });
    expect(await value('exams.undoFollowing', { id })).toMatchObject({ id });
  });

  test('an alert that does not stand cannot be acknowledged, and what is not there is left', async () => {
    const gone = await client.ask('alerts.acknowledge', { id: 'blocked:archive', by: 'Anna' });
    expect(gone).toEqual({ kind: 'problem', code: 'not-found', params: { what: 'alert' } });
    expect(await value('deliveries.attempts', { id: newId() })).toEqual({ attempts: [], total: 0 });
    const many = { examIds: [newId(), newId()], action: 'hold' };
    expect(await value('outbox.changeMany', many)).toEqual({ changed: 0, unchanged: 2, deliveryIds: [] });
    const unsaid = await client.ask('outbox.changeMany', { examIds: [newId()], action: 'forget' });
    expect(unsaid).toMatchObject({ kind: 'problem', code: 'input-invalid' });
  });

  test('an approval without a destination is refused with what stands against it', async () => {
    const { exams } = await value<{ exams: { id: string }[] }>('exams.list', { filter: 'needs-you' });
    const reply = await client.ask('exams.approve', { id: exams[0]?.id });
    expect(reply.kind).toBe('problem');
  });
});
