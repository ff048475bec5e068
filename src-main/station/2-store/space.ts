// Room on the volume: how much there is, what it is called, and who may still take some of it.
//
// Intake stops at the red level, so that what was accepted can be finished and catalog, trail and corrections stay
// alive; what is already running may go on down to the reserve and no further. The volume is measured once a second at
// most: what was promised and begun since is counted, so that an object costs no system call.
import { statfsSync } from 'node:fs';
import type { Clock } from '#station/kit/clock.ts';
import { Problem } from '#station/kit/problem.ts';

export type Volume = {
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** 0 of 0 where the file system has no such limit. */
  readonly freeInodes: number;
  readonly totalInodes: number;
};

export type SpaceLimits = {
  /** Never taken by an incoming object. */
  readonly reserveBytes: number;
  readonly redShare: number;
  readonly redBytes: number;
  readonly amberShare: number;
  readonly redInodeShare: number;
  /** Fewer hours than this at the rate of intake are amber. */
  readonly amberHours: number;
};

export const usualLimits: SpaceLimits = {
  reserveBytes: 256 * 2 ** 20,
  redShare: 0.05,
  redBytes: 5e9,
  amberShare: 0.15,
  redInodeShare: 0.02,
  amberHours: 24,
};

export type Space = {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly state: 'well' | 'amber' | 'red';
  /** Until intake stops, at the rate that was told last; null when nothing comes in. */
  readonly hoursLeft: number | null;
};

/** A volume too small for `redBytes` is red below a fifth of it, or nothing would ever be taken there. */
const smallVolumeShare = 0.2;
const measuredForMs = 1000;

export function measureVolume(folder: string): Volume {
  const found = statfsSync(folder);
  return {
    freeBytes: found.bavail * found.bsize,
    totalBytes: found.blocks * found.bsize,
    freeInodes: found.ffree,
    totalInodes: found.files,
  };
}

/** Below so many free bytes nothing new is taken in. */
export function redFloorBytes(totalBytes: number, limits: SpaceLimits): number {
  const red = Math.max(totalBytes * limits.redShare, limits.redBytes);
  return Math.max(limits.reserveBytes, Math.min(red, totalBytes * smallVolumeShare));
}

/** Hours until intake stops, at `bytesPerHour`; null when nothing comes in. */
export function hoursLeftOf(volume: Volume, limits: SpaceLimits, bytesPerHour: number): number | null {
  if (bytesPerHour <= 0) return null;
  return Math.max(0, volume.freeBytes - redFloorBytes(volume.totalBytes, limits)) / bytesPerHour;
}

export function levelOf(volume: Volume, limits: SpaceLimits, bytesPerHour = 0): Space['state'] {
  const inodesRed = volume.totalInodes > 0 && volume.freeInodes < volume.totalInodes * limits.redInodeShare;
  const red = redFloorBytes(volume.totalBytes, limits);
  if (inodesRed || volume.freeBytes < red) return 'red';
  const hoursLeft = hoursLeftOf(volume, limits, bytesPerHour);
  if (hoursLeft !== null && hoursLeft < limits.amberHours) return 'amber';
  return volume.freeBytes < Math.max(volume.totalBytes * limits.amberShare, red) ? 'amber' : 'well';
}

/** Keeps the account of what is promised to objects that are still coming in. */
export class SpaceWatch {
  readonly #measure: () => Volume;
  readonly #clock: Clock;
  #limits: SpaceLimits;
  #bytesPerHour = 0;
  #volume: Volume | undefined;
  #measuredAtMs = 0;
  #writtenSinceBytes = 0;
  #begunSince = 0;
  #promisedBytes = 0;
  #openPromises = 0;

  constructor(measure: () => Volume, limits: SpaceLimits, clock: Clock) {
    this.#measure = measure;
    this.#limits = limits;
    this.#clock = clock;
  }

  set limits(limits: SpaceLimits) {
    this.#limits = limits;
  }

  get limits(): SpaceLimits {
    return this.#limits;
  }

  /** What comes in, for the estimate of how long the room will last. */
  set bytesPerHour(bytesPerHour: number) {
    this.#bytesPerHour = bytesPerHour;
  }

  read(): Space {
    const volume = this.#now();
    return {
      freeBytes: volume.freeBytes,
      totalBytes: volume.totalBytes,
      state: levelOf(volume, this.#limits, this.#bytesPerHour),
      hoursLeft: hoursLeftOf(volume, this.#limits, this.#bytesPerHour),
    };
  }

  /** Promises `bytes` to a new object; the promise is given back with `release`. Throws 'no-room'. */
  promise(bytes: number): void {
    const volume = this.#now();
    const floor = redFloorBytes(volume.totalBytes, this.#limits);
    const left = volume.freeBytes - this.#promisedBytes - bytes;
    if (levelOf(volume, this.#limits) === 'red' || left < floor) throw noRoom(volume.freeBytes, bytes + floor);
    this.#promisedBytes += bytes;
    this.#begunSince++;
    this.#openPromises++;
  }

  release(bytes: number): void {
    this.#promisedBytes -= bytes;
    this.#openPromises--;
  }

  /** Counts what is about to be written. Throws 'no-room' when it would eat into the reserve. */
  spend(bytes: number): void {
    const free = this.#now().freeBytes;
    if (free - bytes < this.#limits.reserveBytes) throw noRoom(free, bytes + this.#limits.reserveBytes);
    this.#writtenSinceBytes += bytes;
  }

  #now(): Volume {
    const nowMs = this.#clock.monotonicMs();
    if (!this.#volume || nowMs - this.#measuredAtMs >= measuredForMs) {
      this.#volume = this.#measure();
      this.#measuredAtMs = nowMs;
      this.#writtenSinceBytes = 0;
      // Whether those under way had a name already when it was measured, nobody knows.
      this.#begunSince = this.#openPromises;
    }
    return {
      ...this.#volume,
      freeBytes: Math.max(0, this.#volume.freeBytes - this.#writtenSinceBytes),
      freeInodes: Math.max(0, this.#volume.freeInodes - this.#begunSince),
    };
  }
}

function noRoom(freeBytes: number, neededBytes: number): Problem {
  return new Problem('no-room', { freeBytes, neededBytes });
}
