// Reads what the catalogue wants to know of an object, from the head of its file only: pixel data and large values are
// skipped, so that an object of 4 GB costs what a small one costs.
//
// Odd content never throws: it is told in `flaws`, and `wholeHeaderRead` says whether everything was seen. Dates, sex
// and placeholders are not judged here; who reviews an exam knows what they mean. Refuses, by Problem, what is not
// DICOM (`not-dicom`) and headers beyond two million elements (`header-too-large`).
import { checkValue } from '#contract/shapes/value-rules.ts';
import type { ProblemCode, ProblemNote, ProblemParams } from '#contract/problems.ts';
import type {
  HeaderNumberKeyword,
  HeaderTextKeyword,
  ObjectHeader,
  PixelDataPlace,
} from '#station/model/object-header.ts';
import { Problem } from '#station/kit/problem.ts';
import type { ByteReader } from './byte-reader.ts';
import { characterSetOf } from './character-sets.ts';
import { mostElements, pixelDataTag, undefinedLength, walkElements, WalkStop, type Spot } from './element-walk.ts';
import { judgeGeometry } from './header-geometry.ts';
import { headerTags, lastHeaderTag, type HeaderTag } from './header-tags.ts';
import { openPart10, trimText, type Part10 } from './part10.ts';
import { decodeText, isUtf8 } from './text-decode.ts';
import { endsWithWholePixels } from './tail.ts';
import { isLegalUid } from './uids.ts';

const mostValueBytes = 65_536;
const mostTextCharacters = 1_024;
/** Sequences longer than this are jumped over by their length: per-frame groups may hold a million elements. */
const mostNestedBytes = 65_536;
const deepLevels = 64;

type Found = {
  readonly wanted: HeaderTag;
  readonly vr: string;
  readonly bytes: Buffer;
  readonly littleEndian: boolean;
};

type Gathered = {
  readonly found: Map<number, Found>;
  readonly flaws: ProblemNote[];
  pixelData: PixelDataPlace | null;
  whole: boolean;
};

/**
 * Header of an opened object, of bytes in memory, or of a reader. An opened object stays open; a reader is closed only
 * when it cannot be opened.
 * @throws Problem not-dicom, header-too-large; what the file system throws
 */
export async function readHeader(
  source: Part10 | Buffer | ByteReader,
  options: { readonly name?: string } = {},
): Promise<ObjectHeader> {
  const object = isPart10(source) ? source : await openPart10(source, options);
  const gathered = await gather(object);
  const header = compose(object, gathered);
  const encapsulated = gathered.pixelData !== null && gathered.pixelData.length === null;
  const room = object.elements.reader.sizeBytes - (gathered.pixelData?.offset ?? 0);
  const lie = judgeGeometry(header, encapsulated, room);
  if (lie) gathered.flaws.push({ code: 'geometry-lies', params: lie });
  if (encapsulated !== object.syntax.encapsulated && gathered.pixelData && object.meta?.transferSyntaxUid)
    gathered.flaws.push({ code: 'odd-structure', params: { what: 'pixels-not-as-declared' } });
  return { ...header, flaws: gathered.flaws };
}

function isPart10(source: Part10 | Buffer | ByteReader): source is Part10 {
  return 'elements' in source;
}

async function gather(object: Part10): Promise<Gathered> {
  const gathered: Gathered = { found: new Map(), flaws: [...object.flaws], pixelData: null, whole: false };
  const { found } = gathered;
  const odd = new Set<string>();
  const flaw = (code: ProblemCode, params: ProblemParams) => gathered.flaws.push({ code, params });
  let lastTag = -1;
  let pixelsOver = false;
  const keep = (spot: Spot, value: Buffer | null): void => {
    const wanted = headerTags.get(spot.tag);
    if (!wanted) return;
    if (found.has(spot.tag)) flaw('illegal-value', { keyword: wanted.keyword });
    else if (value)
      found.set(spot.tag, { wanted, vr: spot.vr, bytes: Buffer.from(value), littleEndian: spot.littleEndian });
    else flaw('illegal-value', { keyword: wanted.keyword });
  };
  const note = (spot: Spot): void => {
    if (spot.tag <= lastTag) odd.add('out-of-order');
    lastTag = spot.tag;
    if ((spot.length & 1) === 1 && spot.length !== undefinedLength) odd.add('odd-length');
    if (!spot.vrKnown) odd.add('unknown-vr');
    else if (!spot.vrWritten && object.syntax.explicit) odd.add('vr-not-written');
    if (isPixelData(spot.tag)) {
      const length = spot.length === undefinedLength ? null : spot.length;
      gathered.pixelData ??= { offset: spot.valueOffset, length, vr: spot.vr, tag: spot.tag };
      pixelsOver = true;
    }
  };
  const { reader, region, whole } = object.elements;
  try {
    await walkElements(reader, region, {
      before: (spot) => {
        if (spot.parent === null) note(spot);
        else if (!spot.vrWritten && spot.inside.explicit) odd.add('vr-not-written');
        return undefined;
      },
      wants: (spot) =>
        spot.tag <= lastHeaderTag && spot.parent === null && headerTags.has(spot.tag) ? mostValueBytes : 0,
      element: (spot, value) => {
        if (spot.parent === null && spot.tag <= lastHeaderTag) keep(spot, value);
        return undefined;
      },
      sequence: (spot) => (spot.length > mostNestedBytes && spot.length !== undefinedLength ? 'skip' : 'enter'),
      item: (spot) => {
        if (spot.depth > deepLevels) odd.add('deep-nesting');
      },
      fragments: (spot) => (spot.parent === null && isPixelData(spot.tag) ? 'stop' : 'walk'),
    });
    gathered.whole = true;
    const open = gathered.pixelData !== null && gathered.pixelData.length === null;
    if (open && whole && !(await endsWithWholePixels(reader, gathered.pixelData?.offset ?? 0, region.littleEndian)))
      flaw('truncated', { name: object.name, expected: 0, found: reader.sizeBytes });
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
    if (error.reason === 'too-many')
      throw new Problem('header-too-large', { name: object.name, limit: mostElements }, { cause: error });
    judgeStop(error, object, pixelsOver, gathered, odd);
  }
  if (!whole && object.syntax.deflated) odd.add('inflates-too-much');
  for (const what of odd) flaw('odd-structure', { what });
  return gathered;
}

/** A walk that ended early: cut off in or behind the pixels is one thing, a header that nobody can read another. */
function judgeStop(stop: WalkStop, object: Part10, pixelsOver: boolean, gathered: Gathered, odd: Set<string>): void {
  const { name } = object;
  const inPixels = stop.spot !== null && stop.spot.parent === null && stop.spot.tag >= 0x7fe00008;
  gathered.whole = pixelsOver;
  if (!object.elements.whole && object.syntax.deflated) return;
  if (stop.reason === 'truncated' && inPixels) {
    const params = { name, expected: stop.expected, found: stop.found };
    gathered.flaws.push({ code: 'truncated', params });
  } else if (pixelsOver) odd.add('trailing-bytes');
  else gathered.flaws.push({ code: 'unreadable-header', params: { name, offset: stop.offset } });
}

function isPixelData(tag: number): boolean {
  return tag === pixelDataTag || tag === 0x7fe00008 || tag === 0x7fe00009;
}

function compose(object: Part10, gathered: Gathered): Omit<ObjectHeader, 'flaws'> {
  const { found, flaws } = gathered;
  const charset = found.get(0x00080005);
  const terms = charset ? splitValues(charset.bytes.toString('latin1')) : [];
  if (characterSetOf(terms).kind === 'unknown')
    flaws.push({ code: 'illegal-value', params: { keyword: 'SpecificCharacterSet' } });
  const texts: Partial<Record<HeaderTextKeyword, string>> = {};
  const numbers: Partial<Record<HeaderNumberKeyword, number | null>> = {};
  const lists: Partial<Record<'WindowCenter' | 'WindowWidth', readonly number[]>> = {};
  const illegal = (keyword: string) => {
    if (!flaws.some(({ code, params }) => code === 'illegal-value' && params['keyword'] === keyword))
      flaws.push({ code: 'illegal-value', params: { keyword } });
  };
  let textSends: ObjectHeader['textSends'] = '';
  const unsound = (keyword: string, bytes: Buffer) => {
    flaws.push({ code: 'undecodable-text', params: { keyword } });
    if (textSends !== 'other') textSends = isUtf8(bytes) ? 'UTF-8' : 'other';
  };
  for (const wanted of headerTags.values()) {
    const value = found.get(wanted.tag);
    if (wanted.kind === 'text') texts[wanted.keyword] = value ? readText(value, terms, unsound, illegal) : '';
    else if (wanted.kind === 'number') {
      numbers[wanted.keyword] = value ? (readNumbers(value, illegal)[0] ?? null) : null;
    } else if (wanted.kind === 'numbers') lists[wanted.keyword] = value ? readNumbers(value, illegal) : [];
  }
  for (const [keyword, fromMeta] of [
    ['StudyInstanceUID', null],
    ['SeriesInstanceUID', null],
    ['SOPInstanceUID', object.meta?.sopInstanceUid ?? null],
    ['SOPClassUID', object.meta?.sopClassUid ?? null],
  ] as const) {
    const uid = texts[keyword] ?? '';
    if (uid === '') flaws.push({ code: 'missing-uid', params: { keyword } });
    else if (!isLegalUid(uid)) flaws.push({ code: 'illegal-uid', params: { keyword } });
    else if (fromMeta && fromMeta !== uid) flaws.push({ code: 'uid-mismatch', params: { keyword } });
    if (keyword === 'SOPClassUID' && uid === '' && fromMeta) texts.SOPClassUID = fromMeta;
  }
  return {
    ...(texts as Record<HeaderTextKeyword, string>),
    ...(numbers as Record<HeaderNumberKeyword, number | null>),
    WindowCenter: lists.WindowCenter ?? [],
    WindowWidth: lists.WindowWidth ?? [],
    SpecificCharacterSet: terms,
    textSends,
    transferSyntaxUid: object.syntax.uid,
    dataSetOffset: object.dataSetOffset,
    hasPixelData: gathered.pixelData !== null,
    pixelData: gathered.pixelData,
    wholeHeaderRead: gathered.whole,
  };
}

// Judged by who knows what they mean, not here.
const judgedElsewhere = new Set(['PatientBirthDate', 'PatientSex', 'StudyDate', 'StudyTime']);

function readText(
  { wanted, bytes }: Found,
  terms: readonly string[],
  unsound: (keyword: string, bytes: Buffer) => void,
  illegal: (keyword: string) => void,
): string {
  const { keyword, vr } = wanted;
  const { text, sound } = decodeText(bytes, terms, vr);
  if (!sound) unsound(keyword, bytes);
  const trimmed = trimText(text);
  if (vr === 'UI') {
    // A UID is padded with one zero; blanks in or around it are not part of any UID.
    return trimmed.slice(0, mostTextCharacters);
  }
  if (!judgedElsewhere.has(keyword)) {
    const values = keyword === 'OperatorsName' ? trimmed.split('\\') : [trimmed];
    if (values.some((value) => !checkValue(vr, trimText(value)).ok)) illegal(keyword);
  }
  return trimmed.slice(0, mostTextCharacters);
}

function readNumbers({ wanted, vr, bytes, littleEndian: little }: Found, illegal: (keyword: string) => void): number[] {
  const { keyword } = wanted;
  if (bytes.length === 0) return [];
  if (wanted.vr === 'US') {
    const size = vr === 'UL' || vr === 'SL' ? 4 : 2;
    if (['US', 'SS', 'UL', 'SL', 'UN', 'OW'].includes(vr) && bytes.length === size)
      return [little ? bytes.readUIntLE(0, size) : bytes.readUIntBE(0, size)];
    illegal(keyword);
    if (vr === 'US' || vr === 'SS')
      return bytes.length > 2 ? [little ? bytes.readUInt16LE(0) : bytes.readUInt16BE(0)] : [];
    return textNumbers(bytes, () => undefined);
  }
  return textNumbers(bytes, (text) => {
    if (!checkValue(wanted.vr, text).ok) illegal(keyword);
  });
}

function textNumbers(bytes: Buffer, judge: (text: string) => void): number[] {
  const numbers: number[] = [];
  for (const text of splitValues(bytes.toString('latin1', 0, mostTextCharacters))) {
    if (text === '') continue;
    judge(text);
    const number = Number(text);
    if (Number.isFinite(number)) numbers.push(number);
  }
  return numbers;
}

function splitValues(text: string): string[] {
  const values = text.split('\\').map(trimText);
  return values.length === 1 && values[0] === '' ? [] : values.slice(0, 32);
}
