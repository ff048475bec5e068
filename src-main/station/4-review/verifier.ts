// Re-reads an object as it would leave and proves what was promised about it. Shares no code with dicom/, which wrote it:
// its own reader, its own list of tags, its own way with text.
//
// Proved: digest and size; the chosen values and UIDs stand at the top level, those of the order in every item of Request
// Attributes; every element that no rule names is the same as received; Original Attributes grew by one item; no former
// name, ID, date of birth or accession number of the exam is left outside of (0400,0561): in nested items, report text,
// private elements, documents that can be read, File Meta. What it cannot judge it says. It never repairs.
import type { CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import { findDifference } from './comparison.ts';
import { readCopy, type Copy } from './copy-reading.ts';
import { readingsOf, withoutPadding } from './loose-text.ts';
import type { Leaf } from './second-reader.ts';
import { findTrace, findTraceInFront, nameOfTag, placeOf, type Trace } from './trace-search.ts';
import { fold, lookFor, type Identity, type Search } from './traces.ts';

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
  /** Values of the order that was given to the exam: they must stand in every item of Request Attributes Sequence. */
  readonly order?: Readonly<Partial<Record<OrderKeyword, string>>> | undefined;
  /** Digest of what was proved when it was approved: then the bytes are compared with it and not once more with the received. */
  readonly provedSha256?: string | undefined;
  /** Tags at the top, beyond the chosen ones, that the correction wrote. */
  readonly alsoWritten?: ReadonlySet<number> | undefined;
  /** Texts that must stand at the top, of tags beyond the chosen ones. */
  readonly alsoStands?: ReadonlyMap<number, string> | undefined;
  /** What sequences repeat of the top level and may be another text now, beyond names and IDs. */
  readonly alsoReplaced?: readonly { readonly tag: number; readonly from: string; readonly to: string }[] | undefined;
  /** How many items Original Attributes gets: one for each reason. 1 when it is not said. */
  readonly originalItems?: number | undefined;
};

export type OrderKeyword = 'AccessionNumber' | 'RequestedProcedureID' | 'ScheduledProcedureStepID';

type Reason =
  /** A former value is still there; `keyword` says of which attribute, `where` in which element. */
  | 'former-value'
  /** A chosen value or a UID does not stand at the top level. */
  | 'chosen-value'
  /** Request Attributes Sequence does not say what the order says. */
  | 'order-value'
  /** Something differs that no rule names. */
  | 'difference'
  | 'original-attributes'
  /** What came is not what was written down when it came. */
  | 'digest'
  | 'size'
  | 'unreadable';

/** What an object says that must be the same in all objects of its exam; '' for absent and empty. */
export type Facts = Readonly<Record<FactKeyword, string>>;
export const factKeywords = [
  ...['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex'],
  ...['StudyInstanceUID', 'AccessionNumber', 'StudyID', 'StudyDescription', 'ReferringPhysicianName'],
] as readonly FactKeyword[];
export type FactKeyword =
  | 'StudyInstanceUID'
  | 'PatientName'
  | 'PatientID'
  | 'IssuerOfPatientID'
  | 'PatientBirthDate'
  | 'PatientSex'
  | 'AccessionNumber'
  | 'StudyID'
  | 'StudyDescription'
  | 'ReferringPhysicianName';

type Seen = {
  /** What could not be judged, and where when it is one place. */
  readonly notJudged: readonly string[];
  readonly notJudgedAt: readonly { readonly key: string; readonly where: string }[];
  readonly lookedFor: Search['values'];
};

/** `where` is a tag path such as `(0040,A730)[2]>(0040,A123)`, or ''. */
export type Verdict =
  | (Seen & { readonly kind: 'proved'; readonly dataSetSha256: string; readonly facts: Facts })
  | (Partial<Seen> & {
      readonly kind: 'failed';
      readonly reason: Reason;
      readonly keyword: string;
      readonly where: string;
      /** All that was found, the first one included. */
      readonly traces: readonly Trace[];
    });

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

const requestAttributes = 0x00400275;
const orderTags: Readonly<Record<OrderKeyword, number>> = {
  AccessionNumber: 0x00080050,
  RequestedProcedureID: 0x00401001,
  ScheduledProcedureStepID: 0x00400009,
};
const dates = new Set([0x00080020, 0x00080021, 0x00080022, 0x00080023]);
const otherIds = 0x00101000;
const otherNames = 0x00101001;
const otherIdItems = 0x00101002;
const mostTraces = 100;
const mostPlaces = 200;

const failed = (reason: Reason, where = '', keyword = '', traces: readonly Trace[] = []): Verdict => ({
  kind: 'failed',
  reason,
  keyword,
  where,
  traces,
});

/** Judges one object; reads what leaves once, what was received once. Throws only what reading the disk throws. */
export async function verify(claim: Claim): Promise<Verdict> {
  const { received, chosen } = claim;
  const outgoing = claim.outgoing ?? received;
  const expected = new Set(entriesOf(chosen).map(([keyword]) => tags[keyword]));
  const watched = new Set<number>([...Object.values(tags), characterSet, ...(claim.alsoStands?.keys() ?? [])]);
  const found = new Map<number, readonly string[]>();
  const traces: Trace[] = [];
  const study: string[] = [];

  let formerSet = '';
  const others: Identity[] = [];
  const before = claim.outgoing
    ? await readCopy(received, (leaf) => {
        const { tag, path, value } = leaf;
        if (tag === characterSet && path.length === 0 && value) formerSet = withoutPadding(value.toString('latin1'));
        if (others.length < mostPlaces) others.push(...othersIn(leaf));
      })
    : null;
  if (before && before.sha256 !== received.dataSetSha256) return failed('digest');

  // Other names and IDs that the correction took away belonged to somebody else.
  const kept = new Set<string>();
  if (others.length > 0) {
    await readCopy(outgoing, (leaf) => {
      for (const identity of othersIn(leaf)) kept.add(JSON.stringify(identity));
    });
  }
  const gone = others.filter((identity) => !kept.has(JSON.stringify(identity)));
  const search = lookFor([...claim.former, ...gone], chosen);
  const notJudged = new Set<string>(search.notTelling.map((keyword) => `not-telling:${keyword}`));
  const places = new Map<string, { readonly key: string; readonly where: string }>();
  const requests = new Map<number, Map<number, readonly string[]>>();

  const read = await readCopy(
    outgoing,
    (leaf: Leaf) => {
      const atTop = leaf.path.length === 0;
      if (atTop && leaf.value && watched.has(leaf.tag) && !found.has(leaf.tag)) {
        found.set(leaf.tag, readingsOf(leaf.value, leaf.characterSet).map(withoutPadding));
      }
      if (atTop && leaf.value && dates.has(leaf.tag)) study.push(withoutPadding(leaf.value.toString('latin1')));
      const [step] = leaf.path;
      if (leaf.path.length === 1 && step?.tag === requestAttributes) {
        const item = requests.get(step.item) ?? new Map<number, readonly string[]>();
        if (leaf.value) item.set(leaf.tag, readingsOf(leaf.value, leaf.characterSet).map(withoutPadding));
        requests.set(step.item, item);
      }
      if (traces.length >= mostTraces || (atTop && expected.has(leaf.tag))) return;
      if (leaf.path.some(({ tag }) => tag === originalAttributes)) return;
      const look = findTrace(leaf, search, claim.order !== undefined);
      if (look.trace) traces.push(look.trace);
      if (look.notJudged === '') return;
      notJudged.add(look.notJudged);
      const place = { key: look.notJudged, where: placeOf(leaf) };
      if (places.size < mostPlaces) places.set(`${place.key} ${place.where}`, place);
    },
    (front) => {
      const keyword = findTraceInFront(front, search);
      if (keyword) traces.push({ keyword, where: '(0002,0000)' });
    },
  );
  if (read.sizeBytes !== outgoing.sizeBytes) return failed(claim.outgoing ? 'size' : 'digest');
  if (!claim.outgoing && read.sha256 !== received.dataSetSha256) return failed('digest');
  const readOf = (keyword: FactKeyword) => found.get(tags[keyword])?.[0] ?? '';
  const proved = {
    kind: 'proved',
    dataSetSha256: read.sha256,
    facts: Object.fromEntries(factKeywords.map((keyword) => [keyword, readOf(keyword)])) as Facts,
    lookedFor: search.values,
    notJudgedAt: [...places.values()],
  } as const;
  if (!read.summary) {
    // As it came, and nobody has said anything about it: there is nothing that could be wrong with it.
    if (expected.size > 0 || claim.edited) return failed('unreadable');
    return { ...proved, notJudged: ['unreadable'] };
  }
  // A child of one day has a birth date that stands everywhere.
  const left = traces.filter(({ keyword }) => keyword !== 'PatientBirthDate' || !search.isAboutBirth(study));
  if (left.length < traces.length) notJudged.add('not-telling:PatientBirthDate');
  const [trace] = left;
  if (trace) {
    const { lookedFor, notJudgedAt } = proved;
    return {
      ...failed('former-value', trace.where, trace.keyword, left),
      lookedFor,
      notJudgedAt,
      notJudged: [...notJudged],
    };
  }
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
  for (const [tag, value] of claim.alsoStands ?? []) {
    if (!(found.get(tag) ?? ['']).includes(value)) return failed('chosen-value', nameOfTag(tag));
  }
  for (const [keyword, value] of Object.entries(claim.order ?? {}) as [OrderKeyword, string][]) {
    const items = [...requests.values()];
    const says = items.length > 0 && items.every((item) => (item.get(orderTags[keyword]) ?? ['']).includes(value));
    if (!says) return failed('order-value', nameOfTag(requestAttributes), keyword);
  }
  if (claim.provedSha256 !== undefined) {
    if (read.sha256 !== claim.provedSha256) return failed('digest');
    return { ...proved, notJudged: [...notJudged].toSorted() };
  }
  if (claim.outgoing && before) {
    if (!claim.edited) {
      if (before.sha256 !== read.sha256) return failed('difference');
      return { ...proved, notJudged: [...notJudged].toSorted() };
    }
    if (!before.summary) return failed('unreadable');
    const items = ({ top }: typeof read.summary) => top.find(({ tag }) => tag === originalAttributes)?.items ?? 0;
    if (items(read.summary) !== items(before.summary) + (claim.originalItems ?? 1)) {
      return failed('original-attributes', nameOfTag(originalAttributes));
    }
    const rewritten = (found.get(characterSet)?.[0] ?? '') !== formerSet;
    const difference = await findDifference(
      { copy: received, summary: before.summary },
      { copy: outgoing, summary: read.summary },
      {
        tags: new Set([
          ...alwaysWritten,
          ...uidTags,
          ...expected,
          ...(rewritten ? [characterSet] : []),
          ...(claim.alsoWritten ?? []),
        ]),
        rewritten,
        mayReplace: (tag, from, to) => mayReplace(claim, tag, from, to),
      },
    );
    if (difference !== null) return failed('difference', difference);
  }
  return { ...proved, notJudged: [...notJudged].toSorted() };
}

/** A name or an ID of the patient that a sequence repeats may become the chosen one, and nothing else may. */
function mayReplace({ chosen, former, alsoReplaced }: Claim, tag: number, from: string, to: string): boolean {
  if (alsoReplaced?.some((one) => one.tag === tag && one.to === to && one.from === from)) return true;
  if (tag === tags.PatientID)
    return to === chosen.PatientID && former.some(({ PatientID }) => PatientID?.trim() === from);
  return (
    tag === tags.PatientName &&
    to === chosen.PatientName &&
    former.some(({ PatientName }) => fold(PatientName ?? '') === fold(from))
  );
}

/** Other names and IDs of the patient at the top level. */
function othersIn({ tag, path, value, characterSet: set }: Leaf): Identity[] {
  const nested = path.length === 1 && path[0]?.tag === otherIdItems && tag === tags.PatientID;
  const keyword = tag === otherIds || nested ? 'OtherPatientIDs' : 'OtherPatientNames';
  if (!value || !(nested || (path.length === 0 && (tag === otherIds || tag === otherNames)))) return [];
  const text = readingsOf(value, set)[0] ?? '';
  return text
    .split('\\')
    .map(withoutPadding)
    .filter((one) => one !== '')
    .map((one) => ({ [keyword]: one }));
}

function entriesOf(attributes: Attributes): [CorrectableKeyword, string][] {
  return Object.entries(attributes) as [CorrectableKeyword, string][];
}
