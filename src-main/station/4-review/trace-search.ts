// Looks into one element for a former identity: as text where it is or may be text, as runs of text elsewhere, in
// documents as far as they can be read without drawing them.
import { fromBase64, isPacked, textRuns, textsOfPdf, wideTexts, withoutMarkup } from './hidden-text.ts';
import { otherReadingsOf, readingsOf } from './loose-text.ts';
import type { Leaf } from './second-reader.ts';
import type { IdentityKeyword, Search } from './traces.ts';

/** What was found and where: `where` is a tag path such as `(0040,A730)[2]>(0040,A123)`. */
export type Trace = { readonly keyword: IdentityKeyword; readonly where: string };

export type Look = {
  readonly trace: Trace | null;
  /** Why it could not be judged, or not to the end; '' when it could. Keys into text/. */
  readonly notJudged:
    '' | 'pixels' | 'overlay' | 'embedded-document' | 'large-value' | 'packed-value' | 'uid' | 'number';
};

const textVrs = new Set('LO LT PN SH ST UC UT UR CS AE'.split(' '));
/** VRs that hold numbers and times. */
const wordless = new Set('AS AT DA DS DT FD FL IS SL SQ SS SV TM UL US UV'.split(' '));
/** Names and numbers of machines and software may look like an ID and are not one. */
const equipment = new Set([
  0x00080070, 0x00081010, 0x00081090, 0x00181000, 0x00181020, 0x0018100a, 0x00181019, 0x00080055, 0x00080080,
  0x00080081,
]);
/** Attributes that say who somebody is: there a value counts as a whole, however common it is. */
const identifying: ReadonlyMap<number, readonly IdentityKeyword[]> = new Map([
  [0x00100010, ['PatientName', 'OtherPatientNames']],
  [0x00100020, ['PatientID', 'OtherPatientIDs']],
  [0x00100030, ['PatientBirthDate']],
  [0x00101000, ['PatientID', 'OtherPatientIDs']],
  [0x00101001, ['PatientName', 'OtherPatientNames']],
  [0x00101005, ['PatientName']],
  [0x00080050, ['AccessionNumber']],
]);
/** Numbers of the order: they may be made of a former accession number, and are rewritten only with an order. */
const orderNumbers = new Set([0x00200010, 0x00400253, 0x00401001, 0x00400009, 0x00402016, 0x00402017]);
/** They name a container or a specimen, which laboratories number by the accession; its label stays what it is. */
const specimenNumbers = new Set([0x00400512, 0x00400551]);
const textAmongNumbers = new Set([0x00180010, 0x00181030, 0x00181400, 0x00181401, 0x00200010, 0x00204000, 0x00280303]);
const pixelGroups = new Set([0x7fe0]);
const embeddedDocument = 0x00420011;
const mostDocumentBytes = 16 * 1_048_576;
const nothing: Look = { trace: null, notJudged: '' };

/** @param withOrder true when an order was given to the exam, so that its numbers were written anew */
export function findTrace(leaf: Leaf, search: Search, withOrder = false): Look {
  const { tag, vr, value } = leaf;
  const group = tag >>> 16;
  if (value === null) {
    if (pixelGroups.has(group)) return { trace: null, notJudged: 'pixels' };
    if (tag === embeddedDocument) return { trace: null, notJudged: 'embedded-document' };
    return leaf.length > 0 ? { trace: null, notJudged: 'large-value' } : nothing;
  }
  if (search.values.length === 0 || value.length === 0) return nothing;
  if (pixelGroups.has(group)) return { trace: null, notJudged: 'pixels' };
  if (isOverlay(tag)) return { trace: null, notJudged: 'overlay' };
  const found = (keyword: IdentityKeyword | null): Look => {
    if (keyword === null) return nothing;
    // What is derived from an accession number stays unless an order says otherwise.
    if (keyword === 'AccessionNumber' && (specimenNumbers.has(tag) || (orderNumbers.has(tag) && !withOrder)))
      return { trace: null, notJudged: 'number' };
    return { trace: { keyword, where: placeOf(leaf) }, notJudged: '' };
  };
  const whole = identifying.get(tag);
  if (whole) {
    for (const text of readingsOf(value, leaf.characterSet)) {
      for (const one of [text, ...text.split('\\')]) {
        const hit = search.is(one, whole);
        if (hit) return found(hit);
      }
    }
  }
  if (wordless.has(vr))
    return group % 2 === 1 && (vr === 'IS' || vr === 'DA') ? found(inNumber(value, vr, search)) : nothing;
  if (vr === 'UI')
    return search.find(value.toString('latin1').replaceAll('.', ' ')) ? { trace: null, notJudged: 'uid' } : nothing;
  if (vr === '' && mayBeNumber(tag) && isNumeric(value)) return nothing;
  const hit = tag === embeddedDocument ? inDocument(value, search) : inValue(leaf, value, search);
  const isPardoned = hit !== null && equipment.has(tag) && hit !== 'PatientName' && hit !== 'OtherPatientNames';
  const look = isPardoned ? nothing : found(hit);
  if (look.trace || tag !== embeddedDocument) {
    return look.trace || textVrs.has(vr) || !isPacked(value) ? look : { trace: null, notJudged: 'packed-value' };
  }
  return isMarkup(value) ? look : { trace: null, notJudged: 'embedded-document' };
}

/** What lies in front of the data set: the preamble and the File Meta Information. */
export function findTraceInFront(front: Buffer, search: Search): IdentityKeyword | null {
  return search.values.length === 0 ? null : inBytes(front, search);
}

function inValue(leaf: Leaf, value: Buffer, search: Search): IdentityKeyword | null {
  const { vr, characterSet } = leaf;
  if (textVrs.has(vr) || looksLikeText(value)) return inText(value, characterSet, search);
  return inBytes(value, search);
}

function inText(value: Buffer, characterSet: readonly string[], search: Search): IdentityKeyword | null {
  const readings = new Set(readingsOf(value, characterSet));
  if (search.beyondAscii) for (const text of otherReadingsOf(value)) readings.add(text);
  for (const text of readings) {
    const found = search.find(text) ?? search.find(withoutMarkup(text));
    if (found) return found;
  }
  const unpacked = fromBase64(value.toString('latin1'));
  return unpacked && !isPacked(unpacked) ? inBytes(unpacked, search) : null;
}

function inBytes(value: Buffer, search: Search): IdentityKeyword | null {
  const runs = textRuns(value);
  if (runs.length > 0) {
    // One look at all runs: a search is dear, a run is short.
    const found = inText(Buffer.concat(runs.flatMap((run) => [run, lineEnd])), [], search);
    if (found) return found;
  }
  for (const text of wideTexts(value, search.beyondAscii)) {
    const found = search.find(text) ?? search.find(byScript(text));
    if (found) return found;
  }
  return null;
}

/** What stands beside a name by chance is of another script, and no part of it. */
function byScript(text: string): string {
  return (text.match(scripts) ?? []).join(' ');
}

const scripts =
  /[0-9A-Za-z\u00c0-\u017f^ .,/-]+|\p{Script=Cyrillic}+|\p{Script=Greek}+|\p{Script=Hebrew}+|\p{Script=Arabic}+|\p{Script=Hangul}+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]+|\p{Script=Thai}+/gu;
const lineEnd = Buffer.from('\n');

function inDocument(value: Buffer, search: Search): IdentityKeyword | null {
  if (!value.subarray(0, 1024).includes('%PDF-'))
    return inText(value, ['ISO_IR 192'], search) ?? inBytes(value, search);
  const texts = textsOfPdf(value.subarray(0, mostDocumentBytes)).join('\n');
  return search.find(texts) ?? search.find(withoutMarkup(texts));
}

const isMarkup = (value: Buffer) => /^(?:\xef\xbb\xbf)?\s*</.test(value.toString('latin1', 0, 64));

/** A private number counts only as a whole. */
function inNumber(value: Buffer, vr: string, search: Search): IdentityKeyword | null {
  const keywords = vr === 'DA' ? (['PatientBirthDate'] as const) : (['PatientID', 'OtherPatientIDs'] as const);
  for (const one of value.toString('latin1').split('\\')) {
    const text = one.replace(/[\0 ]/g, '');
    if (text.length < 6) continue;
    const found = search.is(text, keywords);
    if (found) return found;
  }
  return null;
}

/** Where VRs are not written: groups in which numbers stand as text. */
function mayBeNumber(tag: number): boolean {
  const group = tag >>> 16;
  if (textAmongNumbers.has(tag)) return false;
  return (
    [0x0018, 0x0020, 0x0028, 0x0050, 0x0054, 0x2010, 0x2020].includes(group) || (group >= 0x3000 && group < 0x3100)
  );
}

const isNumeric = (value: Buffer) => /^[-+0-9.eE\\ \0]*$/.test(value.toString('latin1', 0, 4096));

const isOverlay = (tag: number) => tag >>> 24 === 0x60 && (tag & 0xffff) === 0x3000;

function looksLikeText(bytes: Buffer): boolean {
  for (const byte of bytes.subarray(0, 4096)) {
    if (byte < 0x20 && byte !== 9 && byte !== 10 && byte !== 12 && byte !== 13 && byte !== 0x1b) return false;
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
