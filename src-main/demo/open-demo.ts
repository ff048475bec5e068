// The whole demo: two embedded receivers, a headless station that forwards to them, and two sample devices beside it.
//
// Everything is on 127.0.0.1 and below one folder. When openDemo returns, everything listens. close() ends all of it.
import path from 'node:path';
import { ClosingStack } from '#station/kit/closing.ts';
import { Problem } from '#station/kit/problem.ts';
import type { DemoControls, StationOptions } from '#station/station.ts';
import { runHeadless, type Ready, type RunningStation } from '../headless/run.ts';
import { Device } from './device.ts';
import { furnishDemo } from './furnish.ts';
import { writeDemoHistory } from './history.ts';
import { demoOrders, tellOrders } from './orders.ts';
import { Receiver, type ReceiverOptions } from './receiver.ts';

export type DemoOptions = Pick<StationOptions, 'log' | 'forward'> & {
  readonly home: string;
  readonly samplesFolder: string;
  readonly pagesFolder: string;
  readonly httpPort: number;
  readonly dicomPort: number;
  /** A new home gets figures of earlier weeks, a judged exam and an earlier one; without it it is empty but for orders. */
  readonly furnished?: boolean;
};

export type RunningDemo = {
  readonly ready: Ready;
  readonly controls: DemoControls;
  readonly receivers: readonly { readonly name: string; readonly aeTitle: string; readonly port: number }[];
  /** Resolves when all is there that the demo begins with. */
  readonly furnished: Promise<void>;
  close(): Promise<void>;
};

const receiverOptions: readonly ReceiverOptions[] = [
  { id: 'demo-archive', name: 'Demo archive', aeTitle: 'DEMOARCHIVE', kind: 'archive', proves: 'commitment' },
  { id: 'demo-cache', name: 'Demo cache', aeTitle: 'DEMOCACHE', kind: 'cache', proves: 'query' },
];

const deviceOptions = [
  { id: 'ultrasound', name: 'Ultrasound, room 2', aeTitle: 'US_ROOM2', samples: 'ultrasound-no-id' },
  { id: 'cr-reader', name: 'CR reader', aeTitle: 'CR_READER', samples: 'cr-typed-wrong' },
] as const;

export async function openDemo(options: DemoOptions): Promise<RunningDemo> {
  const opened = new ClosingStack();
  try {
    return await open(options, opened);
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function open(options: DemoOptions, opened: ClosingStack): Promise<RunningDemo> {
  const receivers: Receiver[] = [];
  for (const each of receiverOptions) {
    receivers.push(opened.add(await Receiver.open(each, path.join(options.home, 'demo'))));
  }
  const devices: Device[] = [];
  for (const { samples, ...each } of deviceOptions) {
    devices.push(await Device.open({ ...each, folder: path.join(options.samplesFolder, samples) }));
  }
  const controls: DemoControls = {
    read: () => ({
      receivers: receivers.map((receiver) => receiver.status()),
      devices: devices.map((device) => device.status()),
    }),
    send: (id) => find(devices, (device) => device.id === id, 'device').send(running.station.listening()),
    switchReceiver: (id, on) => find(receivers, ({ options: { id: own } }) => own === id, 'receiver').switchTo(on),
  };
  const { home, pagesFolder, httpPort, dicomPort, log, forward } = options;
  const isNew = options.furnished === true && (await writeDemoHistory(home, new Date()));
  const running = opened.add(
    await runHeadless({
      home,
      pagesFolder,
      httpPort,
      settings: settingsFor(receivers, dicomPort),
      demo: controls,
      ...(log ? { log } : {}),
      ...(forward ? { forward } : {}),
    }),
  );
  await tellOrders(await portForOrders(running.ready), demoOrders(new Date()));
  // Added last, closed first: nobody sends to a station that is closing.
  for (const device of devices) opened.add(device);
  const furnished = isNew ? furnish(running, options.samplesFolder, opened) : Promise.resolve();
  return {
    furnished,
    ready: running.ready,
    controls,
    receivers: receivers.map(({ options: { name, aeTitle }, port }) => ({ name, aeTitle, port })),
    close: () => opened.close(),
  };
}

/** Done by devices of its own, so that what a person lets a device send is not held up. */
async function furnish({ ready, station }: RunningStation, samples: string, opened: ClosingStack): Promise<void> {
  const ended = new AbortController();
  opened.add({ close: () => ended.abort() });
  const open = (id: string, name: string, aeTitle: string, folder: string) =>
    Device.open({ id, name, aeTitle, folder: path.join(samples, folder) }).then((device) => opened.add(device));
  const scanner = await open('scanner', 'MR scanner', 'MR_SCANNER', 'mr-series');
  const ultrasound = await open('ultrasound-before', 'Ultrasound, room 2', 'US_ROOM2', 'cine');
  await furnishDemo({ ...ready, to: station.listening(), scanner, ultrasound, signal: ended.signal });
}

/** Where the station hears its hospital: any free port. */
async function portForOrders({ url, token }: Ready): Promise<number> {
  const answer = await fetch(new URL('/api/hl7', url), { headers: { Authorization: `Bearer ${token}` } });
  const { port } = (await answer.json()) as { readonly port: number };
  return port;
}

function find<T>(all: readonly T[], isMeant: (item: T) => boolean, what: string): T {
  const found = all.find(isMeant);
  if (!found) throw new Problem('not-found', { what });
  return found;
}

/** Written at every start: the ports of the receivers are free ones, and differ each time. */
const settingsFor = (receivers: readonly Receiver[], dicomPort: number) => ({
  station: {
    name: 'Safelight demo',
    aeTitle: 'SAFELIGHT',
    dicomHost: '127.0.0.1',
    dicomPort,
    institution: 'Demo hospital',
    operator: 'Demo technologist',
    quietTimeSeconds: 4,
  },
  destinations: receivers.map(({ options: { id, name, kind, aeTitle, proves }, port }) => ({
    id,
    name,
    kind,
    aeTitle,
    host: '127.0.0.1',
    port,
    required: true,
    confirm: proves,
  })),
  hl7: {
    listen: { enabled: true, host: '127.0.0.1', port: 0 },
    feeds: [{ id: 'demo-hospital', name: 'Demo hospital', application: 'DEMORIS' }],
  },
});
