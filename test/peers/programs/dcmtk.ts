// DCMTK's tools as peers: senders, a receiver, a query server, and converters that make inputs.
//
// TCP_NODELAY=1 is set for all of them: as shipped they wait 40 ms an object on Nagle's algorithm.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { listening, freePort } from './ports.ts';
import { keepRunning, run, type Ran, type Running } from './run.ts';
import { temporaryFolder } from './temporary-folder.ts';

const env = { TCP_NODELAY: '1' };

export type ToPeer = {
  readonly port: number;
  /** Called AE title. */
  readonly called?: string;
  /** Calling AE title. */
  readonly calling?: string;
};

const titles = (to: ToPeer) => ['-aet', to.calling ?? 'DEVICE', '-aec', to.called ?? 'SAFELIGHT'];

/** C-ECHO. Code 0 when it was answered with success. */
export function runEchoscu(to: ToPeer, options: readonly string[] = []): Promise<Ran> {
  return run('echoscu', ['-to', '10', ...titles(to), ...options, '127.0.0.1', String(to.port)], { env });
}

/** C-STORE of files with DCMTK's storescu; `options` as on its command line (`-xe`, `--abort`, `+sd`…). */
export function runStorescu(to: ToPeer, files: readonly string[], options: readonly string[] = []): Promise<Ran> {
  return run('storescu', ['-to', '20', ...titles(to), ...options, '127.0.0.1', String(to.port), ...files], { env });
}

/** C-STORE of files with dcmsend, which proposes what each file is encoded in and sends it as it is. */
export function runDcmsend(to: ToPeer, files: readonly string[], options: readonly string[] = []): Promise<Ran> {
  return run('dcmsend', ['-to', '20', ...titles(to), ...options, '127.0.0.1', String(to.port), ...files], { env });
}

/** C-FIND with findscu; `keys` as `0010,0010=NAME`. */
export function runFindscu(to: ToPeer, keys: readonly string[], options: readonly string[] = ['-S']): Promise<Ran> {
  const asked = keys.flatMap((key) => ['-k', key]);
  return run('findscu', [...options, ...titles(to), ...asked, '127.0.0.1', String(to.port)], { env });
}

export type Peer = { readonly port: number; readonly folder: string; output(): string; close(): Promise<void> };

/**
 * Starts storescp on a free port. Bit preserving (`+B`) unless `options` says otherwise; accepts every transfer syntax
 * (`+xa`) and promiscuously every class. Files land in `folder`, which is removed with it.
 */
export async function startStorescp(
  options: readonly string[] = [],
  where: { readonly port?: number } = {},
): Promise<Peer> {
  const folder = await temporaryFolder('storescp');
  const port = where.port ?? (await freePort());
  const args = ['-v', '+B', '+xa', '--promiscuous', '-od', folder.path, ...options, String(port)];
  return whenListening(keepRunning('storescp', args, { env }), port, folder);
}

/** Starts dcmqrscp, a small archive that answers C-FIND, C-MOVE and C-STORE, as `aeTitle` on a free port. */
export async function startDcmqrscp(aeTitle = 'ARCHIVE'): Promise<Peer> {
  const folder = await temporaryFolder('dcmqrscp');
  const port = await freePort();
  const settings = path.join(folder.path, 'dcmqrscp.cfg');
  await writeFile(
    settings,
    [
      `NetworkTCPPort = ${port}`,
      'MaxPDUSize = 65536',
      'MaxAssociations = 16',
      'HostTable BEGIN',
      'HostTable END',
      'VendorTable BEGIN',
      'VendorTable END',
      'AETable BEGIN',
      `${aeTitle} ${folder.path} RW (200, 1024mb) ANY`,
      'AETable END',
      '',
    ].join('\n'),
  );
  return whenListening(keepRunning('dcmqrscp', ['-v', '-c', settings], { env }), port, folder);
}

async function whenListening(
  running: Running,
  port: number,
  folder: { readonly path: string; close(): Promise<void> },
): Promise<Peer> {
  const close = async () => {
    await running.close();
    await folder.close();
  };
  try {
    await listening(port, running.ended);
  } catch (error) {
    await close();
    throw new Error(running.output(), { cause: error });
  }
  return { port, folder: folder.path, output: running.output, close };
}

/** Runs one of DCMTK's converters (`dcmconv`, `dcmcjpeg`, `dcmcrle`, `dcmcjpls`…) and throws when it refuses. */
export async function convert(program: string, args: readonly string[]): Promise<void> {
  const ran = await run(program, args);
  if (ran.code !== 0) throw new Error(`${program} ${args.join(' ')}: ${ran.output}`);
}
