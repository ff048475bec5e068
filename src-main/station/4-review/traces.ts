// Looks for a former identity in text: the whole name in any order and spelling of its parts, the whole ID. Pure.
//
// Only telling values are looked for in free text: an ID of six letters and digits or more, three of them digits; a name
// of two parts or more, none of which is what one calls nobody (TEST, ANONYMOUS, PHANTOM). Others stand everywhere by
// chance; they are looked for where patients are identified, and callers say that it was only there. A single family
// name is not looked for, because other people bear it too.

export type Identity = { readonly PatientName?: string; readonly PatientID?: string };
export type IdentityKeyword = keyof Identity;

export type Search = {
  /** Finds which attribute of the former identity `text` still holds. */
  find(text: string): IdentityKeyword | null;
  /** True when `text` as a whole is a former value; for attributes that identify a patient. */
  is(text: string): IdentityKeyword | null;
  /** Keywords with a former value that is too common to be looked for in free text. */
  readonly notTelling: readonly IdentityKeyword[];
};

const shortestId = 6;
const fewestDigits = 3;
const long = 7;
const unparted = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;
const nobody = /^(TEST\p{L}*|ANON\p{L}*|UNKNOWN|NONAME|DEMO|DUMMY|PHANTOM|QA|QC|PATIENT|NAME|NN)$/u;

type Pattern = { readonly keyword: IdentityKeyword; readonly folded: string; readonly telling: boolean };

/**
 * @param former identities that must not be left, of every object of the exam
 * @param chosen the identity that is meant to stand there
 */
export function lookFor(former: readonly Identity[], chosen: Identity): Search {
  const allowed = new Set<string>();
  for (const value of [chosen.PatientName, chosen.PatientID]) {
    for (const form of value === undefined ? [] : formsOf(value)) allowed.add(form);
  }
  const patterns = new Map<string, Pattern>();
  const notTelling = new Set<IdentityKeyword>();
  for (const identity of former) {
    for (const keyword of ['PatientName', 'PatientID'] as const) {
      const value = identity[keyword];
      if (value === undefined || chosen[keyword] === undefined) continue;
      for (const folded of keyword === 'PatientName' ? formsOf(value) : [fold(value)]) {
        if (folded === '' || allowed.has(folded)) continue;
        const telling = keyword === 'PatientName' ? isTellingName(folded) : isTellingId(folded);
        if (!telling) notTelling.add(keyword);
        patterns.set(`${keyword} ${folded}`, { keyword, folded, telling });
      }
    }
  }
  const list = [...patterns.values()];
  const pardoned = [...allowed].filter((form) => form !== '').toSorted((a, b) => b.length - a.length);

  return {
    notTelling: [...notTelling],
    is(text) {
      const folded = fold(text);
      return list.find((pattern) => pattern.folded === folded)?.keyword ?? null;
    },
    find(text) {
      if (list.length === 0) return null;
      let padded = ` ${fold(text)} `;
      if (!list.some((pattern) => stands(pattern, padded))) return null;
      for (const form of pardoned) padded = padded.replaceAll(form, ' \u0001 ');
      return list.find((pattern) => stands(pattern, padded))?.keyword ?? null;
    },
  };
}

/** Between word borders; a long ID also inside of a longer word, because devices put letters in front of it. */
function stands({ keyword, folded, telling }: Pattern, padded: string): boolean {
  if (!telling) return false;
  if (keyword === 'PatientID' && folded.length >= long) return padded.includes(folded);
  // Where words are not parted by blanks, neither are names.
  if (unparted.test(folded)) return padded.replaceAll(' ', '').includes(folded.replaceAll(' ', ''));
  return padded.includes(` ${folded} `);
}

function isTellingId(folded: string): boolean {
  const letters = folded.replaceAll(' ', '');
  return [...letters].length >= shortestId && letters.replace(/\P{N}/gu, '').length >= fewestDigits;
}

function isTellingName(folded: string): boolean {
  const parts = folded.split(' ');
  const shortest = unparted.test(folded) ? 3 : 5;
  return parts.length >= 2 && parts.join('').length >= shortest && !parts.some((part) => nobody.test(part));
}

/** A name as it may be written: each representation, as it is and with the given name first. */
function formsOf(name: string): readonly string[] {
  const forms = new Set<string>();
  for (const group of name.split('=')) {
    const parts = group.split('^').map(fold);
    const [family = '', given = '', middle = ''] = parts;
    forms.add(fold(group));
    if (family !== '' && given !== '') {
      for (const form of [
        [family, given],
        [given, family],
        [given, middle, family],
        [family, given, middle],
      ]) {
        forms.add(form.filter((part) => part !== '').join(' '));
      }
    }
  }
  forms.delete('');
  return [...forms];
}

/** Upper case, without diacritics, everything that is neither letter nor digit as one blank. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toUpperCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
