// What archives answer, read into our own words: C-FIND identifiers, and DICOM JSON of QIDO-RS (PS3.18 F). Pure; every
// value comes from outside and is judged. Undefined for what cannot be used.
import { checkValue } from '#contract/shapes/value-rules.ts';
import { isLegalUid, keywordOf } from '#station/dicom/index.ts';
import type { Identifier } from '#station/dicom/network/index.ts';
import type { FoundStudy, ListedObject } from './ports.ts';

const mostModalities = 16;

export function readStudy(said: Identifier): FoundStudy | undefined {
  const StudyInstanceUID = first(said, 'StudyInstanceUID');
  if (!isLegalUid(StudyInstanceUID)) return undefined;
  const images = Number(first(said, 'NumberOfStudyRelatedInstances') || NaN);
  return {
    StudyInstanceUID,
    PatientID: text(said, 'PatientID', 64),
    IssuerOfPatientID: text(said, 'IssuerOfPatientID', 64),
    PatientName: text(said, 'PatientName', 324).replace(/[=^]+$/, ''),
    PatientBirthDate: date(first(said, 'PatientBirthDate')),
    PatientSex: text(said, 'PatientSex', 16).toUpperCase(),
    StudyDate: date(first(said, 'StudyDate')),
    StudyTime: /^\d{2,6}/.exec(first(said, 'StudyTime').replaceAll(':', ''))?.[0] ?? '',
    StudyDescription: text(said, 'StudyDescription', 64),
    modalities: [...new Set([...values(said, 'ModalitiesInStudy'), ...values(said, 'Modality')])]
      .filter((modality) => /^[A-Z0-9_]{1,16}$/.test(modality))
      .slice(0, mostModalities),
    images: Number.isSafeInteger(images) && images >= 0 ? images : null,
  };
}

export function readListed(said: Identifier, SeriesInstanceUID: string): ListedObject | undefined {
  const SOPInstanceUID = first(said, 'SOPInstanceUID');
  const SOPClassUID = first(said, 'SOPClassUID');
  if (!isLegalUid(SOPInstanceUID) || !isLegalUid(SeriesInstanceUID)) return undefined;
  return { SeriesInstanceUID, SOPInstanceUID, SOPClassUID: isLegalUid(SOPClassUID) ? SOPClassUID : '' };
}

/** A UID of an answer, or ''. */
export function uidOf(said: Identifier, keyword: string): string {
  const uid = first(said, keyword);
  return isLegalUid(uid) ? uid : '';
}

/** The plain values of one item of DICOM JSON by keyword; sequences and bulk values are left out. */
export function identifierOfJson(item: Readonly<Record<string, unknown>>): Identifier {
  const said: Record<string, string | readonly string[]> = {};
  for (const [tag, element] of Object.entries(item).slice(0, 200)) {
    if (!/^[0-9A-Fa-f]{8}$/.test(tag) || typeof element !== 'object' || element === null) continue;
    const { Value } = element as { readonly Value?: unknown };
    if (!Array.isArray(Value)) continue;
    const plain = Value.slice(0, 64).map(plainOf);
    said[keywordOf(Number.parseInt(tag, 16))] = plain.length === 1 ? (plain[0] ?? '') : plain;
  }
  return said;
}

function plainOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return '';
  // A name (PS3.18 F.2.2).
  const { Alphabetic = '', Ideographic = '', Phonetic = '' } = value as Readonly<Record<string, unknown>>;
  return [Alphabetic, Ideographic, Phonetic].map((group) => (typeof group === 'string' ? group : '')).join('=');
}

function values(said: Identifier, keyword: string): string[] {
  const value = said[keyword];
  if (Array.isArray(value)) return value.filter((each) => typeof each !== 'object').map((each) => String(each).trim());
  return value === undefined ? [] : [String(value).trim()];
}

const first = (said: Identifier, keyword: string): string => values(said, keyword)[0] ?? '';

/** For people: control characters become blanks, what is too long is cut. */
function text(said: Identifier, keyword: string, most: number): string {
  const plain = values(said, keyword)
    .join(' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]+/g, ' ')
    .trim();
  return [...plain].slice(0, most).join('').trim();
}

const date = (said: string): string => {
  const plain = said.replaceAll(/[.-]/g, '');
  return /^\d{8}$/.test(plain) && checkValue('DA', plain).ok ? plain : '';
};
