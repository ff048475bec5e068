// Compares what leaves with what was received: all that no rule names must be the same. Shares no code with the writer.
//
// Elements are compared by their bytes or the digest of them. Where that may differ by the rules (all text was written anew in
// UTF-8, or a sequence repeated the name of the patient), leaf by leaf: the same bytes, the same text, or a former
// identity that gave way to the chosen one.
import { createHash } from 'node:crypto';
import { readCopy, type Copy } from './copy-reading.ts';
import { readingsOf, withoutPadding } from './loose-text.ts';
import type { Leaf, Summary } from './second-reader.ts';
import { placeOf, nameOfTag } from './trace-search.ts';

export type Allowed = {
  /** Tags at the top that may differ. The group lengths of their groups follow from them. */
  readonly tags: ReadonlySet<number>;
  /** True when the character set changed and all text was written anew. */
  readonly rewritten: boolean;
  /** True when one text may give way to the other inside of a sequence. */
  mayReplace(tag: number, before: string, after: string): boolean;
};

/** What a correction may take away: void signatures, other names and IDs of the wrong patient. */
const mayGo = new Set([0xfffafffa, 0x4ffe0001, 0x00101000, 0x00101001, 0x00101002]);
/** Counts over everything behind it (retired); follows from what changes. */
const lengthToEnd = 0x00080001;
const mostLeaves = 500_000;
const mostTextBytes = 65_536;

/** Where the first difference is that no rule allows, or null. */
export async function findDifference(
  received: { readonly copy: Copy; readonly summary: Summary },
  outgoing: { readonly copy: Copy; readonly summary: Summary },
  allowed: Allowed,
): Promise<string | null> {
  const before = received.summary.top;
  const after = outgoing.summary.top;
  const left = new Set(after.map(({ tag }) => tag));
  const gone = new Set(before.map(({ tag }) => tag).filter((tag) => mayGo.has(tag) && !left.has(tag)));
  const groups = new Set([...allowed.tags, ...gone].map((tag) => tag >>> 16));
  const isFree = (tag: number) =>
    allowed.tags.has(tag) || gone.has(tag) || tag === lengthToEnd || ((tag & 0xffff) === 0 && groups.has(tag >>> 16));

  const one = before.filter(({ tag }) => !isFree(tag));
  const other = after.filter(({ tag }) => !isFree(tag));
  const suspects = new Set<number>();
  for (let i = 0; i < Math.max(one.length, other.length); i++) {
    const a = one[i];
    const b = other[i];
    if (a?.tag !== b?.tag || !a || !b) return nameOfTag(a?.tag ?? b?.tag ?? 0);
    if (a.print === b.print) continue;
    // Group lengths count text that was written anew.
    if (allowed.rewritten && (a.tag & 0xffff) === 0) continue;
    if (!allowed.rewritten && a.items === 0) return nameOfTag(a.tag);
    if (a.items !== b.items) return nameOfTag(a.tag);
    suspects.add(a.tag);
  }
  return suspects.size === 0 ? null : compareLeaves(received.copy, outgoing.copy, suspects, allowed);
}

type Print = {
  readonly where: string;
  readonly tag: number;
  readonly bytes: string;
  readonly texts: readonly string[];
};

async function compareLeaves(
  received: Copy,
  outgoing: Copy,
  suspects: ReadonlySet<number>,
  allowed: Allowed,
): Promise<string | null> {
  const before = await printLeaves(received, suspects);
  const after = await printLeaves(outgoing, suspects);
  if (before.length >= mostLeaves) return 'too many elements';
  for (let i = 0; i < Math.max(before.length, after.length); i++) {
    const a = before[i];
    const b = after[i];
    if (!a || !b || a.where !== b.where) return a?.where ?? b?.where ?? '';
    if (a.bytes === b.bytes || isCount(a.tag)) continue;
    if (allowed.rewritten && a.tag === 0x00080005) continue;
    if (allowed.rewritten && a.texts.some((text) => b.texts.includes(text))) continue;
    if (a.texts.some((from) => b.texts.some((to) => allowed.mayReplace(a.tag, from, to)))) continue;
    return a.where;
  }
  return null;
}

const isCount = (tag: number) => (tag & 0xffff) === 0;

async function printLeaves(copy: Copy, suspects: ReadonlySet<number>): Promise<Print[]> {
  const prints: Print[] = [];
  await readCopy(copy, (leaf) => {
    const top = leaf.path[0]?.tag ?? leaf.tag;
    if (suspects.has(top) && prints.length < mostLeaves) prints.push(printOf(leaf));
  });
  return prints;
}

function printOf(leaf: Leaf): Print {
  const { tag, value } = leaf;
  const where = placeOf(leaf);
  // What is too long to be shown differs unless it is the whole of an element at the top, which was compared by digest.
  if (!value) return { where, tag, bytes: `${where} of ${leaf.length} bytes`, texts: [] };
  const bytes = value.length > 64 ? createHash('sha256').update(value).digest('base64') : value.toString('latin1');
  const texts = value.length > mostTextBytes ? [] : readingsOf(value, leaf.characterSet).map(withoutPadding);
  return { where, tag, bytes, texts };
}
