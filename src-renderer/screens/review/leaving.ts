// Escape leaves the exam, and ends many smaller things before it. Whoever presses it once too often, or holds it down, is
// asked first: an Escape that follows another one with nothing in between does not leave by itself.
export class Leaving {
  #inARow = 0;
  #isHeld = false;

  /** Told of every key and press before anybody else hears it. */
  hear(event: { readonly type: string; readonly key?: string; readonly repeat?: boolean }): void {
    const isEscape = event.type === 'keydown' && event.key === 'Escape';
    this.#isHeld = isEscape && event.repeat === true;
    if (!isEscape) this.#inARow = 0;
    else if (!this.#isHeld) this.#inARow += 1;
  }

  /** What an Escape that ends nothing smaller means now. The answer to a question counts as the next word. */
  decide(asked: boolean): 'leave' | 'ask' | 'nothing' {
    if (this.#isHeld) return 'nothing';
    return this.#inARow <= 1 || asked ? 'leave' : 'ask';
  }

  /** Starts to hear; the returned function ends it. @param onother a key that is no Escape: whoever was asked stays */
  listen(onother: () => void): () => void {
    const hear = (event: Event) => {
      this.hear(event as KeyboardEvent);
      if (event.type === 'keydown' && (event as KeyboardEvent).key !== 'Escape') onother();
    };
    const kinds = ['keydown', 'pointerdown'] as const;
    for (const kind of kinds) window.addEventListener(kind, hear, { capture: true });
    return () => {
      for (const kind of kinds) window.removeEventListener(kind, hear, { capture: true });
    };
  }
}
