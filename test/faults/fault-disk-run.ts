// One life of a station's rooms on a disk that forgets: several associations store at once, the disk fails or the power
// goes at a chosen call, what is left is laid down, the rooms start again on a good disk, and the checker looks.
import { cpSync } from 'node:fs';
import path from 'node:path';
import { explicitLittleEndian } from '#station/dicom/index.ts';
import type { Disk } from '#station/2-store/index.ts';
import type { IncomingSink } from '#station/flow/when-object-arrives.ts';
import { systemClock } from '#station/kit/clock.ts';
import { newUid } from '#station/kit/ids.ts';
import { makeObject, secondaryCapture, type SentObject } from '../crash/sender.ts';
import { openRooms } from '../station/flow/open-rooms.ts';
import { openFaultDisk, type DiskFault, type FaultDisk } from './fault-disk.ts';
import { findBreaches, inWords } from './invariants.ts';
import { randomFrom } from './random.ts';

export type DiskLife = {
  readonly seed: number;
  readonly associations: number;
  readonly objectsEach: number;
  readonly faults: readonly DiskFault[];
  /** A call that the store only seems to make: to see that the checker finds out. */
  readonly skips?: 'fdatasync' | 'fsync';
};

export type DiskLifeEnd = {
  readonly breaches: readonly string[];
  readonly acknowledged: number;
  readonly refused: number;
  readonly calls: number;
};

const sizes = [100, 3_000, 65_000, 70_000, 200_000];
const roomy = () => ({ freeBytes: 500e9, totalBytes: 1000e9, freeInodes: 0, totalInodes: 0 });

/** A home with its book and folders, to be copied for each life: it takes longer than what is tried. */
export async function prepareHome(home: string): Promise<void> {
  const rooms = await openRooms(home, { measure: roomy });
  await rooms.close();
}

/** @param home a folder that is not there yet */
export async function liveOnFaultDisk(prepared: string, home: string, life: DiskLife): Promise<DiskLifeEnd> {
  cpSync(prepared, home, { recursive: true });
  const random = randomFrom(life.seed);
  const folders = ['incoming', 'objects', 'lost+found'].map((name) => path.join(home, name));
  const disk = openFaultDisk(folders, random, life.faults);
  let nowMs = 0;
  // A clock on which five seconds are over at each look: a disk that failed once is tried again at once.
  const clock = { ...systemClock, monotonicMs: () => (nowMs += 6_000) };
  const rooms = await openRooms(home, { measure: roomy, disk: skipping(disk, life.skips), clock });
  const acknowledged: SentObject[] = [];
  let refused = 0;
  const StudyInstanceUID = newUid();

  const sendOne = async (SeriesInstanceUID: string): Promise<void> => {
    const { object, bytes } = makeObject(StudyInstanceUID, SeriesInstanceUID, random.pick(sizes));
    let sink: IncomingSink | undefined;
    try {
      sink = rooms.arrivals.beginIncoming({
        sopClassUid: secondaryCapture,
        sopInstanceUid: object.SOPInstanceUID,
        transferSyntaxUid: explicitLittleEndian,
        association: { callingAeTitle: 'DEVICE', address: '127.0.0.1' },
      });
      for (let at = 0; at < bytes.length; at += 60_000) await sink.write([bytes.subarray(at, at + 60_000)]);
      const { status } = await sink.finish();
      // After the cut nobody hears an answer any more.
      if (status === 0 && !disk.isOff) acknowledged.push(object);
      else refused++;
    } catch {
      sink?.discard();
      refused++;
    }
  };
  const associate = async () => {
    const SeriesInstanceUID = newUid();
    for (let number = 0; number < life.objectsEach && !disk.isOff; number++) await sendOne(SeriesInstanceUID);
  };
  await Promise.all(Array.from({ length: life.associations }, associate));
  disk.cutPower();
  await rooms.close();
  disk.layDown();

  const again = await openRooms(home, { measure: roomy });
  const { missing } = again.started;
  await again.close();
  const breaches = inWords(await findBreaches({ home, acknowledged, ended: 'orderly' }));
  if (missing > 0) breaches.push(`I1: ${missing} rows without a file at the start`);
  return { breaches, acknowledged: acknowledged.length, refused, calls: disk.calls };
}

function skipping(disk: FaultDisk, skips: DiskLife['skips']): Disk {
  const calls: Disk = { ...disk };
  return skips === undefined ? calls : { ...calls, [skips]: () => Promise.resolve() };
}
