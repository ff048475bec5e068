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
const patientName = 0x00100010;
const patientId = 0x00100020;
const mostPriorBytes = 4 * 1_048_576;

export type PriorValue = { readonly tag: number; readonly vr: string; readonly bytes: Buffer };

export type NestedIdentity = {
  readonly path: readonly PathStep[];
  readonly tag: number;
  readonly vr: string;
  /** Which attribute of the patient it repeats. */
  readonly repeats: 'PatientName' | 'PatientID';
};

export type PriorValues = {
  /** Top-level elements of the asked tags, those that are there. */
  readonly values: ReadonlyMap<number, PriorValue>;
  /** Names and IDs in sequences that are, to the byte, those of the patient as received. */
  readonly nested: readonly NestedIdentity[];
};

/**
 * @param asked tags at the top level whose bytes are wanted
 * @param repeated which attributes of the patient are looked for in sequences
 * @throws Problem 'correction-impossible' when the header cannot be read or what is to be kept is too large
 */
export async function readPriorValues(
  object: Part10,
  asked: ReadonlySet<number>,
  repeated: ReadonlySet<'PatientName' | 'PatientID'>,
  objectId: string,
): Promise<PriorValues> {
  const refuse = (reason: string) => new Problem('correction-impossible', { object: objectId, reason });
  const { reader, region } = object.elements;
  const spots = new Map<number, Spot>();
  const named: { readonly spot: Spot; readonly bytes: Buffer }[] = [];
  const patient = new Map<number, Buffer>();
  let pixelsReached = false;
  const wanted = (spot: Spot) =>
    (spot.tag === patientId && repeated.has('PatientID')) || (spot.tag === patientName && repeated.has('PatientName'));

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
        if (!value || !wanted(spot)) return undefined;
        if (spot.parent === null) {
          if (spot.tag === patientName || spot.tag === patientId) patient.set(spot.tag, trimmed(value));
        } else if (!isOriginal(spot)) named.push({ spot, bytes: trimmed(value) });
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
  for (const { spot, bytes } of named) {
    const repeats = spot.tag === patientId ? 'PatientID' : 'PatientName';
    const own = patient.get(repeats === 'PatientID' ? patientId : patientName);
    if (own && own.length > 0 && own.equals(bytes))
      nested.push({ path: pathOf(spot), tag: spot.tag, vr: spot.vr, repeats });
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
