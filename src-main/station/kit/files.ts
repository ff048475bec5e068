// Files that survive a power cut. Every file of the house that must be whole is written through here.
//
// An atomic file is: a temporary file in the same folder, write, fsync, rename, fsync of the folder. When
// writeAtomically returns, the content is durable under its name; when it throws, the former content is untouched.
import { constants } from 'node:fs';
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { newId } from './ids.ts';

/** Makes the entries of a folder durable. Windows cannot open a folder for this; its rename is journalled. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and its missing parents, each of them durable in its own parent. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; ; made = path.dirname(made)) {
    await syncFolder(path.dirname(made));
    if (made === first || path.dirname(made) === made) return;
  }
}

export async function writeAtomically(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.${newId()}.part`;
  try {
    await writeSynced(temporary, content);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}

async function writeSynced(file: string, content: string | Uint8Array): Promise<void> {
  const handle: FileHandle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
