// Bytes become safe: written, synced, placed, verified, recovered after a crash; free space is watched.
export { lockHome, type HomeLock } from '#station/records/index.ts';
export { moveToLostAndFound } from './lost-and-found.ts';
export { realDisk, type Disk } from './disk.ts';
export type { IncomingFile, SealedFile } from './incoming-file.ts';
export type { Space, SpaceLimits, Volume } from './space.ts';
export { openStore, type Store, type StoreOptions } from './store.ts';
export { usualLimits } from './space.ts';
