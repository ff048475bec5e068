// Frames that were fetched, the last used kept while there is room; and the loads that are under way. A load that
// nobody wants any more is broken off.
import { toPicture, type Frame, type Picture } from './picture.ts';

/** One picture of a stack: who it belongs to, and how to get it. */
export type Slide = {
  readonly key: string;
  /** Whose picture it is. Only shown where the same owner's name stands. */
  readonly owner: string;
  load(signal: AbortSignal): Promise<Frame>;
};

type Load = { readonly stop: AbortController; readonly picture: Promise<Picture> };

export class FrameCache {
  readonly #room: number;
  readonly #kept = new Map<string, Picture>();
  readonly #loads = new Map<string, Load>();

  /** @param roomBytes how much is kept; the picture asked for last is kept whatever its size. */
  constructor(roomBytes = 400e6) {
    this.#room = roomBytes;
  }

  /** The picture, if it is here. */
  peek(key: string): Picture | undefined {
    const picture = this.#kept.get(key);
    if (picture === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, picture);
    return picture;
  }

  /** The picture, fetched if need be. Rejects with AbortError when it was broken off, and with whatever `load` threw. */
  get(slide: Slide): Promise<Picture> {
    const kept = this.peek(slide.key);
    if (kept !== undefined) return Promise.resolve(kept);
    const under = this.#loads.get(slide.key);
    if (under !== undefined) return under.picture;
    const stop = new AbortController();
    const picture = slide
      .load(stop.signal)
      .then((frame) => this.#keep(slide.key, toPicture(frame)))
      .finally(() => this.#loads.delete(slide.key));
    this.#loads.set(slide.key, { stop, picture });
    return picture;
  }

  /** Breaks off every load that is not among these. */
  want(keys: ReadonlySet<string>): void {
    for (const [key, load] of this.#loads) if (!keys.has(key)) load.stop.abort();
  }

  /** Breaks everything off and forgets everything. */
  close(): void {
    this.want(new Set());
    this.#kept.clear();
  }

  #keep(key: string, picture: Picture): Picture {
    this.#kept.set(key, picture);
    let size = 0;
    for (const kept of this.#kept.values()) size += kept.sizeBytes;
    for (const [oldest, kept] of this.#kept) {
      if (size <= this.#room || oldest === key) break;
      this.#kept.delete(oldest);
      size -= kept.sizeBytes;
    }
    return picture;
  }
}
