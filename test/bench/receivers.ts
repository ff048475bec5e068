// Everybody who is asked to receive in the benchmarks, each started as its users start it, on a fresh folder of the same
// volume. DCMTK and Orthanc get TCP_NODELAY=1 unless they are to run as shipped.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ended, freePort, removeFolder, startStation, temporaryFolder, untilEchoed } from './processes.ts';

export type Receiver = { readonly port: number; readonly pid: number; close(): Promise<void> };
export type ReceiverName = 'Safelight' | 'storescp' | 'storescp +B' | 'Orthanc' | 'raw limit';

const quiet = { station: { quietTimeSeconds: 0, dicomHost: '127.0.0.1' } };

const environment = (nagle: boolean) => ({ ...process.env, ...(nagle ? {} : { TCP_NODELAY: '1' }) });

async function storescp(words: readonly string[], nagle: boolean): Promise<Receiver> {
  const folder = await temporaryFolder();
  const port = await freePort();
  const command = [...words, '+xa', '--promiscuous', '-od', folder, String(port)];
  return started(spawn('storescp', command, { env: environment(nagle), stdio: 'ignore' }), port, folder);
}

/** Its own defaults; only the ports and the folder are ours. */
async function orthanc(nagle: boolean): Promise<Receiver> {
  const folder = await temporaryFolder();
  const [port, httpPort] = [await freePort(), await freePort()];
  const configuration = { DicomPort: port, HttpPort: httpPort, StorageDirectory: folder, IndexDirectory: folder };
  const file = path.join(folder, 'orthanc.json');
  await writeFile(file, JSON.stringify(configuration));
  return started(spawn('/usr/sbin/Orthanc', [file], { env: environment(nagle), stdio: 'ignore' }), port, folder);
}

async function rawLimit(): Promise<Receiver> {
  const folder = await temporaryFolder();
  const main = path.resolve(import.meta.dirname, 'raw-limit.ts');
  const child = spawn(process.execPath, [main, folder], {
    env: { ...process.env, UV_THREADPOOL_SIZE: '16' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(Number(line.toString())));
    child.once('exit', (code) => reject(new Error(`the raw limit ended with ${code}`)));
  });
  return closing(child, port, folder);
}

async function started(child: ChildProcess, port: number, folder: string): Promise<Receiver> {
  await untilEchoed(port);
  return closing(child, port, folder);
}

function closing(child: ChildProcess, port: number, folder: string): Receiver {
  const close = async () => {
    child.kill('SIGKILL');
    await ended(child);
    await removeFolder(folder);
  };
  return { port, pid: child.pid ?? 0, close };
}

/** The caller closes it. */
export async function startReceiver(name: ReceiverName, nagle = false): Promise<Receiver> {
  if (name === 'storescp') return storescp([], nagle);
  if (name === 'storescp +B') return storescp(['+B'], nagle);
  if (name === 'Orthanc') return orthanc(nagle);
  if (name === 'raw limit') return rawLimit();
  const station = await startStation(quiet);
  return { port: station.dicomPort, pid: station.pid, close: () => station.close() };
}

/** User and system CPU seconds so far and peak resident memory of a running process. */
export function expenseOf(pid: number): { userSeconds: number; systemSeconds: number; peakMiB: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return {
    userSeconds: Number(fields[11]) / 100,
    systemSeconds: Number(fields[12]) / 100,
    peakMiB: Number(peak?.[1] ?? 0) / 1024,
  };
}
