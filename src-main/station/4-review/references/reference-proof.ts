// Proves of an object as it leaves that what it refers to is where it says: read by the second reader, sharing no code
// with what wrote the references.
//
// Proved: every reference to an object that is here names the UIDs under which that object leaves, with the series and
// the study beside it; no reference names an object by a UID that it gave up; in sequences that were written anew there
// are as many references as before, and everything else in them is as it was received.
import type { MovedObject } from '#contract/shapes/rearranging.ts';
import { readCopy, type Copy } from '../copy-reading.ts';
import type { Leaf } from '../second-reader.ts';

export type ReferenceClaim = {
  readonly received: Copy;
  readonly outgoing: Copy;
  readonly around: readonly MovedObject[];
  /** Sequences at the top that were written anew. */
  readonly rewritten: ReadonlySet<number>;
};

const sopInstance = 0x00081155;
const seriesInstance = 0x0020000e;
const studyInstance = 0x0020000d;
const anyUid = 0x0040a124;
const originalAttributes = 0x04000561;
const ofStudies = new Set([0x00081110, 0x30060012]);
/** May follow the patient, and is judged elsewhere. */
const ofPatient = new Set([0x00100010, 0x00100020]);

type Found = {
  readonly objects: { readonly item: string; readonly uid: string; readonly top: number }[];
  readonly series: Map<string, string>;
  readonly studies: Map<string, string>;
  readonly others: Set<string>;
};

/** The first reference that does not hold, in words for the problem; null when all hold. */
export async function findBrokenReference(claim: ReferenceClaim): Promise<string | null> {
  const { around, rewritten } = claim;
  if (around.length === 0) return null;
  const after = await gather(claim.outgoing, rewritten);
  const here = Map.groupBy(around, ({ is }) => is.SOPInstanceUID);
  const given = new Set(around.map(({ was }) => was.SOPInstanceUID));
  for (const { item, uid } of after.objects) {
    const known = here.get(uid);
    if (!known && given.has(uid) && uid !== '') return 'a reference names an identifier that was given up';
    if (!known) continue;
    const series = nearest(after.series, item);
    const study = nearest(after.studies, item);
    const holds = known.some(
      ({ is }) =>
        (series === undefined || is.SeriesInstanceUID === series) &&
        (study === undefined || is.StudyInstanceUID === study),
    );
    if (!holds) return 'a reference names another series or study than its object is in';
  }
  if (rewritten.size === 0) return null;
  const before = await gather(claim.received, rewritten);
  for (const tag of rewritten) {
    const count = ({ objects }: Found) => objects.filter(({ top }) => top === tag).length;
    if (count(before) !== count(after)) return 'references were lost or made';
  }
  for (const one of before.others) if (!after.others.has(one)) return 'something beside a reference was lost';
  for (const one of after.others) if (!before.others.has(one)) return 'something beside a reference was changed';
  return null;
}

async function gather(copy: Copy, rewritten: ReadonlySet<number>): Promise<Found> {
  const found: Found = { objects: [], series: new Map(), studies: new Map(), others: new Set() };
  await readCopy(copy, (leaf) => take(leaf, rewritten, found));
  return found;
}

function take({ tag, path, value, characterSet }: Leaf, rewritten: ReadonlySet<number>, found: Found): void {
  const [first] = path;
  const last = path.at(-1);
  if (!first || !last || first.tag === originalAttributes) return;
  const item = path.map((step) => `${step.tag}.${step.item}/`).join('');
  const text = value?.toString('latin1').replace(/[\0 ]+$/, '') ?? '';
  const isStudy = tag === studyInstance || (tag === sopInstance && ofStudies.has(last.tag));
  if (isStudy) found.studies.set(item, text);
  else if (tag === seriesInstance) found.series.set(item, text);
  else if (tag === sopInstance) found.objects.push({ item, uid: text, top: first.tag });
  else if (tag !== anyUid && (tag & 0xffff) !== 0 && !ofPatient.has(tag) && rewritten.has(first.tag)) {
    // Text beyond ASCII may be in another character set now.
    const isPlain = characterSet.length === 0 || !/[\x1b\x80-\xff]/.test(text);
    if (isPlain && value) found.others.add(`${tag} ${text}`);
  }
}

function nearest(at: ReadonlyMap<string, string>, item: string): string | undefined {
  for (let end = item.length; end > 0; end = item.lastIndexOf('/', end - 2) + 1) {
    const found = at.get(item.slice(0, end));
    if (found !== undefined) return found;
  }
  return undefined;
}
