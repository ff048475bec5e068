// A disk that fails is not a damaged file, and people are told other things of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openBook } from '#station/records/index.ts';
import { canBeRead } from '#station/records/can-be-read.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(async () => {
  folder = await temporaryFolder('can-be-read');
});
afterEach(() => folder.close());

it('a file whose bytes the system refuses cannot be read; one that is damaged or not there can', () => {
  const damaged = path.join(folder.path, 'catalog.db');
  writeFileSync(damaged, Buffer.alloc(3 * 2 ** 20, 'no book'));
  expect(canBeRead(damaged, `${damaged}-wal`)).toBe(true);
  // A folder opens, and refuses to be read.
  mkdirSync(`${damaged}-wal`);
  expect(canBeRead(damaged, `${damaged}-wal`)).toBe(false);
});

it('a damaged book is told as damaged', () => {
  const damaged = path.join(folder.path, 'catalog.db');
  writeFileSync(damaged, Buffer.alloc(3 * 2 ** 20, 'no book'));
  expect(() => openBook(damaged)).toThrow('book-damaged');
});
