// What of a station's lists fits a field or an image. Pure.
import type { ObjectAttributes, ObjectCodes } from '#contract/shapes/applied-order.ts';
import type { CorrectableKeyword } from '#contract/shapes/correctable.ts';
import type { Code } from '#contract/shapes/order.ts';
import type { CodedEntry, StationLists } from '#contract/shapes/station-lists.ts';

type Lists = Readonly<Partial<Record<keyof StationLists, readonly unknown[]>>>;

const listOf = {
  InstitutionName: 'institutions',
  InstitutionalDepartmentName: 'departments',
  OperatorsName: 'operators',
  StudyDescription: 'procedures',
} as const satisfies Readonly<Partial<Record<CorrectableKeyword, keyof StationLists>>>;

const labelOf = (entry: string | CodedEntry) => (typeof entry === 'string' ? entry : entry.label);

/** The code of the procedure that a Study Description names in the list; null where it has none. */
export function procedureCodeOf(procedures: readonly CodedEntry[] | undefined, description: string): Code | null {
  const code = procedures?.find(({ label }) => label === description.trim())?.code;
  return code === undefined ? null : { ...code, CodingSchemeVersion: '' };
}

/** What may be chosen for a field of the exam, who is here first; nothing where it has no list. */
export function entriesFor(lists: Lists | undefined, keyword: CorrectableKeyword, here = ''): readonly string[] {
  const list = (listOf as Readonly<Partial<Record<CorrectableKeyword, keyof StationLists>>>)[keyword];
  const entries = list === undefined ? [] : ((lists?.[list] ?? []) as readonly (string | CodedEntry)[]).map(labelOf);
  return keyword === 'OperatorsName' && here !== '' ? [...new Set([here, ...entries])] : entries;
}

const mammography = ['1.2.840.10008.5.1.4.1.1.1.2', '1.2.840.10008.5.1.4.1.1.13.1.3'];
const ofImage = ['1.2.840.10008.5.1.4.1.1.1.1', '1.2.840.10008.5.1.4.1.1.1.2', '1.2.840.10008.5.1.4.1.1.1.3'];
const isOf = (classes: readonly string[], uid: string) =>
  classes.some((one) => uid === one || uid.startsWith(`${one}.`));

export const isMammogram = (SOPClassUID: string): boolean => isOf(mammography, SOPClassUID);
/** Classes that say side and view of each image (PS3.3 DX Anatomy, DX Positioning); others say the side of a series. */
export const saysSideOfImage = (SOPClassUID: string): boolean =>
  isOf(ofImage, SOPClassUID) || isMammogram(SOPClassUID) || SOPClassUID.startsWith('1.2.840.10008.5.1.4.1.1.77.1.5.');

/** The first entry that is meant by what was typed: its label or term, or how either begins. */
export function findEntry(entries: readonly CodedEntry[], typed: string): CodedEntry | undefined {
  const text = typed.trim().toLocaleUpperCase();
  if (text === '') return undefined;
  const names = ({ label, term }: CodedEntry) => [label.toLocaleUpperCase(), ...(term === '' ? [] : [term])];
  return (
    entries.find((entry) => names(entry).includes(text)) ??
    entries.find((entry) => names(entry).some((name) => name.startsWith(text)))
  );
}

export type Chosen = {
  readonly bodyPart: CodedEntry | undefined;
  /** R, L, B, U or '' for what is not said. */
  readonly side: string;
  readonly view: CodedEntry | undefined;
};

/** What is said of an image of a class; what was not chosen is left as it is. */
export function saidOf(SOPClassUID: string, { bodyPart, side, view }: Chosen) {
  const attributes: ObjectAttributes = {};
  const codes: ObjectCodes = {};
  const codeOf = ({ code }: CodedEntry) => code && { ...code, CodingSchemeVersion: '' };
  if (bodyPart !== undefined) {
    if (bodyPart.term !== '') attributes.BodyPartExamined = bodyPart.term;
    const code = codeOf(bodyPart);
    if (code) codes.AnatomicRegionSequence = code;
  }
  if (saysSideOfImage(SOPClassUID)) {
    if (side !== '') attributes.ImageLaterality = side;
    const code = view && codeOf(view);
    if (code) codes.ViewCodeSequence = code;
  } else if (side === 'R' || side === 'L') attributes.Laterality = side;
  if (view !== undefined && view.term !== '') attributes.ViewPosition = view.term;
  return { attributes, codes };
}
