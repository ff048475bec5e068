// The one short line that says what has just been done, or why it was not. A good word goes by itself; trouble stays
// until it is put away or the next thing is done.
import type { Trouble } from '#ui/backend/index.ts';

export type Notice =
  | { readonly kind: 'done'; readonly words: string; readonly action?: NoticeAction }
  | { readonly kind: 'trouble'; readonly trouble: Trouble };

/** What can be done about it, with its key. */
export type NoticeAction = { readonly words: string; readonly keys: string; readonly do: () => void };

const goesAfterMs = 7000;

export class Notices {
  current = $state.raw<Notice | undefined>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  done(words: string, action?: NoticeAction): void {
    this.#show({ kind: 'done', words, ...(action && { action }) });
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
