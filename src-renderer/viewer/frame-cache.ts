// Frames that were fetched, the last used kept while there is room; and the loads that are under way. Every viewport
// says which slides it wants next, nearest first: they are fetched ahead, a few at a time, and a load that nobody wants
// any more is broken off. One cache serves all viewports, so that its bound holds for all of them together.
import { CannotShow, toPicture, type Frame, type Picture } from './picture.ts';

/** One picture of a stack: who it belongs to, and how to get it. */
export type Slide = {
  readonly key: string;
  /** Whose picture it is. Only shown where the same owner's name stands. */
  readonly owner: string;
  /** The object it is a frame of: how it is looked at is remembered for all frames of it. */
  readonly subject: string;
  /** Of the object, from 0; left out for its only one. */
  readonly frame?: number;
  load(signal: AbortSignal): Promise<Frame>;
};

type Load = { readonly stop: AbortController; readonly picture: Promise<Picture> };

export class FrameCache {
  readonly #room: number;
  readonly #atOnce: number;
  readonly #kept = new Map<string, Picture>();
  readonly #loads = new Map<string, Load>();
  readonly #wants = new Map<object, readonly Slide[]>();
  /** Not asked for again ahead of time. */
  readonly #failed = new Set<string>();
  #size = 0;

  /**
   * @param roomBytes how much is kept; the picture asked for last is kept whatever its size.
   * @param atOnce how many loads are under way for what is only wanted soon.
   */
  constructor(roomBytes = 400e6, atOnce = 4) {
    this.#room = roomBytes;
    this.#atOnce = atOnce;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  /** The picture, if it is here. */
  peek(key: string): Picture | undefined {
    const picture = this.#kept.get(key);
    if (picture === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, picture);
    return picture;
  }

  /** Whether the picture is here, or was asked for and cannot be had. */
  isSettled(key: string): boolean {
    return this.#kept.has(key) || this.#failed.has(key);
  }

  /** The picture, fetched at once if need be. Rejects with AbortError when broken off, CannotShow, and with whatever `load` threw. */
  get(slide: Slide): Promise<Picture> {
    const kept = this.peek(slide.key);
    if (kept !== undefined) return Promise.resolve(kept);
    const under = this.#loads.get(slide.key);
    if (under !== undefined && !under.stop.signal.aborted) return under.picture;
    const stop = new AbortController();
    const picture = slide.load(stop.signal).then((frame) => this.#keep(slide.key, pictureOf(frame)));
    const load = { stop, picture };
    this.#loads.set(slide.key, load);
    const ended = (failed: boolean) => {
      if (this.#loads.get(slide.key) === load) this.#loads.delete(slide.key);
      if (failed && !stop.signal.aborted) this.#failed.add(slide.key);
      this.#fetchAhead();
    };
    picture.then(
      () => ended(false),
      () => ended(true),
    );
    return picture;
  }

  /** What somebody wants now and next, nearest first. Breaks off every load that nobody wants. */
  want(who: object, slides: readonly Slide[]): void {
    if (slides.length === 0) this.#wants.delete(who);
    else this.#wants.set(who, slides);
    const wanted = new Set([...this.#wants.values()].flatMap((some) => some.map(({ key }) => key)));
    for (const [key, load] of this.#loads) if (!wanted.has(key)) load.stop.abort();
    this.#fetchAhead();
  }

  /** Breaks everything off and forgets everything. */
  close(): void {
    this.#wants.clear();
    for (const load of this.#loads.values()) load.stop.abort();
    this.#kept.clear();
    this.#failed.clear();
    this.#size = 0;
  }

  /** The nearest of everybody before the second nearest of anybody. */
  #fetchAhead(): void {
    const wants = [...this.#wants.values()];
    const furthest = wants.reduce((most, slides) => Math.max(most, slides.length), 0);
    for (let n = 0; n < furthest; n += 1) {
      for (const slides of wants) {
        if (this.#loads.size >= this.#atOnce) return;
        const slide = slides[n];
        if (slide === undefined || this.#kept.has(slide.key) || this.#loads.has(slide.key)) continue;
        if (!this.#failed.has(slide.key)) this.get(slide).catch(() => undefined);
      }
    }
  }

  #keep(key: string, picture: Picture): Picture {
    this.#size += picture.sizeBytes - (this.#kept.get(key)?.sizeBytes ?? 0);
    this.#kept.set(key, picture);
    for (const [oldest, kept] of this.#kept) {
      if (this.#size <= this.#room || oldest === key) break;
      this.#kept.delete(oldest);
      this.#size -= kept.sizeBytes;
    }
    return picture;
  }
}

function pictureOf(frame: Frame): Picture {
  try {
    return toPicture(frame);
  } catch (error) {
    throw new CannotShow(error);
  }
}
