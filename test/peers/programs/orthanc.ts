// Orthanc as archive or cache: a real one, on free ports, with its storage in a temporary folder.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { freePort, listening } from './ports.ts';
import { isInstalled, keepRunning, type Running } from './run.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const orthancProgram = process.env['ORTHANC'] ?? '/usr/sbin/Orthanc';

export const orthancIsInstalled = (): boolean => isInstalled(orthancProgram);

export type OrthancModality = { readonly aeTitle: string; readonly host?: string; readonly port: number };

export type OrthancOptions = {
  /** AE title. Default ORTHANC. */
  readonly aet?: string;
  /** Peers that it knows by name; commitment reports go to the one whose AE title asked. */
  readonly modalities?: readonly OrthancModality[];
  /** Refuses another called AE title. Default false. */
  readonly checkCalledAet?: boolean;
  /** Keeps port numbers over a restart. */
  readonly dicomPort?: number;
  readonly httpPort?: number;
  /** Keeps what it holds over a restart; the caller removes the folder. */
  readonly folder?: string;
  /** Other keys of its configuration. */
  readonly configuration?: Readonly<Record<string, unknown>>;
};

export type Orthanc = {
  readonly aet: string;
  readonly dicomPort: number;
  readonly httpPort: number;
  readonly folder: string;
  readonly pid: number;
  /** Asks its REST interface: `get('/instances')`. Throws unless it answers 200. */
  get(route: string): Promise<unknown>;
  /** The bytes of one instance as it keeps it, by its own id. */
  file(instanceId: string): Promise<Buffer>;
  /** The bytes of its first picture. */
  frame(instanceId: string): Promise<Buffer>;
  output(): string;
  /** Ends it; at once unless its folder is to stay. `SIGKILL` plays a crash. */
  close(signal?: NodeJS.Signals): Promise<void>;
};

/** Starts Orthanc and resolves when both of its ports answer. */
export async function startOrthanc(options: OrthancOptions = {}): Promise<Orthanc> {
  const own = options.folder === undefined ? await temporaryFolder('orthanc') : undefined;
  const folder = options.folder ?? own?.path ?? '';
  const aet = options.aet ?? 'ORTHANC';
  const dicomPort = options.dicomPort ?? (await freePort());
  const httpPort = options.httpPort ?? (await freePort());
  await mkdir(path.join(folder, 'storage'), { recursive: true });
  const settings = path.join(folder, 'orthanc.json');
  await writeFile(settings, JSON.stringify(configuration(options, { aet, dicomPort, httpPort, folder }), null, 2));
  const running = keepRunning(orthancProgram, ['--verbose', settings]);
  // Asked politely it takes over three seconds to end; what it holds in a temporary folder is not worth them.
  const close = async (signal: NodeJS.Signals = own === undefined ? 'SIGTERM' : 'SIGKILL') => {
    await running.close(signal);
    await own?.close();
  };
  await waitFor(running, [dicomPort, httpPort], close);
  const ask = (route: string) => askAgain(`http://127.0.0.1:${httpPort}${route}`);
  return {
    aet,
    dicomPort,
    httpPort,
    folder,
    pid: running.pid,
    get: async (route) => JSON.parse((await ask(route)).toString()) as unknown,
    file: (instanceId) => ask(`/instances/${instanceId}/file`),
    frame: (instanceId) => ask(`/instances/${instanceId}/frames/0/raw`),
    output: running.output,
    close,
  };
}

/** The bytes of an answer of 200. It ends connections that were idle for a second, also as they are used: then anew. */
async function askAgain(address: string): Promise<Buffer> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await fetch(address);
      if (answer.status === 200) return Buffer.from(await answer.arrayBuffer());
      await answer.body?.cancel();
      throw new Error(`${address}: ${answer.status}`);
    } catch (error) {
      // What `fetch` throws of a line that broke; an answer is the last word.
      if (!(error instanceof TypeError) || tries === 5) throw error;
    }
  }
}

function configuration(
  options: OrthancOptions,
  at: { readonly aet: string; readonly dicomPort: number; readonly httpPort: number; readonly folder: string },
) {
  const modalities = (options.modalities ?? []).map(
    (modality) => [modality.aeTitle, [modality.aeTitle, modality.host ?? '127.0.0.1', modality.port]] as const,
  );
  return {
    Name: at.aet,
    DicomAet: at.aet,
    DicomPort: at.dicomPort,
    HttpPort: at.httpPort,
    StorageDirectory: path.join(at.folder, 'storage'),
    IndexDirectory: path.join(at.folder, 'storage'),
    RemoteAccessAllowed: true,
    AuthenticationEnabled: false,
    SslEnabled: false,
    DicomServerEnabled: true,
    DicomCheckCalledAet: options.checkCalledAet ?? false,
    DicomAlwaysAllowEcho: true,
    DicomAlwaysAllowStore: true,
    DicomAlwaysAllowFind: true,
    DicomCheckModalityHost: false,
    UnknownSopClassAccepted: true,
    StableAge: 1,
    StorageCompression: false,
    OverwriteInstances: false,
    Plugins: [],
    DicomModalities: Object.fromEntries(modalities),
    ...options.configuration,
  };
}

async function waitFor(running: Running, ports: readonly number[], close: () => Promise<void>): Promise<void> {
  try {
    for (const port of ports) await listening(port, running.ended, 30_000);
  } catch (error) {
    const said = running.output();
    await close();
    throw new Error(said.slice(-4000), { cause: error });
  }
}
