// What a correction does to one object, as edits (dicom-rules 2, PS3.3 C.12.1.1.9). Pure.
//
// Replaces the corrected attributes and UIDs; appends one item to Original Attributes and one to Contributing Equipment;
// sets Instance Coercion DateTime; takes away digital signatures, which are void now, and other names and IDs when they
// are those of the former patient. PatientAge, dates and times stay.
import { correctableVr, type CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import { canHold, tagOf, vrOf, type Edit, type NewElement } from '#station/dicom/index.ts';
import { bug } from '#station/kit/problem.ts';
import { entriesOf } from './correction-rules.ts';
import type { NestedIdentity, PriorValue, PriorValues } from './prior-values.ts';
import type { StationFacts } from './review.ts';

const uidKeywords = ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'SOPClassUID'] as const;
export type UidKeyword = (typeof uidKeywords)[number];

/** What is to be another value than the object brought. */
export type Change = {
  readonly attributes: Attributes;
  readonly uids: Readonly<Partial<Record<UidKeyword, string>>>;
};

export type Circumstances = {
  readonly station: StationFacts;
  readonly reason: CorrectionReason;
  /** (0400,0564): calling AE title; '' when nobody called. */
  readonly sourceAeTitle: string;
  /** ISO. */
  readonly now: string;
  /** (0008,0005) as received. */
  readonly characterSet: readonly string[];
  /** True when the object becomes ISO_IR 192: the former set is kept with the former values. */
  readonly becomesUnicode: boolean;
};

const digitalSignatures = 0xfffafffa;
const macParameters = 0x4ffe0001;
const otherIdentities = [0x00101000, 0x00101001, 0x00101002];
const issuerOfPatientId = 0x00100021;
const characterSetTag = 0x00080005;

/** Tags at the top level whose former bytes planCorrection needs. */
export function tagsToKeep(change: Change): ReadonlySet<number> {
  const tags = changedTags(change);
  for (const tag of [digitalSignatures, macParameters, ...otherIdentities, issuerOfPatientId]) tags.add(tag);
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
  return Object.keys(change.attributes).length === 0 && Object.keys(change.uids).length === 0;
}

export type PlannedCorrection = { readonly edits: readonly Edit[]; readonly signatureRemoved: boolean };

export function planCorrection(change: Change, prior: PriorValues, about: Circumstances): PlannedCorrection {
  const identityChanges = 'PatientID' in change.attributes || 'PatientName' in change.attributes;
  const removed = [digitalSignatures, macParameters].filter((tag) => prior.values.has(tag));
  if (identityChanges) removed.push(...otherIdentities.filter((tag) => prior.values.has(tag)));

  const edits: Edit[] = [];
  for (const [keyword, value] of entriesOf(change.attributes)) {
    edits.push({ kind: 'put', element: { tag: knownTag(keyword), vr: correctableVr[keyword], value } });
  }
  for (const [keyword, value] of Object.entries(change.uids)) {
    edits.push({ kind: 'put', element: { tag: knownTag(keyword), vr: 'UI', value } });
  }
  const repeated = prior.nested.filter(({ repeats }) => change.attributes[repeats] !== undefined);
  for (const { path, tag, vr, repeats } of repeated) {
    edits.push({ kind: 'put', path, element: { tag, vr, value: change.attributes[repeats] ?? '' } });
  }
  for (const tag of removed) edits.push({ kind: 'remove', tag });
  edits.push({ kind: 'put', element: { tag: 0x00080015, vr: 'DT', value: dateTimeOf(about.now) } });
  edits.push({ kind: 'append', tag: 0x04000561, item: originalItem(change, prior, removed, repeated, about) });
  edits.push({ kind: 'append', tag: 0x0018a001, item: equipmentItem(about) });
  return { edits, signatureRemoved: prior.values.has(digitalSignatures) };
}

function changedTags(change: Change): Set<number> {
  return new Set([...Object.keys(change.attributes), ...Object.keys(change.uids)].map(knownTag));
}

/** One item of Original Attributes Sequence. */
function originalItem(
  change: Change,
  prior: PriorValues,
  removed: readonly number[],
  repeated: readonly NestedIdentity[],
  about: Circumstances,
): NewElement[] {
  const tags = changedTags(change);
  for (const tag of removed) tags.add(tag);
  for (const { path } of repeated) tags.add(path[0]?.tag ?? 0);
  // The issuer belongs to the ID and is listed with it even if it stays or was never there.
  if (change.attributes.PatientID !== undefined) tags.add(issuerOfPatientId);
  const modified = [...tags].map((tag) => formerElement(tag, prior.values.get(tag)));
  if (about.becomesUnicode && !tags.has(characterSetTag)) {
    modified.push({ tag: characterSetTag, vr: 'CS', value: [...about.characterSet] });
  }
  return [
    { tag: 0x04000550, vr: 'SQ', items: [modified] },
    { tag: 0x04000562, vr: 'DT', value: dateTimeOf(about.now) },
    { tag: 0x04000563, vr: 'LO', value: fitting(about.station.name, 64, about) },
    { tag: 0x04000564, vr: 'LO', value: about.sourceAeTitle },
    { tag: 0x04000565, vr: 'CS', value: about.reason },
  ];
}

function formerElement(tag: number, value: PriorValue | undefined): NewElement {
  return value ? { tag, vr: value.vr, value: value.bytes } : { tag, vr: vrOf(tag) };
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
