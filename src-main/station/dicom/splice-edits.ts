// What a correction asks of the bytes, and the same as a tree that a walk can follow from container to container.
import { tagOfElement, vrOfElement, type NewElement } from './build-elements.ts';
import type { Spot } from './element-walk.ts';
import { isOneValue, usesCharacterSet } from './text-decode.ts';
import { encodeText } from './text-encode.ts';

/** One step into a nested data set: the item (from 0) of a sequence. */
export type PathStep = { readonly tag: number; readonly item: number };

/** `path` leads from the top to the container; without it the element stands at the top. */
export type Edit =
  /** Replaces the element, or inserts it where its tag belongs. */
  | { readonly kind: 'put'; readonly path?: readonly PathStep[]; readonly element: NewElement }
  /** Takes the element away; when it is not there, nothing happens. */
  | { readonly kind: 'remove'; readonly path?: readonly PathStep[]; readonly tag: number }
  /** Adds an item, and more behind it, at the end of a sequence, which is made when it is not there. */
  | {
      readonly kind: 'append';
      readonly path?: readonly PathStep[];
      readonly tag: number;
      readonly item: readonly NewElement[];
      readonly also?: readonly (readonly NewElement[])[];
    };

export type EditNode = {
  readonly edits: ReadonlyMap<number, Edit>;
  readonly children: ReadonlyMap<string, EditNode>;
};

type OpenNode = { readonly edits: Map<number, Edit>; readonly children: Map<string, OpenNode> };

export function tagOfEdit(edit: Edit): number {
  return edit.kind === 'put' ? tagOfElement(edit.element) : edit.tag;
}

/** The edits by container. A second edit of the same element is refused by returning its tag. */
export function growEditTree(edits: readonly Edit[]): EditNode | { readonly doubled: number } {
  const root: OpenNode = { edits: new Map(), children: new Map() };
  for (const edit of edits) {
    let node = root;
    for (const step of edit.path ?? []) {
      const key = stepKey(step.tag, step.item);
      const child = node.children.get(key) ?? { edits: new Map(), children: new Map() };
      node.children.set(key, child);
      node = child;
    }
    const tag = tagOfEdit(edit);
    if (node.edits.has(tag)) return { doubled: tag };
    node.edits.set(tag, edit);
  }
  return root;
}

export function stepKey(tag: number, item: number): string {
  return `${tag}:${item}`;
}

/** Follows a walk through the tree: which node, if any, belongs to the container of a spot. */
export class EditTrail {
  readonly #nodes = new WeakMap<Spot, EditNode>();
  readonly #root: EditNode;

  constructor(root: EditNode) {
    this.#root = root;
  }

  /** To be called for every item as it begins. */
  enter(item: Spot): void {
    const sequence = item.parent;
    if (!sequence) return;
    const child = this.nodeAround(sequence)?.children.get(stepKey(sequence.tag, item.index));
    if (child) this.#nodes.set(item, child);
  }

  nodeAround(element: Spot): EditNode | undefined {
    return element.parent === null ? this.#root : this.#nodes.get(element.parent);
  }

  nodeOf(item: Spot | null): EditNode | undefined {
    return item === null ? this.#root : this.#nodes.get(item);
  }
}

/** True when every text of the edits can be written in the character set. Items that bring their own are not asked. */
export function editsFit(edits: readonly Edit[], terms: readonly string[]): boolean {
  return edits.every((edit) => {
    if (edit.kind === 'remove') return true;
    if (edit.kind === 'put') return elementFits(edit.element, terms);
    return [edit.item, ...(edit.also ?? [])].every((item) => itemFits(item, terms));
  });
}

function itemFits(item: readonly NewElement[], terms: readonly string[]): boolean {
  return item.some((element) => tagOfElement(element) === 0x00080005) || item.every((each) => elementFits(each, terms));
}

function elementFits(element: NewElement, terms: readonly string[]): boolean {
  if (element.items) return element.items.every((item) => itemFits(item, terms));
  const vr = vrOfElement(element);
  const { value } = element;
  if (!usesCharacterSet(vr) || value === undefined || Buffer.isBuffer(value)) return true;
  const texts = Array.isArray(value) ? value : [value];
  return texts.every((text) => encodeText(String(text), terms, isOneValue(vr) ? 'LT' : vr) !== null);
}
