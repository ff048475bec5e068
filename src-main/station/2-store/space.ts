// Room on the volume: how much there is, what it is called, and who may still take some of it.
//
// Intake stops at the red level, so that what was accepted can be finished and catalog, trail and corrections stay
// alive; what is already running may go on down to the reserve and no further.
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
};

export const usualLimits: SpaceLimits = {
  reserveBytes: 256 * 2 ** 20,
  redShare: 0.05,
  redBytes: 5e9,
  amberShare: 0.15,
  redInodeShare: 0.02,
};

export type Space = {
  readonly freeBytes: number;
  readonly totalBytes: number;
  readonly state: 'well' | 'amber' | 'red';
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

export function levelOf(volume: Volume, limits: SpaceLimits): Space['state'] {
  const inodesRed = volume.totalInodes > 0 && volume.freeInodes < volume.totalInodes * limits.redInodeShare;
  const red = redFloorBytes(volume.totalBytes, limits);
  if (inodesRed || volume.freeBytes < red) return 'red';
  return volume.freeBytes < Math.max(volume.totalBytes * limits.amberShare, red) ? 'amber' : 'well';
}

/** Keeps the account of what is promised to objects that are still coming in. */
export class SpaceWatch {
  readonly #measure: () => Volume;
  readonly #limits: SpaceLimits;
  readonly #clock: Clock;
  #volume: Volume | undefined;
  #measuredAtMs = 0;
  #writtenSinceBytes = 0;
  #promisedBytes = 0;

  constructor(measure: () => Volume, limits: SpaceLimits, clock: Clock) {
    this.#measure = measure;
    this.#limits = limits;
    this.#clock = clock;
  }

  read(): Space {
    const volume = this.#now();
    return { freeBytes: volume.freeBytes, totalBytes: volume.totalBytes, state: levelOf(volume, this.#limits) };
  }

  /** Promises `bytes` to a new object; the promise is given back with `release`. Throws 'no-room'. */
  promise(bytes: number): void {
    const volume = this.#now();
    const floor = redFloorBytes(volume.totalBytes, this.#limits);
    const left = volume.freeBytes - this.#promisedBytes - bytes;
    if (levelOf(volume, this.#limits) === 'red' || left < floor) throw noRoom(volume.freeBytes, bytes + floor);
    this.#promisedBytes += bytes;
  }

  release(bytes: number): void {
    this.#promisedBytes -= bytes;
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
    }
    return { ...this.#volume, freeBytes: Math.max(0, this.#volume.freeBytes - this.#writtenSinceBytes) };
  }
}

function noRoom(freeBytes: number, neededBytes: number): Problem {
  return new Problem('no-room', { freeBytes, neededBytes });
}
