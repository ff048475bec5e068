// The one short line that says what has just been done, or why it was not. A good word goes by itself; trouble stays
// until it is put away or the next thing is done.
import type { Trouble } from '#ui/backend/index.ts';

export type Notice =
  { readonly kind: 'done'; readonly words: string } | { readonly kind: 'trouble'; readonly trouble: Trouble };

const goesAfterMs = 7000;

export class Notices {
  current = $state.raw<Notice | undefined>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  done(words: string): void {
    this.#show({ kind: 'done', words });
    this.#timer = setTimeout(() => this.clear(), goesAfterMs);
  }

  trouble(trouble: Trouble): void {
    this.#show({ kind: 'trouble', trouble });
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.current = undefined;
  }

  #show(notice: Notice): void {
    clearTimeout(this.#timer);
    this.current = notice;
  }
}
