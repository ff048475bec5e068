// The second look at a splice: walks what came and what will leave and takes a digest of everything that was not to be
// changed. Values up to 64 KiB are compared by their bytes; longer ones, and pixel data, by standing in the outcome as
// one untouched piece of the received file. Lengths of containers and groups may differ, nothing else may.
import { createHash } from 'node:crypto';
import type { ByteReader } from './byte-reader.ts';
import { undefinedLength, walkElements, WalkStop, type Region, type Spot } from './element-walk.ts';
import { EditTrail, type Edit, type EditNode } from './splice-edits.ts';
import { textOf, textVrOf } from './splice-text.ts';

const mostComparedBytes = 65_536;
const mostTextBytes = 4 * 1_048_576;
const charsetTag = 0x00080005;

export type Look = {
  readonly reader: ByteReader;
  readonly region: Region;
  /** Where bytes stand in the received data; -1 when they do not come from there in one piece. */
  readonly origin: (offset: number, length: number) => number;
  /** Set when text is compared as text, because it was written anew: the character set it is in. */
  readonly textIn: readonly string[] | null;
};

export type Impression = {
  readonly digest: string;
  /** Edits whose element stands in its place, once each. */
  readonly present: ReadonlySet<Edit>;
};

/** What a walk sees outside the edits. `itemsBefore` tells which items of an edited sequence are old ones. */
export async function lookAt(
  look: Look,
  tree: EditNode,
  itemsBefore: ReadonlyMap<Edit, number>,
  guessed: boolean,
): Promise<Impression> {
  const hash = createHash('sha256');
  const trail = new EditTrail(tree);
  const present = new Set<Edit>();
  const ownTerms = new WeakMap<Spot, readonly string[]>();
  let muted: Spot | null = null;
  let marks = '';
  const flush = (): void => {
    hash.update(marks);
    marks = '';
  };
  const mark = (...parts: readonly (string | number | boolean)[]): void => {
    marks += `${parts.join('|')}\n`;
    if (marks.length > 8_192) flush();
  };
  const editOf = (spot: Spot): Edit | undefined => trail.nodeAround(spot)?.edits.get(spot.tag);
  const termsAround = (spot: Spot): readonly string[] => {
    for (let at = spot.parent; at; at = at.parent) {
      const own = ownTerms.get(at);
      if (own) return own;
    }
    return look.textIn ?? [];
  };
  const compareValue = (spot: Spot, value: Buffer | null): void => {
    const isCount = (spot.tag & 0xffff) === 0 || (spot.tag === 0x00080001 && spot.parent === null);
    if (isCount && spot.length === 4) return;
    const vr = look.textIn ? textVrOf(spot) : null;
    if (look.textIn && spot.tag === charsetTag) {
      if (spot.parent && value) ownTerms.set(spot.parent, splitTerms(value));
    } else if (vr && value) {
      mark('text', textOf(value, termsAround(spot), vr, guessed)?.replace(/[ \0]+$/, '') ?? '');
    } else if (value) {
      mark('value', value.length);
      flush();
      hash.update(value);
    } else mark('at', look.origin(spot.valueOffset, spot.end - spot.valueOffset), spot.end - spot.valueOffset);
  };
  try {
    await walkElements(look.reader, look.region, {
      before: (spot) => {
        if (muted) return undefined;
        const edit = editOf(spot);
        const nested = spot.vr === 'SQ' || spot.length === undefinedLength;
        if (edit) {
          present.add(edit);
          if (edit.kind !== 'append' || !itemsBefore.has(edit)) {
            if (nested) muted = spot;
            return undefined;
          }
        }
        mark(spot.depth, spot.tag, spot.vr, spot.vrWritten, spot.length === undefinedLength);
        return undefined;
      },
      wants: (spot) =>
        muted || isHidden(spot) ? 0 : look.textIn && textVrOf(spot) ? mostTextBytes : mostComparedBytes,
      element: (spot, value) => {
        if (muted === spot) muted = null;
        else if (!muted && !isHidden(spot)) compareValue(spot, value);
        return undefined;
      },
      item: (item) => {
        trail.enter(item);
        const edit = item.parent && editOf(item.parent);
        const before = edit ? itemsBefore.get(edit) : undefined;
        if (!muted && edit?.kind === 'append' && before !== undefined && item.index >= before) muted = item;
        if (!muted) mark('item', item.depth, item.length === undefinedLength);
      },
      closed: (spot) => {
        if (muted === spot) muted = null;
        else if (!muted) mark('closed', spot.depth, spot.kind);
      },
    });
    mark('end');
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
    const rest = look.reader.sizeBytes - error.offset;
    mark('stopped', error.reason, look.origin(error.offset, rest), rest);
  }
  flush();
  return { digest: hash.digest('hex'), present };

  function isHidden(spot: Spot): boolean {
    const edit = editOf(spot);
    return edit !== undefined && (edit.kind !== 'append' || !itemsBefore.has(edit));
  }
}

function splitTerms(value: Buffer): readonly string[] {
  return value
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .split('\\');
}
