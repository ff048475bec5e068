// The walk that finds where the edits go: targets to replace, places to insert, lengths that count over them, and, when
// the object becomes UTF-8, every text that has to be written anew.
import { keywordOf } from './dictionary.ts';
import { pixelDataTag, undefinedLength, walkElements, WalkStop, type Spot } from './element-walk.ts';
import { encodeElement, encodeHeader, encodeItem, type WritingStyle } from './build-elements.ts';
import type { Part10 } from './part10.ts';
import type { CountedLength, Cut } from './splice-cuts.ts';
import { EditTrail, tagOfEdit, type Edit, type EditNode } from './splice-edits.ts';
import { textVrOf, toUnicode } from './splice-text.ts';
import type { ElementLayout } from './transfer-syntax.ts';

export const unicodeTerms = ['ISO_IR 192'] as const;
const mostTextBytes = 4 * 1_048_576;
const charsetTag = 0x00080005;

export type SurveyOptions = {
  readonly terms: readonly string[];
  readonly toUnicode: boolean;
  readonly guess: boolean;
};

export type Survey = {
  readonly cuts: readonly Cut[];
  readonly counted: readonly CountedLength[];
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** Items that a sequence had before one was appended, by the edit. */
  readonly itemsBefore: ReadonlyMap<Edit, number>;
  /** Elements whose bytes may hold text that could not be judged (UN with unknown content). */
  readonly unjudged: readonly string[];
};

/** Thrown inside the room: why a correction cannot be done exactly. */
export class CannotSplice extends Error {}

type Pending = { readonly edit: Edit; insertAt: number };
type Container = { readonly spot: Spot | null; readonly pending: Map<number, Pending> };

export async function surveyEdits(object: Part10, tree: EditNode, options: SurveyOptions): Promise<Survey> {
  const { reader, region } = object.elements;
  const trail = new EditTrail(tree);
  const cuts: Cut[] = [];
  const counted: CountedLength[] = [];
  const targets: { readonly edit: Edit; readonly spot: Spot }[] = [];
  const itemsBefore = new Map<Edit, number>();
  const unjudged = new Set<string>();
  const done = new Set<Edit>();
  const seenNodes = new Set<EditNode>([tree]);
  const ownTerms = new WeakMap<Spot, readonly string[]>();
  const uids = { sopClassUid: '', sopInstanceUid: '' };
  let muted: Spot | null = null;
  let pixelsSeen = false;

  const containers: Container[] = [{ spot: null, pending: pendingOf(tree) }];
  const containerOf = (spot: Spot | null) => containers.findLast((each) => each.spot === spot);
  const termsAround = (spot: Spot): readonly string[] => {
    for (let at = spot.parent; at; at = at.parent) {
      const own = ownTerms.get(at);
      if (own) return own;
    }
    return options.terms;
  };
  const styleAround = (container: Spot | null, layout: ElementLayout): WritingStyle => {
    let characterSet: readonly string[] = options.toUnicode ? unicodeTerms : options.terms;
    if (!options.toUnicode)
      for (let at = container; at; at = at.parent) {
        const own = ownTerms.get(at);
        if (own) {
          characterSet = own;
          break;
        }
      }
    return { explicit: layout.explicit, littleEndian: layout.littleEndian, characterSet };
  };
  const insert = (container: Container, pending: Pending, at: number): void => {
    const { edit } = pending;
    done.add(edit);
    if (edit.kind === 'remove') return;
    const style = styleAround(container.spot, container.spot?.inside ?? region);
    const element = edit.kind === 'put' ? edit.element : { tag: edit.tag, vr: 'SQ', items: itemsOf(edit) };
    const bytes = encodeElement(element, style);
    cuts.push({ from: at, to: at, bytes, tag: tagOfEdit(edit), container: container.spot });
  };
  const closeContainer = (container: Container, contentEnd: number): void => {
    for (const pending of container.pending.values())
      insert(container, pending, pending.insertAt < 0 ? contentEnd : pending.insertAt);
  };

  const meet = (spot: Spot): void => {
    // Readers differ on how long the header of such an element is; what they would make of the outcome is not known.
    if (!spot.vrKnown && spot.lengthSize === 2) {
      if (pixelsSeen) throw new WalkStop('truncated', spot.headerOffset, spot);
      throw new CannotSplice(`${keywordOf(spot.tag)} has a VR that nobody knows`);
    }
    if (spot.parent === null && spot.tag >= 0x7fe00008 && spot.tag <= pixelDataTag) {
      pixelsSeen = true;
      if (spot.length === undefinedLength && !object.syntax.encapsulated)
        throw new CannotSplice('compressed pixels in an unknown transfer syntax');
    }
    const node = trail.nodeAround(spot);
    if (!node) return;
    const container = containerOf(spot.parent);
    if (!container) return;
    for (const [tag, pending] of container.pending)
      if (pending.insertAt < 0 && tag < spot.tag) pending.insertAt = spot.headerOffset;
    const edit = node.edits.get(spot.tag);
    if (!edit) return;
    if (!container.pending.delete(spot.tag)) throw new CannotSplice(`${keywordOf(spot.tag)} occurs twice`);
    if (spot.tag === pixelDataTag) throw new CannotSplice('pixel data is not corrected here');
    done.add(edit);
    targets.push({ edit, spot });
    if (edit.kind === 'append') itemsBefore.set(edit, 0);
    else if (!muted && (spot.vr === 'SQ' || spot.length === undefinedLength)) muted = spot;
  };

  const rewrite = (spot: Spot, value: Buffer | null): void => {
    const vr = textVrOf(spot);
    if (spot.tag === charsetTag && spot.parent) {
      putValue(spot, Buffer.from('ISO_IR 192', 'latin1'));
      return;
    }
    if (vr === null) {
      if (spot.vr === 'UN' && value?.some((byte) => byte >= 0x80 || byte === 0x1b)) unjudged.add(keywordOf(spot.tag));
      return;
    }
    if (!value) {
      if (spot.length > 0) throw new CannotSplice(`${keywordOf(spot.tag)} is too long to be written anew`);
      return;
    }
    const outcome = toUnicode(value, termsAround(spot), vr, options.guess);
    if (outcome.kind === 'undecodable') throw new CannotSplice(`${keywordOf(spot.tag)} cannot be decoded`);
    if (outcome.kind === 'changed') putValue(spot, outcome.bytes);
  };
  const putValue = (spot: Spot, bytes: Buffer): void => {
    if (spot.lengthSize === 2 && bytes.length > 0xfffe)
      throw new CannotSplice(`${keywordOf(spot.tag)} becomes too long for its VR`);
    const layout = { explicit: spot.vrWritten, littleEndian: spot.littleEndian };
    const header = encodeHeader(spot.tag, spot.vr, bytes.length, layout);
    if (header.length !== spot.valueOffset - spot.headerOffset)
      throw new CannotSplice(`${keywordOf(spot.tag)} is oddly written`);
    const cut = { from: spot.headerOffset, to: spot.end, bytes: Buffer.concat([header, bytes]) };
    cuts.push({ ...cut, tag: spot.tag, container: spot.parent });
  };
  const isEdited = (spot: Spot): boolean => trail.nodeAround(spot)?.edits.has(spot.tag) ?? false;

  try {
    const end = await walkElements(reader, region, {
      before: (spot) => {
        meet(spot);
        return undefined;
      },
      wants: (spot) => {
        if (spot.tag === charsetTag || (spot.tag & 0xffff) === 0 || spot.tag === 0x00080001) return 4_096;
        if (spot.parent === null && (spot.tag === 0x00080016 || spot.tag === 0x00080018)) return 4_096;
        if (!options.toUnicode || muted) return 0;
        return textVrOf(spot) ? mostTextBytes : spot.vr === 'UN' ? 65_536 : 0;
      },
      element: (spot, value) => {
        if (muted) return undefined;
        if (spot.parent === null && value) {
          const text = value.toString('latin1').replace(/[\0 ]+$/, '');
          if (spot.tag === charsetTag && text.trim() !== '') demandKnown(text, options.terms);
          if (spot.tag === 0x00080016) uids.sopClassUid = text;
          if (spot.tag === 0x00080018) uids.sopInstanceUid = text;
        }
        if (spot.parent && spot.tag === charsetTag && value)
          ownTerms.set(
            spot.parent,
            value
              .toString('latin1')
              .replace(/[\0 ]+$/, '')
              .split('\\'),
          );
        if (isEdited(spot)) return undefined;
        if (((spot.tag & 0xffff) === 0 || (spot.tag === 0x00080001 && !spot.parent)) && value?.length === 4)
          counted.push({ spot, value: spot.littleEndian ? value.readUInt32LE(0) : value.readUInt32BE(0) });
        if (options.toUnicode) rewrite(spot, value);
        return undefined;
      },
      item: (item) => {
        trail.enter(item);
        const node = trail.nodeOf(item);
        if (node && !muted) {
          containers.push({ spot: item, pending: pendingOf(node) });
          seenNodes.add(node);
        }
        const sequence = item.parent;
        const edit = sequence && trail.nodeAround(sequence)?.edits.get(sequence.tag);
        if (edit?.kind === 'append') itemsBefore.set(edit, item.index + 1);
      },
      closed: (spot) => {
        if (spot === muted) muted = null;
        const container = containers.at(-1);
        if (spot.kind !== 'item' || container?.spot !== spot) return;
        containers.pop();
        closeContainer(container, contentEndOf(spot));
      },
    });
    const root = containers[0];
    if (root) closeContainer(root, end);
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
    // Behind the pixels anything may stand; it is kept as it is, as long as nobody wants to write there.
    const root = containers[0];
    if (!pixelsSeen || !root || containers.length > 1) throw new CannotSplice('the header cannot be read');
    for (const pending of root.pending.values()) {
      if (pending.insertAt < 0 && pending.edit.kind !== 'remove')
        throw new CannotSplice('the end of the data set cannot be read');
      insert(root, pending, pending.insertAt);
    }
  }
  demandAllNodes(tree, seenNodes);
  for (const { edit, spot } of targets) cuts.push(cutFor(edit, spot, styleAround, region));
  return { cuts, counted, ...uids, itemsBefore, unjudged: [...unjudged] };
}

/** A character set that stands out of order was not seen in time; text before it would be read wrongly. */
function demandKnown(text: string, terms: readonly string[]): void {
  const found = text.split('\\').map((term) => term.trim());
  if (found.join('\\') !== terms.join('\\')) throw new CannotSplice('the character set stands out of order');
}

function itemsOf(edit: Edit & { readonly kind: 'append' }) {
  return [edit.item, ...(edit.also ?? [])];
}

function pendingOf(node: EditNode): Map<number, Pending> {
  return new Map([...node.edits].map(([tag, edit]) => [tag, { edit, insertAt: -1 }]));
}

/** Where the content of an item or sequence ends: before its delimiter. */
function contentEndOf(spot: Spot): number {
  return spot.length === undefinedLength ? spot.end - 8 : spot.end;
}

function cutFor(
  edit: Edit,
  spot: Spot,
  styleAround: (container: Spot | null, layout: ElementLayout) => WritingStyle,
  region: ElementLayout,
): Cut {
  if (spot.end < 0) throw new CannotSplice(`${keywordOf(spot.tag)} cannot be read`);
  if (edit.kind === 'append') {
    if (spot.vr !== 'SQ' && spot.length !== undefinedLength)
      throw new CannotSplice(`${keywordOf(spot.tag)} is not written as a sequence`);
    const at = contentEndOf(spot);
    return {
      from: at,
      to: at,
      bytes: Buffer.concat(itemsOf(edit).map((item) => encodeItem(item, styleAround(spot, spot.inside)))),
      tag: spot.tag,
      container: spot,
    };
  }
  const bytes =
    edit.kind === 'remove'
      ? Buffer.alloc(0)
      : encodeElement(edit.element, styleAround(spot.parent, spot.parent?.inside ?? region));
  return { from: spot.headerOffset, to: spot.end, bytes, tag: spot.tag, container: spot.parent };
}

function demandAllNodes(node: EditNode, seen: ReadonlySet<EditNode>): void {
  const waiting = [node];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (!seen.has(next)) throw new CannotSplice('there is no such item');
    waiting.push(...next.children.values());
  }
}
