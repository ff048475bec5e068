// What an embedded receiver keeps: received objects as files, found again by their UIDs, in bounded room.
//
// When `place` returns, the object is on the disk and counted. What is kept survives the demo's end when its folder
// does. The oldest go when there is no room; a demo is no archive.
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { buildFileMeta, openPart10, readHeader } from '#station/dicom/index.ts';
import type { ObjectSink, StoreStart } from '#station/dicom/network/index.ts';
import { newId } from '#station/kit/ids.ts';

export type KeptObject = {
  readonly file: string;
  readonly sizeBytes: number;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
};

const notUnderstood = 0xc000;

export class Shelf {
  readonly #folder: string;
  readonly #mostBytes: number;
  /** By SOP Instance UID, oldest first. */
  readonly #kept = new Map<string, KeptObject>();
  #sizeBytes = 0;

  constructor(folder: string, mostBytes: number) {
    this.#folder = folder;
    this.#mostBytes = mostBytes;
  }

  /** Makes the folder, or finds what is in it. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const name of (await readdir(this.#folder)).sort()) {
      const file = path.join(this.#folder, name);
      if (name.endsWith('.dcm')) await this.#take(file);
      else await rm(file, { force: true });
    }
  }

  get size(): number {
    return this.#kept.size;
  }

  has(sopInstanceUid: string): boolean {
    return this.#kept.has(sopInstanceUid);
  }

  /** All that is kept and agrees with each key that is not empty. */
  find(keys: Partial<Pick<KeptObject, 'StudyInstanceUID' | 'SeriesInstanceUID' | 'SOPInstanceUID'>>): KeptObject[] {
    const wanted = Object.entries(keys).filter(([, uid]) => uid !== '');
    return [...this.#kept.values()].filter((object) =>
      wanted.every(([keyword, uid]) => object[keyword as keyof typeof keys] === uid),
    );
  }

  /** A place for an object that begins to arrive. */
  async place(start: StoreStart): Promise<ObjectSink> {
    const file = path.join(this.#folder, `${newId()}.dcm`);
    const part = `${file}.part`;
    const handle = await open(part, 'wx');
    const drop = () => handle.close().then(() => rm(part, { force: true }));
    await handle.write(buildFileMeta({ ...start, sourceAeTitle: start.association.callingAeTitle }));
    return {
      write: async (pieces) => void (await handle.writev([...pieces])),
      finish: async () => {
        await handle.sync();
        await handle.close();
        await rename(part, file);
        return (await this.#take(file)) ? { status: 0 } : { status: notUnderstood, comment: 'not understood' };
      },
      discard: () => void drop().catch(() => undefined),
    };
  }

  async #take(file: string): Promise<boolean> {
    const uids = await readUids(file);
    if (!uids) {
      await rm(file, { force: true });
      return false;
    }
    const before = this.#kept.get(uids.SOPInstanceUID);
    const { size: sizeBytes } = await stat(file);
    if (before) await this.#remove(before);
    this.#kept.set(uids.SOPInstanceUID, { file, sizeBytes, ...uids });
    this.#sizeBytes += sizeBytes;
    for (const oldest of this.#kept.values()) {
      if (this.#sizeBytes <= this.#mostBytes || this.#kept.size === 1) break;
      await this.#remove(oldest);
    }
    return true;
  }

  async #remove(object: KeptObject): Promise<void> {
    this.#kept.delete(object.SOPInstanceUID);
    this.#sizeBytes -= object.sizeBytes;
    await rm(object.file, { force: true });
  }
}

async function readUids(file: string) {
  const object = await openPart10(file).catch(() => undefined);
  if (!object) return undefined;
  try {
    const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = await readHeader(object);
    return SOPInstanceUID === '' ? undefined : { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID };
  } catch {
    return undefined;
  } finally {
    await object.close();
  }
}
