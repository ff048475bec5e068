// One object of an earlier exam on its way into the cache: a part file that becomes a file once it proves to be what was
// asked for.
//
// Guarantees: nothing is kept that is not the object that was asked for, by its own header, or that was not written whole;
// what is given up leaves no file; how it ended is told once.
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { PriorWord } from '#contract/shapes/priors.ts';
import { openPart10, readHeader } from '#station/dicom/index.ts';
import type { ObjectTarget } from '#station/dicom/network/index.ts';
import { newId } from '#station/kit/ids.ts';
import { isProblem } from '#station/kit/problem.ts';
import { contentOf, type PriorContent } from './content.ts';
import type { ListedObject } from './ports.ts';

export type StudyOfObject = { readonly id: string; readonly StudyInstanceUID: string };

export type IncomingWish = {
  readonly study: StudyOfObject;
  readonly asked: ListedObject;
  /** The File Meta group, where what comes is a data set and no file. */
  readonly head: Buffer | undefined;
  /** Told once: undefined when it is kept, or why not. */
  readonly onEnd: (why: PriorWord | undefined) => void;
};

export type KeptPrior = {
  readonly id: string;
  readonly sizeBytes: number;
  readonly content: PriorContent;
  readonly dataSetOffset: number;
  readonly TransferSyntaxUID: string;
};

export type IncomingNeeds = {
  readonly folder: string;
  /** For an object that is so large by now; says why there is none. */
  readonly makeRoom: (objectBytes: number, newBytes: number) => PriorWord | undefined;
  /** Writes its row down. Throws when its study is no longer here. */
  readonly keep: (object: KeptPrior) => void;
};

export const stored = 0;
const doesNotMatch = 0xa900;

export class IncomingPrior implements ObjectTarget {
  readonly #wish: IncomingWish;
  readonly #needs: IncomingNeeds;
  readonly #id = newId();
  #handle: FileHandle | undefined;
  #sizeBytes = 0;
  #refused: PriorWord | undefined;
  #isOver = false;

  constructor(wish: IncomingWish, needs: IncomingNeeds) {
    this.#wish = wish;
    this.#needs = needs;
  }

  async write(pieces: readonly Buffer[]): Promise<void> {
    await this.#begin();
    await this.#append(pieces);
  }

  async finish(): Promise<number> {
    try {
      await this.#begin();
      const found = await this.#read();
      if (found === undefined) {
        await this.#end({ key: 'not-what-was-asked', params: {} });
        return doesNotMatch;
      }
      await this.#handle?.close();
      const file = this.#pathOf('dcm');
      await rename(this.#pathOf('part'), file);
      try {
        this.#needs.keep({ id: this.#id, sizeBytes: this.#sizeBytes, ...found });
      } catch (error) {
        await rm(file, { force: true });
        throw error;
      }
      await this.#end(undefined);
      return stored;
    } catch (error) {
      await this.#end(this.#refused ?? { key: 'not-kept', params: {} });
      throw error;
    }
  }

  async discard(): Promise<void> {
    await this.#end(this.#refused ?? { key: 'not-whole', params: {} });
  }

  #pathOf(ending: 'part' | 'dcm'): string {
    return path.join(this.#needs.folder, `${this.#id}.${ending}`);
  }

  async #begin(): Promise<void> {
    const { head } = this.#wish;
    if (this.#handle === undefined && head) await this.#append([head]);
  }

  async #append(pieces: readonly Buffer[]): Promise<void> {
    const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
    this.#refused = this.#needs.makeRoom(this.#sizeBytes + bytes, bytes);
    if (this.#refused) throw new Error(this.#refused.key);
    this.#handle ??= await open(this.#pathOf('part'), 'wx', 0o600);
    const { bytesWritten } = await this.#handle.writev([...pieces]);
    // A disk that is about to be full takes a part and says nothing.
    if (bytesWritten !== bytes) throw new Error('written in part');
    this.#sizeBytes += bytes;
  }

  async #end(why: PriorWord | undefined): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#handle?.close().catch(() => {});
    if (why) await rm(this.#pathOf('part'), { force: true }).catch(() => {});
    this.#wish.onEnd(why);
  }

  /** Undefined when it is not what was asked for. */
  async #read(): Promise<Omit<KeptPrior, 'id' | 'sizeBytes'> | undefined> {
    const { study, asked } = this.#wish;
    const opened = await openPart10(this.#pathOf('part'), { name: 'earlier exam' });
    try {
      const header = await readHeader(opened);
      const isAsked =
        header.SOPInstanceUID === asked.SOPInstanceUID && header.StudyInstanceUID === study.StudyInstanceUID;
      if (!isAsked) return undefined;
      const TransferSyntaxUID = opened.meta?.transferSyntaxUid || header.transferSyntaxUid;
      return { content: contentOf(header, TransferSyntaxUID), dataSetOffset: opened.dataSetOffset, TransferSyntaxUID };
    } catch (error) {
      if (isProblem(error)) return undefined;
      throw error;
    } finally {
      await opened.close();
    }
  }
}
