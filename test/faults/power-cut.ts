// The power is cut: station and device run inside a user-mode-linux guest, the home lies on an ext4 image, the console
// prints what was acknowledged, and kill -9 of the guest takes its page cache with it. What is on the image then is what a
// power cut leaves. The image is mounted here and judged, first as it is, then after the station has started on it.
//
// Debian's user-mode-linux boots a kernel as a process: no other privilege than mounting the image is needed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, truncate, writeFile, chmod } from 'node:fs/promises';
import path from 'node:path';
import { startStation } from '../crash/station-process.ts';
import type { SentObject } from '../crash/sender.ts';
import { findBreaches, inWords } from './invariants.ts';

const root = path.resolve(import.meta.dirname, '../..');
const guestKernel = '/usr/bin/linux.uml';
/** The real program, not the script that npm puts before it: the guest has no npm. */
const node = process.execPath;

/** Why no power can be cut here, or undefined. */
export function powerCutIsMissing(): string | undefined {
  if (process.platform !== 'linux') return 'user-mode-linux is a program of Linux';
  if (!existsSync(guestKernel)) return 'user-mode-linux is not installed';
  for (const [program, ...words] of [
    ['mkfs.ext4', '-V'],
    ['mount', '--version'],
  ] as const) {
    if (spawnSync(program, words).error) return `${program} is not installed`;
  }
  if (process.getuid?.() !== 0) return 'mounting an image by loop needs root';
  return existsSync('/dev/loop-control') ? undefined : 'there are no loop devices';
}

export type PowerCut = {
  readonly acknowledged: number;
  /** Of acknowledged objects and the book, before anything was started. */
  readonly breaches: readonly string[];
  /** After the station has started on the image and ended. */
  readonly breachesAfterStart: readonly string[];
  /** Milliseconds from the start on the image to listening. */
  readonly startMs: number;
};

/**
 * Boots a guest, cuts its power `afterMs` after the first acknowledgement, and looks at what is left.
 * @param folder where image and mount point go; the image is of 512 MB, most of it never written.
 */
export async function cutPower(folder: string, afterMs: number): Promise<PowerCut> {
  const image = path.join(folder, 'image');
  const mountPoint = path.join(folder, 'mounted');
  const init = path.join(folder, 'init.sh');
  await mkdir(mountPoint, { recursive: true });
  await writeFile(image, '');
  await truncate(image, 512 * 2 ** 20);
  run('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=1,lazy_journal_init=1', image);
  await writeFile(init, initScript(path.join(root, 'test/faults/power-cut-guest.ts')));
  await chmod(init, 0o755);

  const acknowledged = await runUntilCut(image, init, afterMs);

  run('mount', '-o', 'loop', image, mountPoint);
  try {
    const home = path.join(mountPoint, 'home');
    const breaches = inWords(await findBreaches({ home, acknowledged, ended: 'killed' }));
    const began = performance.now();
    const station = startStation(home);
    const ready = await station.ready;
    const startMs = performance.now() - began;
    const after: string[] = ready ? [] : [`it does not start: ${station.log()}`];
    if ((await station.end()) !== 0) after.push(`it does not end: ${station.log()}`);
    after.push(...inWords(await findBreaches({ home, acknowledged, ended: 'orderly' })));
    return { acknowledged: acknowledged.length, breaches, breachesAfterStart: after, startMs };
  } finally {
    run('umount', mountPoint);
  }
}

/** The first process of the guest: the root is this machine's, the home is on the image. */
const initScript = (program: string) => `#!/bin/sh
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/shm; mount -t tmpfs tmpfs /dev/shm; mount -t tmpfs tmpfs /run; ip link set lo up
mkdir -p /run/data; mount -t ext4 /dev/ubda /run/data || echo GUEST no image
cd ${root}
${passOn('SAFELIGHT_STATION')}exec '${node}' '${program}' /run/data/home 2>&1
`;

const passOn = (name: string) => (process.env[name] ? `export ${name}='${process.env[name]}'\n` : '');

/** Resolves when the guest is gone, with what it had told by then. */
function runUntilCut(image: string, init: string, afterMs: number): Promise<SentObject[]> {
  const guest = spawn(
    guestKernel,
    [
      ...['mem=700M', 'root=/dev/root', 'rootfstype=hostfs', 'rootflags=/', 'rw', `ubda=${image}`, `init=${init}`],
      ...['con=null', 'con0=fd:0,fd:1', 'quiet'],
    ],
    // Detached: a session and group of its own, so that all of the guest goes at once.
    {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
      env: { PATH: process.env['PATH'] ?? '', TERM: 'dumb', HOME: path.dirname(image) },
    },
  );
  return new Promise((resolve, reject) => {
    const acknowledged: SentObject[] = [];
    let said = '';
    let line = '';
    let cutting: NodeJS.Timeout | undefined;
    const cut = () => {
      try {
        process.kill(-(guest.pid ?? 0), 'SIGKILL');
      } catch {
        // it ended by itself
      }
    };
    const givingUp = setTimeout(cut, 90_000);
    guest.stdout.setEncoding('latin1').on('data', (text: string) => {
      said = (said + text).slice(-4_000);
      line += text;
      const lines = line.split(/\r?\n/);
      line = lines.pop() ?? '';
      for (const one of lines) {
        // A line that the cut has torn does not count: the sum at its end is missing.
        const [, uid, sha256] = /^ACK ([0-9.]+) ([0-9a-f]{64}) \.$/.exec(one) ?? [];
        if (uid === undefined || sha256 === undefined) continue;
        acknowledged.push({ SOPInstanceUID: uid, sha256 });
        cutting ??= setTimeout(cut, afterMs);
      }
    });
    guest.once('close', () => {
      clearTimeout(givingUp);
      clearTimeout(cutting);
      if (acknowledged.length > 0) resolve(acknowledged);
      else reject(new Error(`the guest acknowledged nothing:\n${said}`));
    });
    guest.once('error', reject);
  });
}

function run(program: string, ...words: string[]): void {
  const { status, stderr, error } = spawnSync(program, words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`);
}
