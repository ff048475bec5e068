// What a person chose on the pictures of objects: window, tone, turn, and what is drawn on them. In memory, by object;
// nothing of it touches the received pixels. Whoever stores it hears each change and hands in what was stored.
import type { Markup } from '#contract/shapes/markup.ts';
import { isSame, noHistory, redo, undo, without, withStep, type History } from './markup-history.ts';

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
  #history = $state.raw<History>(noHistory);
  #listener: (objectIds: readonly string[]) => void = () => undefined;
  /** Changes of one turn of the event loop are one step. */
  #turn = 0;
  #turnIsOpen = false;

  /** What was chosen on an object. Reactive. */
  of(objectId: string): Markup {
    return this.#byObject.get(objectId) ?? plainMarkup;
  }

  readonly canUndo: boolean = $derived(this.#history.done.length > 0);
  readonly canRedo: boolean = $derived(this.#history.undone.length > 0);

  /**
   * Changes some objects alike, and says so. What is changed again and again by one `gesture` is undone at once; a window
   * that is dragged is one by itself.
   */
  change(objectIds: readonly string[], change: Partial<Markup>, gesture?: string): void {
    this.changeEach(new Map(objectIds.map((id) => [id, change])), gesture);
  }

  /** Changes some objects, each in its own way, as one step. */
  changeEach(changes: ReadonlyMap<string, Partial<Markup>>, gesture?: string): void {
    const put = new Map([...changes].map(([id, change]) => [id, { ...this.of(id), ...change }]));
    const isWindow = [...changes.values()].every((change) => 'window' in change && Object.keys(change).length === 1);
    const step = {
      changes: [...put].map(([objectId, after]) => ({ objectId, before: this.of(objectId), after })),
      gesture: gesture ?? (isWindow && !this.#turnIsOpen ? 'window' : this.#ofThisTurn()),
      atMs: performance.now(),
    };
    this.#history = withStep(this.#history, step);
    this.#put(put);
  }

  /** Takes the last step back, and says on which objects. */
  undo(): readonly string[] {
    return this.#take(undo(this.#history));
  }

  redo(): readonly string[] {
    return this.#take(redo(this.#history));
  }

  /** What is done from now on is of another exam: nothing of the one before is undone here. */
  forget(): void {
    this.#history = noHistory;
  }

  /** Puts in what is stored. Nobody is told, and nothing of it is undone. */
  know(stored: ReadonlyMap<string, Markup>): void {
    const others = [...stored].filter(([id, markup]) => !isSame(this.of(id), markup));
    if (others.length === 0) return;
    this.#byObject = new Map([...this.#byObject, ...others]);
    this.#history = without(this.#history, new Set(others.map(([id]) => id)));
  }

  /** What a drawing measures was found later: it is stored, and is no step of anybody's. */
  refine(objectId: string, markup: Markup): void {
    this.#put(new Map([[objectId, markup]]));
  }

  /** Told of the objects of every change. One listener. */
  hear(listener: (objectIds: readonly string[]) => void): void {
    this.#listener = listener;
  }

  #take(taken: ReturnType<typeof undo>): readonly string[] {
    if (taken === undefined) return [];
    this.#history = taken.history;
    this.#put(taken.put);
    return [...taken.put.keys()];
  }

  #put(put: ReadonlyMap<string, Markup>): void {
    this.#byObject = new Map([...this.#byObject, ...put]);
    this.#listener([...put.keys()]);
  }

  #ofThisTurn(): string {
    if (!this.#turnIsOpen) {
      this.#turnIsOpen = true;
      this.#turn += 1;
      queueMicrotask(() => (this.#turnIsOpen = false));
    }
    return `turn ${this.#turn}`;
  }
}
