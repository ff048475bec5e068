// Recognises a bar code scanner that acts as a keyboard: a burst of keys, faster than hands, that ends with Enter.
//
// What is typed by hand is never taken: outside of a field keys are held back for less than a twentieth of a second and
// then given on in their order; in a field they are typed as ever, and when they turn out to be a code the field gets
// back what stood in it. Keys that repeat, modified keys and Space are never part of a code. A field that says
// `data-own-words` keeps all that is typed into it: what is written there is nobody's identity.
import { flushSync } from 'svelte';

/** Hands are slower than this between two keys; scanners are not. */
const betweenKeysMs = 35;
const fewestKeys = 4;
const mostKeys = 256;

export type ScannerPorts = {
  readonly onScan: (code: string) => void;
};

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;
type Burst = {
  readonly events: KeyboardEvent[];
  readonly field: Field | undefined;
  readonly before: string;
  lastMs: number;
};

const given = new WeakSet<Event>();

export class Scanner {
  readonly #onScan: (code: string) => void;
  #burst: Burst | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What is on its way to the window. */
  readonly #held: KeyboardEvent[] = [];
  #giving = false;

  constructor({ onScan }: ScannerPorts) {
    this.#onScan = onScan;
  }

  /** Starts to hear; the returned function ends it, and what was held back is given on. */
  listen(): () => void {
    const hear = (event: KeyboardEvent) => this.#hear(event);
    window.addEventListener('keydown', hear, { capture: true });
    return () => {
      window.removeEventListener('keydown', hear, { capture: true });
      this.#giveOn();
    };
  }

  #hear(event: KeyboardEvent): void {
    if (given.has(event)) return;
    if (fieldOf(event.target)?.dataset['ownWords'] !== undefined) return this.#giveAllBefore();
    // When it was pressed, not when a busy window comes to hear of it: keys of a person that waited together are no code.
    const now = event.timeStamp;
    if (this.#burst !== undefined && now - this.#burst.lastMs > betweenKeysMs) this.#giveOn();
    if (event.key === 'Shift') return;
    if (event.key === 'Enter' && !event.ctrlKey && !event.altKey && this.#isCode()) return this.#take(event);
    if (!isOfCode(event)) return this.#giveAllBefore();
    const field = fieldOf(event.target);
    if (this.#burst === undefined || this.#burst.field !== field || this.#burst.events.length >= mostKeys) {
      this.#giveOn();
      this.#burst = { events: [], field, before: field?.value ?? '', lastMs: now };
    }
    this.#burst.events.push(event);
    this.#burst.lastMs = now;
    clearTimeout(this.#timer);
    this.#giveOnAfter(betweenKeysMs + 5);
    if (field === undefined) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }

  #isCode(): boolean {
    return (this.#burst?.events.length ?? 0) >= fewestKeys;
  }

  #take(event: KeyboardEvent): void {
    const burst = this.#burst;
    if (burst === undefined) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    clearTimeout(this.#timer);
    this.#burst = undefined;
    const { field, before, events } = burst;
    if (field !== undefined) {
      field.value = before;
      const kind = field instanceof HTMLSelectElement ? 'change' : 'input';
      field.dispatchEvent(new Event(kind, { bubbles: true }));
    }
    this.#onScan(events.map(({ key }) => key).join(''));
  }

  /** Unless a key comes before. After a time in which nothing was heard, keys may wait behind the timer: they come first. */
  #giveOnAfter(ms: number): void {
    const dueAt = performance.now() + ms;
    this.#timer = setTimeout(() => {
      if (performance.now() - dueAt > betweenKeysMs) this.#giveOnAfter(0);
      else this.#giveOn();
    }, ms);
  }

  /** It was a person: what was held back goes on its way. */
  #giveOn(): void {
    clearTimeout(this.#timer);
    const burst = this.#burst;
    this.#burst = undefined;
    if (burst === undefined || burst.field !== undefined) return;
    this.#held.push(...burst.events);
    if (!this.#giving) this.#giveNext();
  }

  /** A key that is not held back goes on at once: what was pressed before it has to be there before it. */
  #giveAllBefore(): void {
    this.#giveOn();
    for (let event = this.#held.shift(); event !== undefined; event = this.#held.shift()) {
      give(event);
      flushSync();
    }
  }

  /** One key after the other, each when the window has done what the one before it said: a dialog may have opened. */
  #giveNext(): void {
    const event = this.#held.shift();
    this.#giving = event !== undefined;
    if (event === undefined) return;
    give(event);
    setTimeout(() => this.#giveNext());
  }
}

function give({ key, code, shiftKey }: KeyboardEvent): void {
  const again = new KeyboardEvent('keydown', { key, code, shiftKey, bubbles: true, cancelable: true });
  given.add(again);
  (document.activeElement ?? document.body).dispatchEvent(again);
}

const isOfCode = (event: KeyboardEvent) =>
  [...event.key].length === 1 &&
  event.key !== ' ' &&
  !event.repeat &&
  !event.isComposing &&
  !event.ctrlKey &&
  !event.altKey &&
  !event.metaKey;

function fieldOf(target: EventTarget | null): Field | undefined {
  const isField =
    target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
  return isField ? target : undefined;
}
