// Where recovery puts what it cannot place. Nothing is ever deleted or written over there: what has the name of another
// thing gets a name of its own.
import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { makeFolder, syncFolder } from '#station/kit/files.ts';

const folderName = 'lost+found';

/** Moves a file or folder of the home there and gives its new path; durable when it resolves. */
export async function moveToLostAndFound(home: string, file: string): Promise<string> {
  const folder = path.join(home, folderName);
  await makeFolder(folder);
  const name = path.basename(file);
  let to = path.join(folder, name);
  for (let number = 1; existsSync(to); number++) to = path.join(folder, `${name}.${number}`);
  await rename(file, to);
  await syncFolder(folder);
  await syncFolder(path.dirname(file));
  return to;
}
