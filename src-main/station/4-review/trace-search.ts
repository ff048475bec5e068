// Looks into one element for a former identity: as text where it is or may be text, as bytes elsewhere.
import { readingsOf } from './loose-text.ts';
import type { Leaf } from './second-reader.ts';
import type { Identity, IdentityKeyword, Search } from './traces.ts';

/** What was found; or, as a text, why the element could not be judged; or null. */
export type Trace = { readonly keyword: IdentityKeyword; readonly where: string };

const textVrs = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
/** VRs that hold no words, or only words of the standard. */
const wordless = new Set('AE AS AT CS DA DS DT FD FL IS SL SQ SS SV TM UI UL UR US UV'.split(' '));
/** Names and numbers of machines, sites and software may look like an ID and are not one. */
const equipment = new Set([
  0x00080070, 0x00081010, 0x00081090, 0x00181000, 0x00181020, 0x0018100a, 0x00181019, 0x00080080, 0x00080081,
]);
const mostSearchedText = 65_536;
const shortestBytes = 5;

/** @param former the identities whose bytes are looked for where there is no text */
export function findTrace(leaf: Leaf, search: Search, former: readonly Identity[]): Trace | string | null {
  const { tag, vr, value } = leaf;
  if (value === null) {
    if (tag >>> 16 === 0x7fe0) return 'pixels';
    if (tag === 0x00420011) return 'embedded-document';
    return leaf.length > 0 ? 'large-value' : null;
  }
  if (former.length === 0 || value.length === 0 || wordless.has(vr) || equipment.has(tag)) return null;
  if (tag >>> 16 === 0x7fe0) return 'pixels';
  const isText = textVrs.has(vr) || tag >>> 16 === 0x0010;
  const found =
    isText || ((vr === '' || vr === 'UN') && value.length <= mostSearchedText && looksLikeText(value))
      ? inText(leaf, value, search)
      : inBytes(value, former, search);
  return found ? { keyword: found, where: placeOf(leaf) } : null;
}

function inText(leaf: Leaf, value: Buffer, search: Search): IdentityKeyword | null {
  const identifies = leaf.tag >>> 16 === 0x0010;
  for (const text of readingsOf(value, leaf.characterSet)) {
    const found = search.find(text);
    if (found) return found;
    if (!identifies) continue;
    for (const one of text.split('\\')) {
      const whole = search.is(one);
      if (whole) return whole;
    }
  }
  return null;
}

/** The values as they were, in the encodings of our time. */
function inBytes(value: Buffer, former: readonly Identity[], search: Search): IdentityKeyword | null {
  for (const identity of former) {
    for (const keyword of ['PatientName', 'PatientID'] as const) {
      const text = identity[keyword] ?? '';
      // What is not looked for in text, because it is the chosen value or too short, is not looked for here either.
      if (text.length < shortestBytes || !search.find(text)) continue;
      for (const encoding of ['latin1', 'utf8', 'utf16le'] as const) {
        if (value.indexOf(text, 0, encoding) >= 0) return keyword;
      }
    }
  }
  return null;
}

function looksLikeText(bytes: Buffer): boolean {
  for (const byte of bytes.subarray(0, 4096)) {
    if (byte < 0x20 && byte !== 0 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 0x1b)
      return false;
  }
  return true;
}

/** A tag as people write it: (0010,0020). */
export function nameOfTag(tag: number): string {
  const hex = tag.toString(16).padStart(8, '0').toUpperCase();
  return `(${hex.slice(0, 4)},${hex.slice(4)})`;
}

/** Where a leaf stands: `(0040,A730)[2]>(0040,A123)`, items counted from 0. */
export function placeOf(leaf: Leaf): string {
  return [...leaf.path.map(({ tag, item }) => `${nameOfTag(tag)}[${item}]`), nameOfTag(leaf.tag)].join('>');
}
