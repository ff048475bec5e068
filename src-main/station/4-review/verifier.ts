// Re-reads an object as it would leave and proves what was promised about it. Shares no code with dicom/, which wrote it:
// its own reader, its own list of tags, its own way with text.
//
// Proved: digest and size; the chosen values and UIDs stand at the top level; every element that no rule names is the
// same as received; Original Attributes grew by one item; no former PatientName or PatientID of the exam is left outside
// of (0400,0561), in nested items, report text and private elements. What it cannot judge it says. It never repairs.
import type { CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import { findDifference } from './comparison.ts';
import { readCopy, type Copy } from './copy-reading.ts';
import { readingsOf, withoutPadding } from './loose-text.ts';
import type { Leaf } from './second-reader.ts';
import { findTrace, nameOfTag, type Trace } from './trace-search.ts';
import { fold, lookFor, type Identity } from './traces.ts';

export type { Copy } from './copy-reading.ts';

export type Claim = {
  readonly received: Copy & { /** What was written down when it came. */ readonly dataSetSha256: string };
  /** Null when the object leaves as it was received. */
  readonly outgoing: Copy | null;
  /** Values that must stand at the top level of what leaves. */
  readonly chosen: Attributes;
  /** UIDs under which it leaves. */
  readonly uids: Readonly<Record<'StudyInstanceUID' | 'SeriesInstanceUID' | 'SOPInstanceUID', string>> & {
    /** '' or absent where nobody knows it. */
    readonly SOPClassUID?: string;
  };
  /** Identities that the objects of the exam brought; those that are not the chosen one must be gone. */
  readonly former: readonly Identity[];
  /** True when elements were edited, and not only the preamble. */
  readonly edited: boolean;
};

type Reason =
  /** A former value is still there; `keyword` says of which attribute, `where` in which element. */
  | 'former-value'
  /** A chosen value or a UID does not stand at the top level. */
  | 'chosen-value'
  /** Something differs that no rule names. */
  | 'difference'
  | 'original-attributes'
  /** What came is not what was written down when it came. */
  | 'digest'
  | 'size'
  | 'unreadable';

/** `where` is a tag path such as `(0040,A730)[2]>(0040,A123)`, or ''. */
export type Verdict =
  | { readonly kind: 'proved'; readonly dataSetSha256: string; readonly notJudged: readonly string[] }
  | { readonly kind: 'failed'; readonly reason: Reason; readonly keyword: string; readonly where: string };

type Watched = CorrectableKeyword | keyof Claim['uids'];

const tags: Readonly<Record<Watched, number>> = {
  PatientName: 0x00100010,
  PatientID: 0x00100020,
  IssuerOfPatientID: 0x00100021,
  PatientBirthDate: 0x00100030,
  PatientSex: 0x00100040,
  AccessionNumber: 0x00080050,
  StudyID: 0x00200010,
  StudyDescription: 0x00081030,
  ReferringPhysicianName: 0x00080090,
  InstitutionName: 0x00080080,
  InstitutionalDepartmentName: 0x00081040,
  OperatorsName: 0x00081070,
  StudyInstanceUID: 0x0020000d,
  SeriesInstanceUID: 0x0020000e,
  SOPInstanceUID: 0x00080018,
  SOPClassUID: 0x00080016,
};
const uidTags = [tags.StudyInstanceUID, tags.SeriesInstanceUID, tags.SOPInstanceUID, tags.SOPClassUID];
const originalAttributes = 0x04000561;
const characterSet = 0x00080005;
/** What every correction writes: coercion time, equipment, original attributes. */
const alwaysWritten = [0x00080015, 0x0018a001, originalAttributes];

const failed = (reason: Reason, where = '', keyword = ''): Verdict => ({ kind: 'failed', reason, keyword, where });

/** Judges one object; reads what leaves once, what was received once. Throws only what reading the disk throws. */
export async function verify(claim: Claim): Promise<Verdict> {
  const { received, chosen } = claim;
  const outgoing = claim.outgoing ?? received;
  const search = lookFor(claim.former, chosen);
  const expected = new Set(entriesOf(chosen).map(([keyword]) => tags[keyword]));
  const watched = new Set<number>([...Object.values(tags), characterSet]);
  const found = new Map<number, readonly string[]>();
  const notJudged = new Set<string>(search.notTelling.map((keyword) => `not-telling:${keyword}`));
  const traces: Trace[] = [];

  let formerSet = '';
  const before = claim.outgoing
    ? await readCopy(received, ({ tag, path, value }) => {
        if (tag === characterSet && path.length === 0 && value) formerSet = withoutPadding(value.toString('latin1'));
      })
    : null;
  if (before && before.sha256 !== received.dataSetSha256) return failed('digest');

  const read = await readCopy(outgoing, (leaf: Leaf) => {
    const atTop = leaf.path.length === 0;
    if (atTop && leaf.value && watched.has(leaf.tag) && !found.has(leaf.tag)) {
      found.set(leaf.tag, readingsOf(leaf.value, leaf.characterSet).map(withoutPadding));
    }
    if (traces.length > 0 || (atTop && expected.has(leaf.tag))) return;
    if (leaf.path.some((step) => step.tag === originalAttributes)) return;
    const trace = findTrace(leaf, search, claim.former);
    if (typeof trace === 'string') notJudged.add(trace);
    else if (trace) traces.push(trace);
  });
  if (read.sizeBytes !== outgoing.sizeBytes) return failed(claim.outgoing ? 'size' : 'digest');
  if (!claim.outgoing && read.sha256 !== received.dataSetSha256) return failed('digest');
  const proved = { kind: 'proved', dataSetSha256: read.sha256 } as const;
  if (!read.summary) {
    // As it came, and nobody has said anything about it: there is nothing that could be wrong with it.
    if (expected.size > 0 || claim.edited) return failed('unreadable');
    return { ...proved, notJudged: ['unreadable'] };
  }
  const [trace] = traces;
  if (trace) return failed('former-value', trace.where, trace.keyword);
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID, SOPClassUID = '' } = claim.uids;
  const mustStand = {
    ...chosen,
    ...{ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID },
    ...(SOPClassUID === '' ? {} : { SOPClassUID }),
  };
  for (const [keyword, value] of Object.entries(mustStand) as [Watched, string][]) {
    const texts = found.get(tags[keyword]) ?? [''];
    if (!texts.includes(value)) return failed('chosen-value', nameOfTag(tags[keyword]), keyword);
  }
  if (claim.outgoing && before) {
    if (!claim.edited) {
      if (before.sha256 !== read.sha256) return failed('difference');
      return { ...proved, notJudged: [...notJudged].toSorted() };
    }
    if (!before.summary) return failed('unreadable');
    const items = ({ top }: typeof read.summary) => top.find(({ tag }) => tag === originalAttributes)?.items ?? 0;
    if (items(read.summary) !== items(before.summary) + 1) {
      return failed('original-attributes', nameOfTag(originalAttributes));
    }
    const rewritten = (found.get(characterSet)?.[0] ?? '') !== formerSet;
    const difference = await findDifference(
      { copy: received, summary: before.summary },
      { copy: outgoing, summary: read.summary },
      {
        tags: new Set([...alwaysWritten, ...uidTags, ...expected, ...(rewritten ? [characterSet] : [])]),
        rewritten,
        mayReplace: (tag, from, to) => mayReplace(claim, tag, from, to),
      },
    );
    if (difference !== null) return failed('difference', difference);
  }
  return { ...proved, notJudged: [...notJudged].toSorted() };
}

/** A name or an ID of the patient that a sequence repeats may become the chosen one, and nothing else may. */
function mayReplace({ chosen, former }: Claim, tag: number, from: string, to: string): boolean {
  if (tag === tags.PatientID)
    return to === chosen.PatientID && former.some(({ PatientID }) => PatientID?.trim() === from);
  return (
    tag === tags.PatientName &&
    to === chosen.PatientName &&
    former.some(({ PatientName }) => fold(PatientName ?? '') === fold(from))
  );
}

function entriesOf(attributes: Attributes): [CorrectableKeyword, string][] {
  return Object.entries(attributes) as [CorrectableKeyword, string][];
}
