// What a correction does to one object, as edits (dicom-rules 2, PS3.3 C.12.1.1.9). Pure.
//
// Replaces the corrected attributes and UIDs, sets or removes what order and object decisions name; appends to Original
// Attributes one item for each reason and one to Contributing Equipment; sets Instance Coercion DateTime; takes away digital
// signatures, which are void now, what only qualified a value that is gone, and other names and IDs when they are those of
// the former patient. PatientAge follows the birth date; dates and times stay.
import { correctableVr, type CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import { canHold, decodeText, tagOf, type Edit, type NewElement } from '#station/dicom/index.ts';
import { bug } from '#station/kit/problem.ts';
import { ageAt } from './age.ts';
import { entriesOf } from './correction-rules.ts';
import { formerValues } from './former-values.ts';
import { frameLaterality, isSideTag, type NewFrameSides } from './frame-sides.ts';
import type { PriorValues } from './prior-values.ts';
import type { StationFacts } from './review.ts';
import { tagOfSet, type SetElement } from './set-elements.ts';

const uidKeywords = ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'SOPClassUID'] as const;
export type UidKeyword = (typeof uidKeywords)[number];

/** What is to be another value than the object brought. */
export type Change = {
  readonly attributes: Attributes;
  readonly uids: Readonly<Partial<Record<UidKeyword, string>>>;
  /** Of the order and of the object. */
  readonly elements?: readonly SetElement[];
  /** Where frames say a side: those that say another one than the image is to have. */
  readonly frameSides?: NewFrameSides;
};

export type Circumstances = {
  readonly station: StationFacts;
  /** Of what `reasons` does not name. */
  readonly reason: CorrectionReason;
  readonly reasons?: ReadonlyMap<string, CorrectionReason>;
  /** (0400,0564): calling AE title; '' when nobody called. */
  readonly sourceAeTitle: string;
  /** ISO. */
  readonly now: string;
  /** (0008,0005) as received. */
  readonly characterSet: readonly string[];
  /** True when the object becomes ISO_IR 192: the former set is kept with the former values. */
  readonly becomesUnicode: boolean;
  /** True when other IDs of the object are those of the chosen patient too, and stay. */
  readonly samePerson?: boolean;
};

const digitalSignatures = 0xfffafffa;
const macParameters = 0x4ffe0001;
const otherNames = 0x00101001;
const otherIds = [0x00101000, 0x00101002];
const issuerOfPatientId = 0x00100021;
const patientAge = 0x00101010;
const studyDate = 0x00080020;
const characterSetTag = 0x00080005;

/** What says more about a value and is of no meaning without it: it goes when another value takes its place. */
const qualifiers: Readonly<Partial<Record<CorrectableKeyword, readonly number[]>>> = {
  PatientID: [0x00100024],
  IssuerOfPatientID: [0x00100024],
  AccessionNumber: [0x00080051],
  ReferringPhysicianName: [0x00080092, 0x00080094, 0x00080096],
  OperatorsName: [0x00081072],
  InstitutionName: [0x00080081, 0x00080082],
};

/** Tags at the top level whose former bytes planCorrection needs. */
export function tagsToKeep(change: Change): ReadonlySet<number> {
  const tags = new Set([...changedTags(change), ...(change.elements ?? []).map(tagOfSet)]);
  for (const tag of [digitalSignatures, macParameters, otherNames, ...otherIds, issuerOfPatientId]) tags.add(tag);
  for (const [keyword] of entriesOf(change.attributes)) for (const tag of qualifiers[keyword] ?? []) tags.add(tag);
  if (change.attributes.PatientBirthDate !== undefined) tags.add(patientAge).add(studyDate);
  for (const { path } of change.frameSides?.of ?? []) tags.add(path[0]?.tag ?? 0);
  return tags;
}

/** The values that this object brought otherwise. */
export function changeOf(
  corrected: Attributes,
  received: Attributes,
  uids: Readonly<Record<UidKeyword, string>>,
  receivedUids: Readonly<Record<UidKeyword, string>>,
): Change {
  const attributes = entriesOf(corrected).filter(([keyword, value]) => (received[keyword] ?? '').trim() !== value);
  const otherUids = uidKeywords.filter((keyword) => uids[keyword] !== '' && receivedUids[keyword] !== uids[keyword]);
  return {
    attributes: Object.fromEntries(attributes),
    uids: Object.fromEntries(otherUids.map((keyword) => [keyword, uids[keyword]])),
  };
}

export function isNothing(change: Change): boolean {
  return (
    Object.keys(change.attributes).length === 0 &&
    Object.keys(change.uids).length === 0 &&
    (change.elements ?? []).length === 0 &&
    (change.frameSides?.of ?? []).length === 0
  );
}

/** The change without elements that stand there already, or are not there to be taken away. */
export function withoutWhatStands(change: Change, prior: PriorValues, characterSet: readonly string[]): Change {
  const elements = (change.elements ?? []).filter((set) => {
    const former = prior.values.get(tagOfSet(set));
    if (set.kind === 'remove') return former !== undefined;
    if (set.onlyWhereItStands && !former) return false;
    const { vr, value } = set.element;
    if (!former) return value !== '' && !(change.frameSides && isSideTag(tagOfSet(set)));
    if (typeof value !== 'string') return true;
    const { text, sound } = decodeText(former.bytes, characterSet, vr);
    return !sound || text.replace(/[ \0]+$/, '').trim() !== value;
  });
  return { ...change, elements };
}

export type PlannedCorrection = {
  readonly edits: readonly Edit[];
  readonly signatureRemoved: boolean;
  /** Tags at the top that are other than they came, and may be: all but those of attributes and UIDs. */
  readonly written: ReadonlySet<number>;
  /** How many items Original Attributes gets. */
  readonly originalItems: number;
};

export function planCorrection(change: Change, prior: PriorValues, about: Circumstances): PlannedCorrection {
  const edits: Edit[] = [];
  const reasonFor = (keyword: string) => about.reasons?.get(keyword) ?? about.reason;
  /** What is listed as modified, under which reason. */
  const reasons = new Map<number, CorrectionReason>();
  const there = (tag: number) => prior.values.has(tag);
  const elements = new Map((change.elements ?? []).map((set) => [tagOfSet(set), set]));
  const removed = new Map<number, CorrectionReason>();

  for (const [keyword, value] of entriesOf(change.attributes)) {
    const reason = reasonFor(keyword);
    edits.push({ kind: 'put', element: { tag: knownTag(keyword), vr: correctableVr[keyword], value } });
    reasons.set(knownTag(keyword), reason);
    for (const tag of qualifiers[keyword] ?? []) if (there(tag) && !elements.has(tag)) removed.set(tag, reason);
  }
  for (const [keyword, value] of Object.entries(change.uids)) {
    edits.push({ kind: 'put', element: { tag: knownTag(keyword), vr: 'UI', value } });
    reasons.set(knownTag(keyword), about.reasons?.get(keyword) ?? 'CORRECT');
  }
  for (const [tag, set] of elements) {
    if (set.kind === 'put') edits.push({ kind: 'put', element: set.element });
    else removed.set(tag, set.reason);
    reasons.set(tag, set.reason);
  }
  const person = (['PatientID', 'PatientName'] as const).find((keyword) => keyword in change.attributes);
  if (person) {
    const goes = [otherNames, ...(about.samePerson ? [] : otherIds)];
    for (const tag of goes.filter(there)) removed.set(tag, reasonFor(person));
  }
  const age = newAge(change, prior);
  if (age !== undefined) {
    edits.push({ kind: 'put', element: { tag: patientAge, vr: 'AS', value: age } });
    reasons.set(patientAge, reasonFor('PatientBirthDate'));
  }
  const repeated = prior.nested.filter(
    ({ repeats, path }) => change.attributes[repeats] !== undefined && !elements.has(path[0]?.tag ?? 0),
  );
  for (const { path, tag, vr, repeats } of repeated) {
    edits.push({ kind: 'put', path, element: { tag, vr, value: change.attributes[repeats] ?? '' } });
    reasons.set(path[0]?.tag ?? 0, reasonFor(repeats));
  }
  if (change.frameSides) {
    const { of, value, reason } = change.frameSides;
    for (const { path } of of) {
      edits.push({ kind: 'put', path, element: { tag: frameLaterality, vr: 'CS', value } });
      reasons.set(path[0]?.tag ?? 0, reason);
    }
  }
  // The issuer belongs to the ID and is listed with it even if it stays or was never there.
  if (change.attributes.PatientID !== undefined) reasons.set(issuerOfPatientId, reasonFor('PatientID'));
  const main = [...reasons.values()].includes('CORRECT') ? 'CORRECT' : ([...reasons.values()][0] ?? about.reason);
  for (const tag of [digitalSignatures, macParameters].filter(there)) removed.set(tag, main);
  for (const [tag, reason] of removed) {
    edits.push({ kind: 'remove', tag });
    reasons.set(tag, reason);
  }
  const items = (['COERCE', 'CORRECT'] as const)
    .map((reason) => ({ reason, tags: [...reasons].filter(([, own]) => own === reason).map(([tag]) => tag) }))
    .filter(({ tags }) => tags.length > 0)
    .map(({ reason, tags }) => originalItem(reason, tags, prior, about));
  const [first = [], ...also] = items;
  edits.push({ kind: 'put', element: { tag: 0x00080015, vr: 'DT', value: dateTimeOf(about.now) } });
  edits.push({ kind: 'append', tag: 0x04000561, item: first, also });
  edits.push({ kind: 'append', tag: 0x0018a001, item: equipmentItem(about) });
  const written = new Set([...elements.keys(), ...removed.keys(), ...(age === undefined ? [] : [patientAge])]);
  return { edits, signatureRemoved: there(digitalSignatures), written, originalItems: items.length };
}

/** Age on the day of the study, where the object says an age and the birth date is another one now. */
function newAge(change: Change, prior: PriorValues): string | undefined {
  const born = change.attributes.PatientBirthDate;
  const said = prior.values.get(patientAge);
  if (!born || !said || said.bytes.toString('latin1').trim() === '') return undefined;
  const day = prior.values.get(studyDate)?.bytes.toString('latin1').trim() ?? '';
  const age = ageAt(born, day);
  return age === said.bytes.toString('latin1').trim() ? undefined : age;
}

function changedTags(change: Change): Set<number> {
  return new Set([...Object.keys(change.attributes), ...Object.keys(change.uids)].map(knownTag));
}

/** One item of Original Attributes Sequence: all that was changed for one reason. */
function originalItem(
  reason: CorrectionReason,
  tags: readonly number[],
  prior: PriorValues,
  about: Circumstances,
): NewElement[] {
  const { modified, nonconforming } = formerValues(tags, prior.values, about.characterSet);
  const withSet =
    about.becomesUnicode && !tags.includes(characterSetTag)
      ? [...modified, { tag: characterSetTag, vr: 'CS', value: [...about.characterSet] }]
      : modified;
  return [
    { tag: 0x04000550, vr: 'SQ', items: [withSet] },
    ...(nonconforming.length > 0 ? [{ tag: 0x04000551, vr: 'SQ', items: nonconforming }] : []),
    { tag: 0x04000562, vr: 'DT', value: dateTimeOf(about.now) },
    { tag: 0x04000563, vr: 'LO', value: fitting(about.station.name, 64, about) },
    { tag: 0x04000564, vr: 'LO', value: about.sourceAeTitle },
    { tag: 0x04000565, vr: 'CS', value: reason },
  ];
}

/** One item of Contributing Equipment Sequence: purpose (109103,DCM,"Modifying Equipment"), CID 7005. */
function equipmentItem(about: Circumstances): NewElement[] {
  const { station, now } = about;
  const item: NewElement[] = [
    { tag: 0x00080070, vr: 'LO', value: 'Safelight' },
    { tag: 0x00081010, vr: 'SH', value: fitting(station.name, 16, about) },
    { tag: 0x00081090, vr: 'LO', value: 'Safelight' },
    { tag: 0x00181020, vr: 'LO', value: fitting(station.softwareVersion, 64, about) },
    { tag: 0x0018a002, vr: 'DT', value: dateTimeOf(now) },
    {
      tag: 0x0040a170,
      vr: 'SQ',
      items: [
        [
          { tag: 0x00080100, vr: 'SH', value: '109103' },
          { tag: 0x00080102, vr: 'SH', value: 'DCM' },
          { tag: 0x00080104, vr: 'LO', value: 'Modifying Equipment' },
        ],
      ],
    },
  ];
  if (station.institution !== '')
    item.push({ tag: 0x00080080, vr: 'LO', value: fitting(station.institution, 64, about) });
  return item;
}

/**
 * Our own name must not force an object into another character set, nor bring escapes into it: what its set cannot
 * plainly hold is written in ASCII.
 */
function fitting(text: string, most: number, { characterSet, becomesUnicode }: Circumstances): string {
  const clean = text.replace(/[\\\p{C}]/gu, ' ').trim();
  const first = (letters: string) => [...letters].slice(0, most).join('').trim();
  const [term, ...more] = characterSet;
  const isPlain = more.length === 0 && /^ISO_IR \d+$/.test(term ?? '');
  if (becomesUnicode || (isPlain && canHold(characterSet, clean))) return first(clean);
  const letters = [...clean].map((letter) => latin[letter] ?? letter.normalize('NFKD').replace(/\p{M}/gu, ''));
  return first(letters.join('').replace(/[^\x20-\x7e]/g, '?'));
}

const latin: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  Æ: 'AE',
  ø: 'o',
  Ø: 'O',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
};

/** An ISO time as DT with offset (PS3.5 6.2), in universal time. */
export function dateTimeOf(iso: string): string {
  const digits = new Date(iso).toISOString().replace(/[-:TZ]/g, '');
  return `${digits}+0000`;
}

function knownTag(keyword: CorrectableKeyword | UidKeyword | (string & {})): number {
  const tag = tagOf(keyword);
  if (tag === undefined) throw bug(`no such keyword: ${keyword}`);
  return tag;
}
