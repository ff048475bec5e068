// What an object brought, as bytes: the values that a correction takes the place of, and where the patient is named once
// more inside of sequences. Reads no pixels; keeps up to 4 MiB of values.
import { Problem } from '#station/kit/problem.ts';
import {
  pixelDataTag,
  undefinedLength,
  walkElements,
  WalkStop,
  type Part10,
  type PathStep,
  type Spot,
} from '#station/dicom/index.ts';

const originalAttributes = 0x04000561;
/** Attributes that sequences may repeat. */
const repeatedTags = { PatientName: 0x00100010, PatientID: 0x00100020, AccessionNumber: 0x00080050 } as const;
export type RepeatedKeyword = keyof typeof repeatedTags;
const keywordsByTag = new Map(
  (Object.entries(repeatedTags) as [RepeatedKeyword, number][]).map(([keyword, tag]) => [tag, keyword]),
);
const mostPriorBytes = 4 * 1_048_576;

export type PriorValue = { readonly tag: number; readonly vr: string; readonly bytes: Buffer };

export type NestedIdentity = {
  readonly path: readonly PathStep[];
  readonly tag: number;
  readonly vr: string;
  /** Which attribute of the top level it repeats. */
  readonly repeats: RepeatedKeyword;
  readonly bytes: Buffer;
};

export type PriorValues = {
  /** Top-level elements of the asked tags, those that are there. */
  readonly values: ReadonlyMap<number, PriorValue>;
  /** Names, IDs and accessions in sequences that are, to the byte, those of the top level as received. */
  readonly nested: readonly NestedIdentity[];
};

/**
 * @param asked tags at the top level whose bytes are wanted
 * @param repeated which attributes are looked for in sequences
 * @throws Problem 'correction-impossible' when the header cannot be read or what is to be kept is too large
 */
export async function readPriorValues(
  object: Part10,
  asked: ReadonlySet<number>,
  repeated: ReadonlySet<RepeatedKeyword>,
  objectId: string,
): Promise<PriorValues> {
  const refuse = (reason: string) => new Problem('correction-impossible', { object: objectId, reason });
  const { reader, region } = object.elements;
  const spots = new Map<number, Spot>();
  const named: { readonly spot: Spot; readonly bytes: Buffer; readonly repeats: RepeatedKeyword }[] = [];
  const own = new Map<RepeatedKeyword, Buffer>();
  let pixelsReached = false;
  const wanted = (spot: Spot): RepeatedKeyword | undefined => {
    const keyword = keywordsByTag.get(spot.tag);
    return keyword !== undefined && repeated.has(keyword) ? keyword : undefined;
  };

  try {
    await walkElements(reader, region, {
      before: (spot) => {
        if (spot.parent === null && spot.tag === pixelDataTag) pixelsReached = true;
        return undefined;
      },
      wants: (spot) => (wanted(spot) ? 1024 : 0),
      sequence: (spot) => (spot.tag === originalAttributes && !asked.has(spot.tag) ? 'skip' : 'enter'),
      element: (spot, value) => {
        if (spot.parent === null && asked.has(spot.tag)) spots.set(spot.tag, spot);
        const keyword = wanted(spot);
        if (!value || keyword === undefined) return undefined;
        if (spot.parent === null) own.set(keyword, trimmed(value));
        else if (!isOriginal(spot)) named.push({ spot, bytes: trimmed(value), repeats: keyword });
        return undefined;
      },
      closed: (spot) => {
        if (spot.kind === 'element' && spot.parent === null && asked.has(spot.tag)) spots.set(spot.tag, spot);
      },
    });
  } catch (error) {
    // What is broken behind the pixels is kept as it is, signatures there are none any more.
    if (!(error instanceof WalkStop)) throw error;
    if (!pixelsReached) throw refuse('the header cannot be read');
  }

  const nested: NestedIdentity[] = [];
  for (const { spot, bytes, repeats } of named) {
    const top = own.get(repeats);
    if (top && top.length > 0 && top.equals(bytes))
      nested.push({ path: pathOf(spot), tag: spot.tag, vr: spot.vr, repeats, bytes });
  }
  for (const sequence of new Set(nested.map(({ path }) => path[0]?.tag ?? 0))) await addSequence(sequence);

  const values = new Map<number, PriorValue>();
  let total = 0;
  for (const [tag, spot] of spots) {
    const end = spot.length === undefinedLength ? spot.end - 8 : spot.end;
    const length = end - spot.valueOffset;
    total += length;
    if (total > mostPriorBytes) throw refuse('what is to be kept of the former values is too large');
    const bytes = Buffer.from((await reader.read(spot.valueOffset, length)).subarray(0, length));
    values.set(tag, { tag, vr: spot.length === undefinedLength ? 'SQ' : spot.vr, bytes });
  }
  return { values, nested };

  async function addSequence(tag: number): Promise<void> {
    if (spots.has(tag)) return;
    await walkElements(reader, region, {
      before: (spot) => (spot.parent === null && spot.tag > tag ? 'stop' : undefined),
      closed: (spot) => {
        if (spot.kind === 'element' && spot.parent === null && spot.tag === tag) spots.set(tag, spot);
      },
    });
  }
}

function isOriginal(spot: Spot): boolean {
  for (let at: Spot | null = spot; at; at = at.parent) if (at.tag === originalAttributes) return true;
  return false;
}

function pathOf(spot: Spot): PathStep[] {
  const path: PathStep[] = [];
  for (let item = spot.parent; item; item = item.parent?.parent ?? null) {
    if (item.parent) path.unshift({ tag: item.parent.tag, item: item.index });
  }
  return path;
}

/** Without padding and blanks at the end. */
function trimmed(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x20 || bytes[end - 1] === 0)) end--;
  return Buffer.from(bytes.subarray(0, end));
}
