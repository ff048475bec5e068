// Whether a correction makes images somebody else's, or only says better who it is. Pure, for station and screen alike.
//
// Two persons are what cannot be one by what both identities say: another number under another name or birth date; without
// a number on one side, a name of which nothing is alike together with another birth date, or with none that could be
// compared. A number or a name that is spelled otherwise makes nobody else. A placeholder (TEST, 0000) is nobody.
import type { CorrectableKeyword } from './correctable.ts';

type Said = Readonly<Partial<Record<CorrectableKeyword, string>>>;

/** Numbers of the order that the images were made for: they are of its patient, and go with the patient. */
export const numbersOfOrder = ['AccessionNumber', 'StudyID'] as const;

/**
 * @param placeholders names and IDs that stand for nobody, as they were written
 * @param areMerged true for two IDs that the hospital says are one patient
 */
export function isAnotherPerson(
  before: Said,
  after: Said,
  placeholders: ReadonlySet<string> = new Set(),
  areMerged: (one: string, other: string) => boolean = () => false,
): boolean {
  const said = (of: Said, keyword: CorrectableKeyword) => {
    const value = (of[keyword] ?? '').trim();
    return placeholders.has(value) ? '' : value;
  };
  const pair = (keyword: CorrectableKeyword) => [said(before, keyword), said(after, keyword)] as const;
  const isOther = ([a, b]: readonly [string, string]) => a !== '' && b !== '' && a !== b;
  const id = pair('PatientID');
  const names = pair('PatientName').map(partsOf) as [ReadonlySet<string>, ReadonlySet<string>];
  const isOtherBirth = isOther(pair('PatientBirthDate'));
  const [first, second] = names;
  const bothNamed = first.size > 0 && second.size > 0;
  if (isOther(id) && areMerged(...id)) return false;
  if (isOther(id)) return isOtherBirth || !bothNamed || !(isWithin(first, second) || isWithin(second, first));
  if (id[0] !== '' && id[1] !== '') return false;
  if (!bothNamed || [...first].some((part) => second.has(part))) return false;
  const [bornBefore, bornAfter] = pair('PatientBirthDate');
  return isOtherBirth || bornBefore === '' || bornAfter === '';
}

/** True when an identity says of anybody who it is. */
export function namesSomebody(said: Said, placeholders: ReadonlySet<string> = new Set()): boolean {
  return (['PatientName', 'PatientID'] as const).some((keyword) => {
    const value = (said[keyword] ?? '').trim();
    return value.replace(/[\^= ]/g, '') !== '' && !placeholders.has(value);
  });
}

const isWithin = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean =>
  [...some].every((one) => all.has(one));

/** Names of a name in whatever order and case, without accents; of the first writing. */
const partsOf = (name: string): ReadonlySet<string> =>
  new Set(
    (name.split('=').find((group) => group.replace(/[\^ ]/g, '') !== '') ?? '')
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .toUpperCase()
      .split(/[^\p{L}\p{N}]+/u)
      .filter((part) => part !== ''),
  );
