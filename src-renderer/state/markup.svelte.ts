// What a person chose on the pictures of objects: window, tone, turn, and what is drawn on them. In memory, by object;
// nothing of it touches the received pixels. Whoever stores it hears each change and hands in what was stored.
import type { Markup } from '#contract/shapes/markup.ts';

/** Of an object on which nobody chose anything. */
export const plainMarkup: Markup = {
  window: null,
  inverted: false,
  rotation: 0,
  flipped: false,
  annotations: [],
  shutter: null,
  crop: null,
  redactions: [],
  calibrationMm: null,
};

export class Markups {
  #byObject = $state.raw<ReadonlyMap<string, Markup>>(new Map());
  #listener: (objectIds: readonly string[]) => void = () => undefined;

  /** What was chosen on an object. Reactive. */
  of(objectId: string): Markup {
    return this.#byObject.get(objectId) ?? plainMarkup;
  }

  /** Changes some objects alike, and says so. */
  change(objectIds: readonly string[], change: Partial<Markup>): void {
    const next = new Map(this.#byObject);
    for (const id of objectIds) next.set(id, { ...(next.get(id) ?? plainMarkup), ...change });
    this.#byObject = next;
    this.#listener(objectIds);
  }

  /** Told of the objects of every change. One listener. */
  hear(listener: (objectIds: readonly string[]) => void): void {
    this.#listener = listener;
  }
}
