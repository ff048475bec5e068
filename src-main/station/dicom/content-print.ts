// What an object says, apart from how it is written: a digest of each element at the top that is the same in every
// transfer syntax, and words for those who look at two objects side by side.
//
// Left out: pixel data and its offset tables, group lengths, trailing padding, planar configuration, the remark of a
// lossless compressor; colour models that follow from the compression count as one. Byte order, lengths of sequences and padding of text make no difference.
// Reads piece by piece and keeps nothing of large values. Says 'unreadable' for what cannot be walked to its end.
import { createHash, type Hash } from 'node:crypto';
import { readerOfBuffer } from './byte-reader.ts';
import { keywordOf, vrOf } from './dictionary.ts';
import { walkElements, WalkStop, type Spot, type Visitor } from './element-walk.ts';
import type { Part10 } from './part10.ts';
import { decodeText } from './text-decode.ts';

export type ElementPrint = {
  readonly tag: number;
  /** SHA-256 of what it says. */
  readonly sha256: string;
  /** For a person; at most 96 characters, '' for what is empty. */
  readonly shown: string;
};

export type ContentPrint =
  | { readonly kind: 'read'; readonly sha256: string; readonly elements: readonly ElementPrint[] }
  | { readonly kind: 'unreadable' };

export type ContentDifference = {
  /** Eight hexadecimal digits. */
  readonly tag: string;
  readonly keyword: string;
  readonly first: string;
  readonly second: string;
};

const mostWantedBytes = 65_536;
const mostShown = 96;
const chunkBytes = 262_144;
const photometric = 0x00280004;
const derivation = 0x00082111;
const characterSet = 0x00080005;
const leftOut = new Set([
  0x00080001, 0x00280006, 0x7fe00001, 0x7fe00002, 0x7fe00008, 0x7fe00009, 0x7fe00010, 0xfffcfffc,
]);
const texts = new Set('AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT'.split(' '));
const wordBytes: Readonly<Record<string, number>> = {
  ...{ US: 2, SS: 2, OW: 2, AT: 2 },
  ...{ UL: 4, SL: 4, FL: 4, OF: 4, OL: 4 },
  ...{ FD: 8, OD: 8, SV: 8, UV: 8, OV: 8 },
};

/** Reads the elements of an opened object, which stays open. Throws only what reading the disk throws. */
export async function printContent(object: Part10): Promise<ContentPrint> {
  const { reader, region, whole } = object.elements;
  if (!whole) return { kind: 'unreadable' };
  const drafts: Draft[] = [];
  try {
    await walkElements(reader, region, printer(drafts));
    for (const draft of drafts) if (draft.inside) await printInside(draft, draft.inside);
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
    return { kind: 'unreadable' };
  }
  const elements: ElementPrint[] = [];
  const all = createHash('sha256');
  for (const { tag, hash, shown, late, says } of drafts) {
    if (!says) continue;
    for (const place of late) await hashRange(object, place, hash);
    const sha256 = hash.digest('hex');
    all.update(`${tag}:${sha256};`);
    elements.push({ tag, sha256, shown });
  }
  return { kind: 'read', sha256: all.digest('hex'), elements };
}

/** The elements in which two objects differ, in the order of tags; the words for each side are '' where it is not there. */
export function findContentDifferences(
  first: readonly ElementPrint[],
  second: readonly ElementPrint[],
  most: number,
): { readonly differences: readonly ContentDifference[]; readonly more: number } {
  const one = new Map(first.map((element) => [element.tag, element]));
  const other = new Map(second.map((element) => [element.tag, element]));
  const tags = [...new Set([...one.keys(), ...other.keys()])].toSorted((a, b) => a - b);
  const differing = tags.filter((tag) => one.get(tag)?.sha256 !== other.get(tag)?.sha256);
  const differences = differing.slice(0, most).map((tag) => ({
    tag: tag.toString(16).padStart(8, '0').toUpperCase(),
    keyword: keywordOf(tag),
    first: one.get(tag)?.shown ?? '',
    second: other.get(tag)?.shown ?? '',
  }));
  return { differences, more: differing.length - differences.length };
}

type Late = { readonly start: number; readonly end: number; readonly word: number };
type Draft = {
  readonly tag: number;
  readonly hash: Hash;
  shown: string;
  readonly late: Late[];
  /** Bytes of a sequence that its writer could not name. */
  inside: Buffer | undefined;
  /** False for what is there only because of how the pixels are written. */
  says: boolean;
};

/** What the walk does with each element; those at the top become drafts, or all go into the one that is given. */
function printer(drafts: Draft[], given?: Draft): Visitor {
  let draft: Draft | undefined;
  let terms: readonly string[] = [];
  const begin = (spot: Spot): Draft | undefined => {
    if (spot.parent !== null) return draft;
    draft = given ?? (isLeftOut(spot.tag) ? undefined : newDraft(spot.tag));
    if (draft && !given) drafts.push(draft);
    return draft;
  };
  return {
    wants: (spot) => (spot.parent === null && isLeftOut(spot.tag) ? 0 : mostWantedBytes),
    sequence: (spot) => {
      const here = begin(spot);
      here?.hash.update(`sq${spot.tag}:${spot.depth};`);
      if (here && spot.parent === null) here.shown = '…';
      return 'enter';
    },
    item: (spot) => draft?.hash.update(`item${spot.index}:${spot.depth};`),
    element: (spot, value) => {
      const here = begin(spot);
      const atTop = spot.parent === null;
      if (!here || (!atTop && (spot.tag & 0xffff) === 0)) return undefined;
      if (spot.tag === characterSet && atTop && value) terms = termsOf(value);
      if (value && atTop && isUnnamedSequence(spot, value)) {
        here.inside = Buffer.from(value);
        here.shown = '…';
        return undefined;
      }
      here.hash.update(`el${spot.tag}:${spot.depth};`);
      if (value) {
        here.hash.update(canonical(spot, value)).update(';');
        if (atTop) here.shown = show(spot, value, terms);
        if (atTop && spot.tag === derivation) here.says = !/lossless.*compress/i.test(value.toString('latin1'));
      } else if (spot.length > 0 && spot.end >= 0) {
        here.late.push({ start: spot.valueOffset, end: spot.end, word: wordOf(spot) });
        if (atTop) here.shown = `${spot.length} bytes`;
      }
      return undefined;
    },
  };
}

const newDraft = (tag: number): Draft => ({
  tag,
  hash: createHash('sha256'),
  shown: '',
  late: [],
  inside: undefined,
  says: true,
});

/** A private sequence in an implicit file has no VR, and nobody but its maker knows that it is one. */
function isUnnamedSequence(spot: Spot, value: Buffer): boolean {
  return vrOfSpot(spot) === 'UN' && spot.littleEndian && value.length >= 8 && value.readUInt32LE(0) === 0xe000fffe;
}

/** Walks such a sequence as if it had been named (PS3.5 6.2.2). */
async function printInside(draft: Draft, value: Buffer): Promise<void> {
  const head = Buffer.alloc(8, 0xff);
  head.writeUInt16LE(draft.tag >>> 16, 0);
  head.writeUInt16LE(draft.tag & 0xffff, 2);
  const whole = Buffer.concat([head, value, Buffer.from('feffdde000000000', 'hex')]);
  const region = { explicit: false, littleEndian: true, start: 0, end: whole.length };
  try {
    await walkElements(readerOfBuffer(whole), region, printer([], draft));
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
    draft.hash.update(value);
  }
}

const isLeftOut = (tag: number) => (tag & 0xffff) === 0 || leftOut.has(tag);

/** VR as written; where it is not, or only as unknown, the one of the dictionary. */
const vrOfSpot = (spot: Spot) => (spot.vrWritten && spot.vr !== 'UN' ? spot.vr : vrOf(spot.tag));

/** Bytes of a word that has to be turned; 1 when nothing has. */
const wordOf = (spot: Spot) => (spot.littleEndian ? 1 : (wordBytes[vrOfSpot(spot)] ?? 1));

function canonical(spot: Spot, value: Buffer): Buffer | string {
  if (spot.tag === photometric && spot.parent === null) {
    const model = withoutPadding(value).toString('latin1').trim();
    return model === 'RGB' || model.startsWith('YBR') ? 'COLOUR' : model;
  }
  // What only some writers can name keeps its bytes: there nobody can tell padding from a number.
  if (texts.has(vrOf(spot.tag))) return withoutPadding(value);
  return turned(value, wordOf(spot));
}

/** Text is padded with a blank, UIDs with a zero byte (PS3.5 6.2). */
function withoutPadding(value: Buffer): Buffer {
  let end = value.length;
  while (end > 0 && (value[end - 1] === 0x20 || value[end - 1] === 0)) end--;
  return value.subarray(0, end);
}

function turned(value: Buffer, word: number): Buffer {
  if (word === 1 || value.length % word !== 0) return value;
  const own = Buffer.from(value);
  return word === 2 ? own.swap16() : word === 4 ? own.swap32() : own.swap64();
}

async function hashRange({ elements: { reader } }: Part10, { start, end, word }: Late, hash: Hash): Promise<void> {
  for (let at = start; at < end;) {
    const most = Math.min(chunkBytes, end - at);
    const chunk = await reader.read(at, most);
    if (chunk.length === 0) return;
    hash.update(turned(chunk, word));
    at += chunk.length;
  }
}

const termsOf = (value: Buffer) =>
  withoutPadding(value)
    .toString('latin1')
    .split('\\')
    .map((term) => term.trim());

function show(spot: Spot, value: Buffer, terms: readonly string[]): string {
  const vr = vrOfSpot(spot);
  const clip = (text: string) => (text.length > mostShown ? `${text.slice(0, mostShown - 1)}…` : text);
  if (texts.has(vr))
    return clip(
      decodeText(withoutPadding(value), terms, vr)
        .text.replace(/\p{C}+/gu, ' ')
        .trim(),
    );
  const word = wordBytes[vr];
  if (word === undefined || value.length > 64 || value.length % word !== 0) return `${value.length} bytes`;
  const view = turned(value, wordOf(spot));
  return clip(Array.from({ length: value.length / word }, (_, i) => numberAt(view, i * word, vr)).join('\\'));
}

function numberAt(view: Buffer, at: number, vr: string): string {
  if (vr === 'SS') return String(view.readInt16LE(at));
  if (vr === 'FL') return String(view.readFloatLE(at));
  if (vr === 'FD') return String(view.readDoubleLE(at));
  if (vr === 'SL') return String(view.readInt32LE(at));
  if (vr === 'US') return String(view.readUInt16LE(at));
  if (vr === 'UL') return String(view.readUInt32LE(at));
  return view.subarray(at, at + (wordBytes[vr] ?? 1)).toString('hex');
}
