// Looks for a former identity in text: the whole name in any order and spelling of its parts, the whole ID, the date of
// birth, the accession number. Pure.
//
// Only telling values are looked for in free text: an ID of six letters and digits or more, three of them digits; a name
// of two parts or more, none of which is what one calls nobody (TEST, ANONYMOUS, PHANTOM) or a word of the trade (KNEE,
// LEFT, ROOM). Others stand everywhere by chance; they are looked for where patients are identified and behind the words
// that announce them ("Patient ID: 7"), and callers say that it was only there. A single family name is not looked for,
// because other people bear it too.
import { fold, foldName, formsOfDate, formsOfId, formsOfName, isUnparted, joinedFormsOfName } from './text-forms.ts';

export { fold } from './text-forms.ts';

export type IdentityKeyword =
  | 'PatientName'
  | 'PatientID'
  | 'PatientBirthDate'
  | 'AccessionNumber'
  /** Names and IDs beside those, of the former patient. */
  | 'OtherPatientNames'
  | 'OtherPatientIDs';
export type Identity = Readonly<Partial<Record<IdentityKeyword, string>>>;

export type Search = {
  /** Finds which attribute of the former identity `text` still holds. */
  find(text: string): IdentityKeyword | null;
  /** True when `text` as a whole is a former value of one of `keywords`; for attributes that identify. */
  is(text: string, keywords: readonly IdentityKeyword[]): IdentityKeyword | null;
  /** True when one of the dates is so near to the former birth that nobody can tell one from the other. */
  isAboutBirth(dates: readonly string[]): boolean;
  /** Keywords with a former value that is too common to be looked for in free text. */
  readonly notTelling: readonly IdentityKeyword[];
  /** What is looked for, as it was written. */
  readonly values: readonly { readonly keyword: IdentityKeyword; readonly value: string; readonly telling: boolean }[];
  /** True when one of the values has letters beyond ASCII, which other encodings write in other bytes. */
  readonly beyondAscii: boolean;
};

const shortestId = 6;
const fewestDigits = 3;
const mostSearched = 2_000_000;
const nobody = /^(TEST\p{L}*|ANON\p{L}*|UNKNOWN|NONAME|DEMO|DUMMY|PHANTOM|QA|QC|PATIENT|NAME|NN|JOHN DOE)$/u;
/** Words that name no person and stand in descriptions. */
const trade = new Set(
  (
    'KNEE HAND FOOT HIP ARM LEG HEAD NECK SKULL SPINE CHEST THORAX ABDOMEN PELVIS SHOULDER ELBOW WRIST ANKLE FINGER TOE ' +
    'BRAIN HEART LIVER BREAST LEFT RIGHT LATERAL AP PA MR MRI CT US CR DX XA NM PET MG ROOM RAUM SALLE SUITE WARD UNIT ' +
    'SERVICE EMERGENCY NOTFALL TRAUMA MALE FEMALE BABY BOY GIRL DEVICE SCANNER STATION SYSTEM CALIBRATION QUALITY DAILY ' +
    'CHECK ADULT CHILD SERIES STUDY IMAGE EXAM WATER AIR BONE CONTRAST STANDARD'
  ).split(' '),
);

type Pattern = {
  readonly keyword: IdentityKeyword;
  readonly folded: string;
  readonly telling: boolean;
  readonly kind: 'name' | 'id' | 'date';
};

const kinds: Readonly<Record<IdentityKeyword, Pattern['kind']>> = {
  PatientName: 'name',
  OtherPatientNames: 'name',
  PatientID: 'id',
  OtherPatientIDs: 'id',
  AccessionNumber: 'id',
  PatientBirthDate: 'date',
};
/** Which correction makes a value of the former identity one that must not be left. */
const cause: Readonly<Record<IdentityKeyword, readonly IdentityKeyword[]>> = {
  PatientName: ['PatientName'],
  PatientID: ['PatientID'],
  PatientBirthDate: ['PatientBirthDate'],
  AccessionNumber: ['AccessionNumber'],
  OtherPatientNames: ['PatientName', 'PatientID'],
  OtherPatientIDs: ['PatientID'],
};

/**
 * @param former identities that must not be left, of every object of the exam
 * @param chosen the identity that is meant to stand there
 */
export function lookFor(former: readonly Identity[], chosen: Identity): Search {
  const allowed = new Set<string>();
  for (const [keyword, value] of entriesOf(chosen)) for (const form of formsOf(keyword, value)) allowed.add(form);
  const patterns = new Map<string, Pattern>();
  const notTelling = new Set<IdentityKeyword>();
  const values = new Map<string, Search['values'][number]>();
  const births: string[] = [];
  for (const identity of former) {
    for (const [keyword, value] of entriesOf(identity)) {
      if (!cause[keyword].some((each) => chosen[each] !== undefined)) continue;
      const kind = kinds[keyword];
      const common = kind === 'name' && isCommonName(value);
      for (const folded of formsOf(keyword, value)) {
        if (allowed.has(folded)) continue;
        const telling = !common && isTelling(kind, folded);
        patterns.set(`${kind} ${folded}`, { keyword, folded, telling, kind });
      }
      if (kind === 'name' && !common && formsOfName(value).some((form) => isTelling('name', form))) {
        for (const folded of joinedFormsOfName(value)) {
          if (!allowed.has(folded)) patterns.set(`name ${folded}`, { keyword, folded, telling: true, kind: 'name' });
        }
      }
      const own = formsOf(keyword, value).filter((form) => !allowed.has(form));
      if (own.length === 0) continue;
      const telling = !common && own.some((form) => isTelling(kind, form));
      if (!telling) notTelling.add(keyword);
      if (keyword === 'PatientBirthDate') births.push(value);
      values.set(`${keyword} ${value}`, { keyword, value, telling });
    }
  }
  const list = [...patterns.values()];
  // A new value that holds a former one inside of it is no trace of it.
  const pardoned = [...allowed]
    .filter((form) => list.some(({ folded }) => form.includes(folded)))
    .toSorted((a, b) => b.length - a.length);

  const search = (text: string): IdentityKeyword | null => {
    const folded = fold(withoutUids(text.slice(0, mostSearched)));
    const texts: Record<Pattern['kind'], string> = { id: ` ${folded} `, date: ` ${folded} `, name: '' };
    texts.name = foldName(texts.id);
    const hit = (pattern: Pattern) => stands(pattern, texts[pattern.kind]);
    if (!list.some(hit)) return null;
    for (const kind of ['id', 'name', 'date'] as const) {
      for (const form of pardoned) texts[kind] = texts[kind].replaceAll(form, ' \u0001 ');
    }
    return list.find(hit)?.keyword ?? null;
  };
  return {
    notTelling: [...notTelling],
    values: [...values.values()],
    beyondAscii: [...values.values()].some(({ value }) => /[^\x20-\x7e]/.test(value)),
    is(text, keywords) {
      const folded = fold(text);
      if (folded === '') return null;
      const name = foldName(folded);
      return (
        list.find(
          (pattern) =>
            keywords.includes(pattern.keyword) && pattern.folded === (pattern.kind === 'name' ? name : folded),
        )?.keyword ?? null
      );
    },
    isAboutBirth: (dates) => births.some((birth) => dates.some((date) => daysBetween(birth, date) <= 366)),
    find(text) {
      if (list.length === 0) return null;
      return search(text);
    },
  };
}

function entriesOf(identity: Identity): [IdentityKeyword, string][] {
  return Object.entries(identity).filter(
    (entry): entry is [IdentityKeyword, string] => entry[0] in kinds && typeof entry[1] === 'string' && entry[1] !== '',
  );
}

function formsOf(keyword: IdentityKeyword, value: string): readonly string[] {
  if (kinds[keyword] === 'name') return formsOfName(value);
  return kinds[keyword] === 'date' ? formsOfDate(value) : formsOfId(value);
}

const isDigit = (letter: string | undefined) => letter !== undefined && /\p{N}/u.test(letter);

/** Between word borders; an ID also behind letters, because devices put some in front of it, but never among digits. */
function stands({ kind, folded, telling, keyword }: Pattern, text: string): boolean {
  if (!telling) return isAnnounced(keyword, folded, text);
  if (kind === 'date') return text.includes(` ${folded} `);
  if (kind === 'id') {
    if (folded.replaceAll(' ', '').length <= shortestId) return text.includes(` ${folded} `);
    for (let at = text.indexOf(folded); at >= 0; at = text.indexOf(folded, at + 1)) {
      const amongDigits =
        (isDigit(folded[0]) && isDigit(text[at - 1])) || (isDigit(folded.at(-1)) && isDigit(text[at + folded.length]));
      if (!amongDigits) return true;
    }
    return false;
  }
  // Where words are not parted by blanks, neither are names.
  if (isUnparted(folded)) return text.replaceAll(' ', '').includes(folded.replaceAll(' ', ''));
  if (text.includes(` ${folded} `)) return true;
  const words = folded.split(' ');
  return words.some(
    (_, count) => count > 0 && isParted(words.slice(0, count).join(' '), words.slice(count).join(' '), text),
  );
}

/** One initial, or a title, between the two names. */
function isParted(first: string, second: string, text: string): boolean {
  for (let at = text.indexOf(` ${first} `); at >= 0; at = text.indexOf(` ${first} `, at + 1)) {
    const rest = text.slice(at + first.length + 2, at + first.length + second.length + 10);
    const [between] = /^(?:[^ ]{1,2}|MRS|FRAU|HERR) /u.exec(rest) ?? [];
    if (between !== undefined && rest.slice(between.length).startsWith(`${second} `)) return true;
  }
  return false;
}

const announcements: Readonly<Partial<Record<IdentityKeyword, readonly string[]>>> = {
  PatientID: ['PATIENT ID', 'PATIENTID', 'PAT ID', 'PATID', 'MRN'],
  PatientName: ['PATIENT NAME', 'PATIENTNAME', 'PAT NAME', 'NAME OF PATIENT'],
};

/** A common value behind the words that say what it is. */
function isAnnounced(keyword: IdentityKeyword, folded: string, text: string): boolean {
  return (announcements[keyword] ?? []).some((words) => text.includes(` ${words} ${folded} `));
}

/** A UID holds numbers by chance, and may not be changed. */
function withoutUids(text: string): string {
  return text.replace(/(?<![\d.])[0-2](?:\.\d{1,40}){4,30}(?![\d.])/g, ' ');
}

/** A name of which any part is what one calls nobody, as `Modality^LUT^Test`. */
function isCommonName(name: string): boolean {
  return name.split(/[=^ ]/).some((part) => nobody.test(fold(part)));
}

function isTelling(kind: Pattern['kind'], folded: string): boolean {
  if (kind === 'date') return !/^\d{4} ?0?1 ?0?1$|^0?1 0?1 \d{4}$|^0101\d{4}$/.test(folded);
  if (kind === 'id') {
    const letters = folded.replaceAll(' ', '');
    return (
      [...letters].length >= shortestId && letters.replace(/\P{N}/gu, '').length >= fewestDigits && isVaried(letters)
    );
  }
  const parts = folded.split(' ');
  if (parts.length < 2) return false;
  if (isUnparted(folded)) return parts.join('').length >= 3;
  if (parts.some((part) => nobody.test(part))) return false;
  if (parts.filter((part) => trade.has(part)).length >= parts.length - 1) return false;
  return parts.join('').length >= 5;
}

/** 000000 and 111111 are nobody's. */
const isVaried = (letters: string) => new Set(letters).size > 1 && !/^(0+\d|123456(7(89?0?)?)?)$/.test(letters);

function daysBetween(one: string, other: string): number {
  const day = (date: string) =>
    Date.UTC(Number(date.slice(0, 4)), Number(date.slice(4, 6)) - 1, Number(date.slice(6, 8))) / 86_400_000;
  const days = Math.abs(day(one.replaceAll('.', '')) - day(other.replaceAll('.', '')));
  return Number.isNaN(days) ? Infinity : days;
}
