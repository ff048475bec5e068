// The subjects of the set-up as they stand on the screen, for the list beside them and for whoever looks for a word.
//
// A panel tells of itself while it is there. What is looked for is found in the words of a panel: its title, its labels, its
// hints and what can be chosen; not in what somebody filled in.
import { getContext, setContext, untrack } from 'svelte';

type Shown = { readonly title: string; readonly node: HTMLElement };

export class Panels {
  /** What somebody looks for; empty: everything is shown. */
  wanted = $state('');
  #all = $state.raw<readonly Shown[]>([]);

  /** In the order of the screen. */
  readonly found: readonly Shown[] = $derived(this.#all.filter(({ node }) => this.#has(node)));

  /** Called when a panel comes; what it gives is called when the panel goes. */
  add(title: string, node: HTMLElement): () => void {
    // Who tells of itself does not depend on the others.
    const before = untrack(() => this.#all);
    this.#all = [...before, { title, node }].sort((one, other) =>
      one.node.compareDocumentPosition(other.node) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1,
    );
    return () => (this.#all = untrack(() => this.#all).filter((shown) => shown.node !== node));
  }

  isHidden(node: HTMLElement | undefined): boolean {
    return node !== undefined && !this.#has(node);
  }

  /** Shows it, and puts the keyboard at its beginning. */
  goTo({ node }: Shown): void {
    node.scrollIntoView({ block: 'start' });
    node.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true });
  }

  #has(node: HTMLElement): boolean {
    const text = node.textContent.toLocaleLowerCase();
    return this.wanted
      .toLocaleLowerCase()
      .split(/\s+/)
      .every((word) => text.includes(word));
  }
}

/** Only the page of the set-up has a list; the first start, which uses the same panels, has none. */
const key = Symbol('panels');
export const usePanels = (): Panels | undefined => getContext<Panels | undefined>(key);
export const providePanels = (panels: Panels): Panels => setContext(key, panels);
