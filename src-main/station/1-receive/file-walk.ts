// Walks the files and folders that a person chose, and finds what may be imported.
//
// Guarantees: no link below a chosen folder is followed, nothing but plain files is named, entries are counted and
// bounded, whatever the depth. What a computer leaves in folders for itself is passed over without a word.
import { lstat, opendir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { Problem } from '#station/kit/problem.ts';

/** A file or folder to import; `name` is what a person calls it, when its path is not what they know it by. */
export type ImportRoot = { readonly path: string; readonly name?: string };

export type Walked =
  | { readonly kind: 'file'; readonly path: string; readonly name: string }
  /** Cannot be read, or must not. */
  | { readonly kind: 'refused'; readonly name: string; readonly problem: Problem }
  | { readonly kind: 'skipped'; readonly name: string };

export const mostEntries = 200_000;

const systemNames =
  /^(?:\..*|thumbs\.db|ehthumbs\.db|desktop\.ini|autorun\.inf|__macosx|\$recycle\.bin|system volume information)$/i;

/** In the order of the folders; entries of one folder by name. */
export async function* walkFiles(roots: readonly ImportRoot[]): AsyncGenerator<Walked, void, void> {
  let entries = 0;
  const waiting: { path: string; name: string }[] = [];
  for (const root of roots) {
    const name = root.name ?? path.basename(root.path);
    const found = await resolveRoot(root.path, name);
    if (found instanceof Problem) {
      yield { kind: 'refused', name, problem: found };
      continue;
    }
    if (found.isFile) {
      yield { kind: 'file', path: found.path, name };
      continue;
    }
    waiting.push({ path: found.path, name });
    for (let folder = waiting.pop(); folder; folder = waiting.pop()) {
      const { files, folders, skipped, failed } = await readFolder(folder, mostEntries - entries);
      if (failed)
        yield { kind: 'refused', name: folder.name, problem: new Problem('path-refused', { name: folder.name }) };
      entries += files.length + folders.length + skipped.length;
      for (const one of skipped) yield { kind: 'skipped', name: one };
      for (const file of files) yield { kind: 'file', ...file };
      waiting.push(...folders.reverse());
      if (entries >= mostEntries) {
        yield { kind: 'refused', name, problem: new Problem('too-many-files', { limit: mostEntries }) };
        return;
      }
    }
  }
}

/** What a person named themselves may be a link; it is followed once, here. */
async function resolveRoot(root: string, name: string): Promise<{ path: string; isFile: boolean } | Problem> {
  if (!path.isAbsolute(root) || root.includes('\0')) return new Problem('path-refused', { name });
  try {
    const real = await realpath(root);
    const found = await lstat(real);
    if (found.isFile()) return { path: real, isFile: true };
    if (found.isDirectory()) return { path: real, isFile: false };
    return new Problem('path-refused', { name });
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return missing ? new Problem('not-found', { what: name }) : new Problem('path-refused', { name }, { cause: error });
  }
}

type Folder = { readonly path: string; readonly name: string };
type FolderContent = { files: Folder[]; folders: Folder[]; skipped: string[]; failed: boolean };

async function readFolder(folder: Folder, most: number): Promise<FolderContent> {
  const content: FolderContent = { files: [], folders: [], skipped: [], failed: false };
  try {
    let seen = 0;
    for await (const entry of await opendir(folder.path)) {
      if (seen++ >= most) break;
      if (systemNames.test(entry.name)) continue;
      const found = { path: path.join(folder.path, entry.name), name: `${folder.name}/${entry.name}` };
      if (entry.isFile()) content.files.push(found);
      else if (entry.isDirectory()) content.folders.push(found);
      else content.skipped.push(found.name);
    }
  } catch {
    content.failed = true;
  }
  const byName = (a: Folder, b: Folder) => (a.name < b.name ? -1 : 1);
  content.files.sort(byName);
  content.folders.sort(byName);
  return content;
}
