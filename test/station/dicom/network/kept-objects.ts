// A place for received objects in tests: bytes are kept in memory, or in files written as the store would.
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { ObjectSink, ServerEvent, ServerRules, StoreAnswer, StoreStart } from '#station/dicom/network/index.ts';

export type KeptObject = StoreStart & { readonly sha256: string; readonly sizeBytes: number };

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

export class KeptObjects {
  readonly kept: KeptObject[] = [];
  readonly events: ServerEvent[] = [];
  discarded = 0;
  /** Of all objects, as they were handed over to be written. */
  takenBytes = 0;
  #waiting: (() => void)[] = [];

  /** Rules that let everybody in and keep everything; `more` replaces some of them. */
  rules(more: Partial<ServerRules> = {}): ServerRules {
    return {
      admit: () => ({ kind: 'accept' }),
      beginObject: (start) => this.sink(start),
      onEvent: (event) => {
        this.events.push(event);
        this.#tell();
      },
      ...more,
    };
  }

  /** Writes asynchronously into a file below `folder`, or nowhere. Finishes with `answer`. */
  sink(start: StoreStart, folder?: string, answer: StoreAnswer = { status: 0 }): ObjectSink {
    const hash = createHash('sha256');
    const opened = folder && open(path.join(folder, `${this.kept.length}-${Math.random()}.part`), 'wx');
    let sizeBytes = 0;
    return {
      write: (pieces) => {
        for (const piece of pieces) {
          hash.update(piece);
          sizeBytes += piece.length;
        }
        this.takenBytes += pieces.reduce((sum, piece) => sum + piece.length, 0);
        this.#tell();
        return opened ? opened.then(async (handle) => void (await handle.writev(pieces))) : undefined;
      },
      finish: async () => {
        await (await (opened || undefined))?.close();
        this.kept.push({ ...start, sha256: hash.digest('hex'), sizeBytes });
        this.#tell();
        return answer;
      },
      discard: () => {
        this.discarded++;
        if (opened) void opened.then((handle) => handle.close());
        this.#tell();
      },
    };
  }

  /** Resolves when `happened` holds; it is looked at after every object and event. */
  async until(happened: () => boolean): Promise<void> {
    while (!happened()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #tell(): void {
    for (const waiting of this.#waiting.splice(0)) waiting();
  }
}
