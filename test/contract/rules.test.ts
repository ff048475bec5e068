// Rules and examinations over every way to the desk: what is refused names its field, what is decided is told before.
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApprovalForecast } from '#contract/shapes/exam.ts';
import type { Profile } from '#contract/shapes/profile.ts';
import type { RoutePreview } from '#contract/shapes/routes.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import { silentLog } from '#station/kit/log.ts';
import { runHeadless, type RunningStation } from '../../src-main/headless/run.ts';
import { freePort, startStorescp, temporaryFolder, type Peer, type TemporaryFolder } from '../peers/programs/index.ts';
import { transports, type Client } from './transports.ts';

const samples = path.resolve(import.meta.dirname, '../../resources/samples');

let folder: TemporaryFolder;
let running: RunningStation;
let cache: Peer;

const destination = (id: string, port: number) => ({
  ...{
    id,
    name: id,
    kind: 'cache',
    aeTitle: id.toUpperCase(),
    host: '127.0.0.1',
    port,
    confirm: 'none',
    required: false,
  },
});

beforeAll(async () => {
  folder = await temporaryFolder('rules');
  cache = await startStorescp();
  running = await runHeadless({
    home: path.join(folder.path, 'home'),
    settings: {
      station: { dicomHost: '127.0.0.1', quietTimeSeconds: 0 },
      destinations: [destination('cache', cache.port), destination('other', await freePort())],
    },
    dicomPort: 0,
    httpPort: 0,
    pagesFolder: folder.path,
    log: silentLog,
  });
});

afterAll(async () => {
  await running.close();
  await cache.close();
  await folder.close();
});

describe.each(Object.entries(transports))('over %s', (_name, open) => {
  let client: Client;
  let settings: Settings;
  let examId: string;
  beforeAll(async () => {
    client = await open(running);
    await value('imports.begin', { paths: [path.join(samples, 'mr-series')], wait: true });
    examId = (await value<{ exams: { id: string }[] }>('exams.list', {})).exams[0]?.id ?? '';
    settings = (await value<{ settings: Settings }>('setup.read')).settings;
  });
  afterAll(async () => {
    await value('setup.save', { ...settings, routes: [] });
    await client.close();
  });

  const value = async <T>(name: string, input?: unknown) => {
    const reply = await client.ask(name, input);
    if (reply.kind === 'problem') throw new Error(`${name}: ${reply.code} ${JSON.stringify(reply.params)}`);
    return reply.value as T;
  };
  const rule = (name: string, conditions: object, id: string) => ({ name, conditions, destinations: [{ id }] });
  const save = (...routes: object[]) => client.ask('setup.save', { ...settings, routes });

  test('without rules an exam goes everywhere, and it is said why', async () => {
    const forecast = await value<ApprovalForecast>('exams.forecast', { id: examId });
    expect(forecast.destinations.map(({ id, required, because }) => [id, required, because.key])).toEqual([
      ['cache', false, 'no-rules'],
      ['other', false, 'no-rules'],
    ]);
  });

  test('rules that cannot be meant are refused at their field', async () => {
    for (const [field, routes] of [
      ['routes.0.destinations.0.id', [rule('a', {}, 'nowhere')]],
      ['routes.1.name', [rule('a', {}, 'cache'), rule('A', {}, 'cache')]],
      ['routes.0.conditions.time.until', [rule('a', { time: { from: '22:00', until: '22:00' } }, 'cache')]],
    ] as const) {
      const reply = await save(...routes);
      expect(reply).toMatchObject({ kind: 'problem', params: { field } });
      const preview = {
        routes,
        destinations: settings.destinations.map(({ id, name, required }) => ({ id, name, required })),
      };
      expect(await client.ask('setup.previewRoutes', preview)).toMatchObject({
        kind: 'problem',
        code: 'input-invalid',
      });
    }
  });

  test('rules are tried before they are saved', async () => {
    const destinations = settings.destinations.map(({ id, name, required }) => ({ id, name, required }));
    const routes = [rule('files to the cache', { sources: ['file'] }, 'cache')];
    const [exam] = await value<RoutePreview>('setup.previewRoutes', { routes, destinations });
    expect(exam?.ways.map(({ id, goes, because }) => [id, goes, because.key, because.rule])).toEqual([
      ['cache', true, 'rule', 'files to the cache'],
      ['other', false, 'no-rule', ''],
    ]);
    expect((await value<{ settings: Settings }>('setup.read')).settings.routes).toEqual([]);
  });

  test('an exam that no rule sends anywhere is not approved, and that is said before', async () => {
    expect((await save(rule('ultrasound', { modalities: ['US'] }, 'cache'))).kind).toBe('value');
    const forecast = await value<ApprovalForecast>('exams.forecast', { id: examId });
    expect(forecast.destinations).toEqual([]);
    expect(forecast.notTo.map(({ because }) => because.key)).toEqual(['not-matched', 'no-rule']);
    const undecided = forecast.objectsThatLeave > 0;
    expect(forecast.against.map(({ code }) => code)).toContain('no-route');
    if (undecided) expect((await client.ask('exams.approve', { id: examId })).kind).toBe('problem');
  });

  test('a destination is examined, and the report is kept', async () => {
    const [first] = settings.destinations;
    if (!first) throw new Error('no destination');
    const { id, aeTitle, host, port, confirm } = first;
    const profile = await value<Profile>('setup.examine', { destination: { id, aeTitle, host, port, confirm } });
    expect(profile.lines.map(({ key }) => key)).toEqual(
      expect.arrayContaining(['reached', 'accepted', 'echo', 'takes-all']),
    );
    expect(await value<Profile[]>('setup.profiles')).toEqual([profile]);
    const empty = await client.ask('setup.examine', { destination: { id, aeTitle: '', host, port, confirm } });
    expect(empty).toMatchObject({ kind: 'problem', code: 'input-invalid', params: { field: 'destination.aeTitle' } });
  });
});
