// What lies in a drop: files, and the files of folders however deep. Walked without recursion; 20,000 at most.
import type { ChosenFile } from '#ui/state/index.ts';

const most = 20_000;

/** Reads a drop. Must be called while the drop event is being answered; later the browser has emptied it. */
export async function readDropped(transfer: DataTransfer): Promise<readonly ChosenFile[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const loose = [...transfer.files].map((file) => ({ file, name: file.name }));
  if (entries.length === 0 || window.safelight !== undefined) return loose;
  const found: ChosenFile[] = [];
  const left = [...entries];
  for (let entry = left.shift(); entry !== undefined && found.length < most; entry = left.shift()) {
    if (entry.isDirectory) left.push(...(await listFolder(entry as FileSystemDirectoryEntry)));
    else found.push({ file: await fileOf(entry as FileSystemFileEntry), name: entry.fullPath.replace(/^\//, '') });
  }
  return found;
}

async function listFolder(folder: FileSystemDirectoryEntry): Promise<readonly FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    all.push(...some);
  }
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));
