// The data dictionary (PS3.6): keyword, tag, VR. Read from dcmjs at the first question; private elements are not in it.
// @ts-expect-error -- dcmjs ships no types for its dictionary
import { dictionary } from 'dcmjs/dictionary';

type Row = { readonly tag: string; readonly vr: string; readonly name: string };

type Books = {
  readonly vrByTag: ReadonlyMap<number, string>;
  readonly keywordByTag: ReadonlyMap<number, string>;
  readonly tagByKeyword: ReadonlyMap<string, number>;
  /** US or SS, as Pixel Representation says. */
  readonly signedByChoice: ReadonlySet<number>;
};

// dcmjs gives a choice of VRs a name of its own; the one taken here is what an implicit reader may assume.
const chosenVr: Readonly<Record<string, string>> = { ox: 'OW', xs: 'US', lt: 'OW', up: 'UL', na: '' };

let books: Books | undefined;

function openBooks(): Books {
  if (books) return books;
  const vrByTag = new Map<number, string>();
  const keywordByTag = new Map<number, string>();
  const tagByKeyword = new Map<string, number>();
  const signedByChoice = new Set<number>();
  for (const { tag, vr, name } of Object.values(dictionary as Readonly<Record<string, Row>>)) {
    const found = /^\(([0-9A-Fa-f]{4})(?:-[0-9A-Fa-f]{4})?,([0-9A-Fa-f]{4})\)$/.exec(tag);
    if (!found) continue;
    const number = parseInt(`${found[1]}${found[2]}`, 16);
    const keyword = name.replace(/^RETIRED_/, '');
    if (!vrByTag.has(number)) vrByTag.set(number, chosenVr[vr] ?? vr);
    if (vr === 'xs') signedByChoice.add(number);
    if (!keywordByTag.has(number)) keywordByTag.set(number, keyword);
    if (!tagByKeyword.has(keyword)) tagByKeyword.set(keyword, number);
  }
  books = { vrByTag, keywordByTag, tagByKeyword, signedByChoice };
  return books;
}

/** Curves and overlays repeat over 16 groups (PS3.5 7.6); they are looked up as the first of them. */
function firstOfRepeating(tag: number): number {
  const group = tag >>> 16;
  const family = group & 0xff00;
  if ((family === 0x5000 || family === 0x6000) && (group & 1) === 0) return ((family << 16) | (tag & 0xffff)) >>> 0;
  return tag;
}

/** The tag of a keyword as a number, (0010,0010) is 0x00100010; undefined when PS3.6 does not know it. */
export function tagOf(keyword: string): number | undefined {
  return openBooks().tagByKeyword.get(keyword);
}

/** The VR of a tag: UL for group lengths, LO for private creators, 'UN' for what is not known. */
export function vrOf(tag: number): string {
  const group = tag >>> 16;
  const element = tag & 0xffff;
  if (element === 0) return 'UL';
  if ((group & 1) === 1) return element >= 0x10 && element <= 0xff ? 'LO' : 'UN';
  return openBooks().vrByTag.get(firstOfRepeating(tag)) ?? 'UN';
}

/** True when it is SS instead of US in an object whose pixels are signed (PS3.5 A.1, "US or SS" of PS3.6). */
export function isSignedByChoice(tag: number): boolean {
  return openBooks().signedByChoice.has(firstOfRepeating(tag));
}

/** The keyword of a tag; eight hexadecimal digits for what PS3.6 does not name. */
export function keywordOf(tag: number): string {
  return openBooks().keywordByTag.get(firstOfRepeating(tag)) ?? tag.toString(16).padStart(8, '0').toUpperCase();
}
