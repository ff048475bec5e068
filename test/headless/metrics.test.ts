// What machines that watch are told: well-formed, bounded, nothing about patients, and nothing to strangers.
import { spawnSync } from 'node:child_process';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '#station/kit/log.ts';
import { writeOpenMetrics } from '../../src-main/headless/open-metrics.ts';
import { readMetricsToken } from '../../src-main/headless/metrics-token.ts';
import { runHeadless, type RunningStation } from '../../src-main/headless/run.ts';
import { freePort, runDcmsend, temporaryFolder, type TemporaryFolder } from '../peers/programs/index.ts';
import { readOpenMetrics, type ReadFamily } from './read-open-metrics.ts';

const root = path.resolve(import.meta.dirname, '../..');
const samples = path.join(root, 'resources/samples/ultrasound-no-id');

let folder: TemporaryFolder;
let running: RunningStation;
let token: string;

beforeAll(async () => {
  folder = await temporaryFolder('metrics');
  const metricsTokenFile = path.join(folder.path, 'metrics-token');
  const port = await freePort();
  running = await runHeadless({
    home: path.join(folder.path, 'home'),
    settings: {
      station: { dicomHost: '127.0.0.1', quietTimeSeconds: 0 },
      devices: [{ id: 'us2', name: 'Ultrasound', aeTitle: 'USROOM2' }],
      destinations: [
        {
          id: 'archive',
          name: 'Archive',
          kind: 'archive',
          aeTitle: 'ARCHIVE',
          host: '127.0.0.1',
          port,
          confirm: 'none',
        },
      ],
    },
    ...{ dicomPort: 0, httpPort: 0, pagesFolder: folder.path, log: silentLog, metricsTokenFile },
  });
  token = await readMetricsToken(metricsTokenFile);
  for (const calling of ['USROOM2', 'STRANGER']) {
    const to = { port: running.ready.dicomPort, called: 'SAFELIGHT', calling };
    await runDcmsend(to, [path.join(samples, 'IM0007.dcm'), path.join(samples, 'IM0011.dcm')]);
  }
});

afterAll(async () => {
  await running.close();
  await folder.close();
});

const ask = (route: string, headers: Readonly<Record<string, string>> = {}, method = 'GET') =>
  fetch(new URL(route, running.ready.url), { method, headers });
const scrape = async (): Promise<string> => (await ask('metrics', { authorization: `Bearer ${token}` })).text();
const valueOf = (families: readonly ReadFamily[], name: string, labels: Readonly<Record<string, string>> = {}) =>
  families
    .flatMap((family) => family.samples)
    .find((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value))
    ?.value;

describe('the figures', () => {
  test('are well-formed OpenMetrics, each with its type and what it means', async () => {
    const answer = await ask('metrics', { authorization: `Bearer ${token}` });
    expect(answer.headers.get('content-type')).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    const families = readOpenMetrics(await answer.text());
    expect(families.length).toBeGreaterThan(30);
    expect(families.filter(({ type, help }) => type === 'unknown' || help === '').map(({ name }) => name)).toEqual([]);
  });

  test('count what a listed device sent by its id, and all others together', async () => {
    // What comes again is counted a moment later than it is answered.
    const read = async () => {
      const families = readOpenMetrics(await scrape());
      return [
        valueOf(families, 'safelight_objects_received_total', { device: 'us2' }),
        valueOf(families, 'safelight_objects_resent_total', { device: 'unlisted' }),
        valueOf(families, 'safelight_objects_acknowledged_total'),
        valueOf(families, 'safelight_receive_commit_seconds_count'),
      ];
    };
    await expect.poll(read).toEqual([2, 2, 4, 2]);
  });

  test('say nothing of a patient, and name nobody who is not in the settings', async () => {
    const text = await scrape();
    expect(text).not.toMatch(/TEST|ROOM2\^|STRANGER|1\.2\.\d|2\.25\./);
    const labels = new Set(
      readOpenMetrics(text).flatMap((family) => family.samples.flatMap((one) => Object.keys(one.labels))),
    );
    expect([...labels].sort()).toEqual([
      ...['ae_title', 'code', 'destination', 'device', 'kind', 'le', 'level', 'node', 'outcome', 'quantile'],
      ...['safelight_destination_state', 'safelight_disk_state', 'state', 'version'],
    ]);
  });

  test('please promtool, where it is', async () => {
    const found = spawnSync('promtool', ['check', 'metrics'], { input: await scrape() });
    if (found.error) console.warn('NOT VERIFIED: promtool absent');
    else expect(String(found.stderr) + String(found.stdout)).not.toMatch(/error/i);
  });

  test('are all that the dashboard asks for', async () => {
    const dashboard = JSON.parse(await readFile(path.join(root, 'resources/grafana/safelight.json'), 'utf8')) as {
      panels: { targets: { expr: string }[] }[];
    };
    const asked = dashboard.panels.flatMap(({ targets }) =>
      targets.flatMap(({ expr }) => expr.match(/\b(?:safelight|process)_\w+(?=\{)/g) ?? []),
    );
    const families = readOpenMetrics(await scrape());
    const names = new Set(families.flatMap(({ samples: all }) => all.map(({ name }) => name)));
    // There only once it is known.
    for (const name of ['safelight_disk_left_seconds', 'safelight_problems', 'safelight_snapshot_timestamp_seconds'])
      names.add(name);
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => !names.has(name))).toEqual([]);
  });
});

describe('who may read them', () => {
  test.each([
    ['nobody in particular', {}],
    ['somebody with another token', { authorization: 'Bearer nonsense-nonsense-nonsense' }],
  ])('not %s', async (_who, headers) => {
    expect((await ask('metrics', headers)).status).toBe(401);
  });

  test('whoever may do everything', async () => {
    expect((await ask('metrics', { authorization: `Bearer ${running.ready.token}` })).status).toBe(200);
  });

  test('not a page of another site', async () => {
    const headers = { authorization: `Bearer ${token}`, origin: 'http://elsewhere.example' };
    expect((await ask('metrics', headers)).status).toBe(403);
  });

  test('its own token opens nothing else, and changes nothing', async () => {
    const headers = { authorization: `Bearer ${token}` };
    expect((await ask('api/health', headers)).status).toBe(401);
    expect((await ask('api/exams', headers)).status).toBe(401);
    expect((await ask('metrics', headers, 'POST')).status).toBe(405);
  });

  test('the token is made once, for its owner alone, and one that is too short is refused', async () => {
    const file = path.join(folder.path, 'another-token');
    const made = await readMetricsToken(file);
    expect(await readMetricsToken(file)).toBe(made);
    expect((await stat(file)).mode & 0o077).toBe(0);
    await writeFile(file, 'short\n');
    await expect(readMetricsToken(file)).rejects.toThrow('16 to 512');
  });
});

describe('the writer and its strict reader', () => {
  test('what stands in a label comes through as it is', () => {
    const odd = 'a "quoted" \\ back\nslash';
    const text = writeOpenMetrics([
      { name: 'odd', type: 'gauge', help: `Says ${odd}`, samples: [{ labels: { odd }, value: -0.5 }] },
      { name: 'nothing', type: 'gauge', help: 'Left out.', samples: [] },
    ]);
    expect(readOpenMetrics(text)).toMatchObject([{ help: `Says ${odd}`, samples: [{ labels: { odd }, value: -0.5 }] }]);
  });

  test.each([
    ['no end', '# TYPE a gauge\na 1\n'],
    ['a counter without _total', '# TYPE a counter\na 1\n# EOF\n'],
    ['a unit that the name does not end with', '# TYPE a gauge\n# UNIT a seconds\na 1\n# EOF\n'],
    ['the same twice', '# TYPE a gauge\na{b="1"} 1\na{b="1"} 2\n# EOF\n'],
    ['a family in two places', '# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\na{c="1"} 1\n# EOF\n'],
    ['a quote that is not escaped', '# TYPE a gauge\na{b="x"y"} 1\n# EOF\n'],
    ['an empty line', '# TYPE a gauge\n\na 1\n# EOF\n'],
    [
      'a bucket that falls',
      '# TYPE a histogram\na_bucket{le="1.0"} 2\na_bucket{le="+Inf"} 1\na_count 1\na_sum 1\n# EOF\n',
    ],
    ['a counter below 0', '# TYPE a counter\na_total -1\n# EOF\n'],
  ])('%s is seen', (_what, text) => {
    expect(() => readOpenMetrics(text)).toThrow();
  });
});
