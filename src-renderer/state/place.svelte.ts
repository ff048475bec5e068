// Which screen is shown, and which exam in Review. It stands in the address, so that a reload comes back to it; an id
// of this station is no patient's name.

export const places = ['inbox', 'review', 'import', 'orders', 'outbox', 'statistics', 'devices', 'setup'] as const;
export type PlaceName = (typeof places)[number];

export class Place {
  name = $state<PlaceName>('inbox');
  examId = $state<string | undefined>();

  readonly #opens: (examId: string) => void;

  /** @param opens is told each exam that comes on screen, before anything of it is shown. */
  constructor(opens: (examId: string) => void) {
    this.#opens = opens;
    this.#read();
  }

  /** Starts to follow the browser's back and forward; the returned function ends it. */
  follow(): () => void {
    const read = () => this.#read();
    window.addEventListener('popstate', read);
    return () => window.removeEventListener('popstate', read);
  }

  go(name: PlaceName, examId?: string): void {
    if (name === this.name && examId === this.examId) return;
    this.name = name;
    if (examId !== undefined) this.examId = examId;
    if (name === 'review' && this.examId !== undefined) this.#opens(this.examId);
    history.pushState(
      null,
      '',
      name === 'review' && this.examId !== undefined ? `#/review/${this.examId}` : `#/${name}`,
    );
  }

  #read(): void {
    const [, name, examId] = location.hash.split('/');
    this.name = places.find((place) => place === name) ?? 'inbox';
    if (this.name !== 'review' || examId === undefined || !/^[0-9a-z]{26}$/.test(examId)) return;
    this.examId = examId;
    this.#opens(examId);
  }
}
