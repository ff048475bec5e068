// The folders that files are placed in, one after the other, oldest first: what recovery compares with the book. Files
// are listed only when they are asked for, because a folder that did not change since it was compared needs no listing.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';

export type PlacedFolder = {
  /** Its name below objects/ or revisions/. */
  readonly folder: string;
  /** When its entries changed last, read before they are listed. */
  readonly changedAtMs: number;
  /** Names as the store gives them, `folder/file`. */
  files(): Promise<string[]>;
};

export async function* placedFolders(
  root: string,
  names: readonly string[],
  isPlaced: (file: string) => boolean,
): AsyncGenerator<PlacedFolder, void, void> {
  for (const folder of names) {
    const at = path.join(root, folder);
    yield {
      folder,
      changedAtMs: (await stat(at)).mtimeMs,
      files: async () => (await readdir(at)).map((name) => `${folder}/${name}`).filter((file) => isPlaced(file)),
    };
  }
}
