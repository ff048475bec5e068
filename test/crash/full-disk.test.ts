// R5: a disk that fills up while a device sends over the wire. It is told in time, nothing half is left, what was
// acknowledged is there, the reserve is untouched, decisions go on, and so does intake as soon as there is room.
// The disk is a small one that is mounted for the test, which needs root on Linux.
import { call } from '@orpc/server';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeElements } from '#station/dicom/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { silentLog, type Log } from '#station/kit/log.ts';
import { openStation, type Station } from '#station/station.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/temporary-folder.ts';
import { patient, sopClassUid } from '../station/dicom/objects.ts';

const megabyte = 2 ** 20;
const reserveBytes = 8 * megabyte;
const transferSyntaxUid = '1.2.840.10008.1.2.1';
const canMount = process.platform === 'linux' && process.getuid?.() === 0 && tryMount();
if (!canMount) console.warn('NOT VERIFIED: no small disk could be mounted, a full disk over the wire was not tried');

function tryMount(): boolean {
  const probe = path.join(process.env['TMPDIR'] ?? '/tmp', `safelight-probe-wire-${process.pid}`);
  mkdirSync(probe);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', probe], { stdio: 'ignore' });
    execFileSync('umount', [probe]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(probe, { recursive: true, force: true });
  }
}

let folder: TemporaryFolder;
let disk: string;
let station: Station | undefined;
/** What was logged as a fault of the station itself. */
const faults: string[] = [];
const log: Log = { ...silentLog, error: (event) => void faults.push(event) };
let number = 0;
beforeEach(async () => {
  folder = await temporaryFolder('wire');
  disk = path.join(folder.path, 'disk');
  mkdirSync(disk);
});
afterEach(async () => {
  await station?.close();
  faults.splice(0);
  execFileSync('umount', [disk]);
  await folder.close();
});

async function open(mount: string, space: object): Promise<Station> {
  execFileSync('mount', ['-t', 'tmpfs', '-o', mount, 'none', disk]);
  const settings = { station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, space } };
  station = await openStation({ home: path.join(disk, 'home'), settings, log });
  return station;
}

type Sent = { readonly statuses: number[]; readonly kept: Map<string, string> };

/** Sends objects of `sizeBytes` on one association until one is not taken; what was acknowledged, by digest. */
async function sendUntilRefused(to: Station, sizeBytes: number, most: number): Promise<Sent> {
  const opening = await openAssociation({
    host: '127.0.0.1',
    port: to.listening().dicomPort,
    callingAeTitle: 'CT',
    calledAeTitle: 'SAFELIGHT',
    contexts: [{ abstractSyntaxUid: sopClassUid, transferSyntaxUids: [transferSyntaxUid] }],
  });
  if (opening.kind !== 'accepted') throw new Error(opening.kind);
  const sent: Sent = { statuses: [], kept: new Map() };
  const elements = patient.filter((one) => !('keyword' in one) || one.keyword !== 'SOPInstanceUID');
  while (sent.statuses.length < most) {
    const sopInstanceUid = `2.25.7${++number}`;
    const bytes = encodeElements(
      [
        ...elements,
        { keyword: 'SOPInstanceUID', value: sopInstanceUid },
        { keyword: 'PixelData', vr: 'OB', value: randomBytes(sizeBytes) },
      ],
      { explicit: true, littleEndian: true, characterSet: [] },
    );
    const request = { sopClassUid, sopInstanceUid, transferSyntaxUid, lengthBytes: bytes.length, source: [bytes] };
    const outcome = await opening.association.store(request);
    if (outcome.kind !== 'answered') throw new Error(outcome.kind);
    sent.statuses.push(outcome.status);
    if (outcome.status !== 0) break;
    sent.kept.set(createHash('sha256').update(bytes).digest('hex'), sopInstanceUid);
  }
  await opening.association.release();
  return sent;
}

const filesBelow = (name: string) =>
  readdirSync(path.join(disk, 'home', name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

/** What of the acknowledged digests has no file whose last bytes are they. */
function missing(kept: ReadonlyMap<string, string>, lengthBytes: number): string[] {
  const found = new Set(
    filesBelow('objects').map((file) => {
      const bytes = readFileSync(file);
      return createHash('sha256')
        .update(bytes.subarray(bytes.length - lengthBytes))
        .digest('hex');
    }),
  );
  return [...kept.keys()].filter((digest) => !found.has(digest));
}

/** Milliseconds until an object is taken again; for ever, the test ends it. */
async function resumedAfter(to: Station, sizeBytes: number): Promise<number> {
  const startedAt = performance.now();
  for (;;) {
    const { statuses } = await sendUntilRefused(to, sizeBytes, 1);
    const tookMs = performance.now() - startedAt;
    if (statuses[0] === 0) return tookMs;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe.skipIf(!canMount)('R5: a disk that fills up', () => {
  it('ends in A700H before it is full, loses nothing, leaves the reserve, and goes on by itself', async () => {
    const to = await open('size=96m', { reserveBytes, redBytes: 20e6, redPercent: 0 });
    const { statuses, kept } = await sendUntilRefused(to, megabyte, 200);
    expect(statuses.at(-1)).toBe(0xa700);
    expect(kept.size).toBeGreaterThan(30);
    expect(faults).toEqual([]);
    expect(filesBelow('incoming')).toEqual([]);
    expect(filesBelow('objects')).toHaveLength(kept.size);
    const [anyFile] = filesBelow('objects');
    const lengthBytes = readFileSync(anyFile ?? '').length - headOf(anyFile ?? '');
    expect(missing(kept, lengthBytes)).toEqual([]);
    const { bavail, bsize } = statfsSync(disk);
    expect(bavail * bsize).toBeGreaterThanOrEqual(reserveBytes);

    // The rest of the station is alive: a correction is durable, and the status says why nothing is taken.
    const { exams } = await call(to.router.exams.list, { filter: 'all' });
    const correction = { attributes: { PatientID: 'P2' }, reason: 'CORRECT' } as const;
    await call(to.router.exams.correct, { id: exams[0]?.id ?? '', ...correction });
    execFileSync('fallocate', ['-l', String(bavail * bsize - 12 * megabyte), path.join(disk, 'somebody-else')]);
    await expect
      .poll(async () => (await call(to.router.station.status, undefined)).problems.map(({ code }) => code))
      .toContain('no-room');
    rmSync(path.join(disk, 'somebody-else'));

    execFileSync('mount', ['-o', 'remount,size=192m', disk]);
    const tookMs = await resumedAfter(to, megabyte);
    console.warn(
      `R5: ${kept.size} acknowledged, 0 missing, ${Math.round((bavail * bsize) / megabyte)} MB left, resumed after ${Math.round(tookMs)} ms`,
    );
  });

  it('ends in A700H when names run out, and leaves some for the rest of the station', async () => {
    const to = await open('size=64m,nr_inodes=400', {
      ...{ reserveBytes: megabyte, redBytes: 0, redPercent: 0, redInodePercent: 25 },
    });
    // The disk is looked at once a second: what the start made is seen by then.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const freeBefore = statfsSync(disk).ffree;
    const { statuses, kept } = await sendUntilRefused(to, 1000, 500);
    expect(statuses.at(-1)).toBe(0xa700);
    expect(filesBelow('incoming')).toEqual([]);
    expect(filesBelow('objects')).toHaveLength(kept.size);
    // What the station makes for itself meanwhile (journal, snapshots) is what they are left for.
    expect(freeBefore - kept.size).toBeGreaterThanOrEqual(98);
    execFileSync('mount', ['-o', 'remount,nr_inodes=900', disk]);
    console.warn(`names: resumed after ${Math.round(await resumedAfter(to, 1000))} ms`);
  });
});

/** Where the data set begins: preamble, prefix and a File Meta of the length that it says. */
function headOf(file: string): number {
  const bytes = readFileSync(file);
  return 144 + bytes.readUInt32LE(140);
}
