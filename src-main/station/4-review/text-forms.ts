// The forms in which one value may be written: folded text, names in every order of their parts, IDs with and without
// separators, dates as people write them. Pure.
//
// Both what is looked for and what is looked through is folded by the same rules, so that spelling hides nothing.

const single: Readonly<Record<string, string>> = {
  Ø: 'O',
  Ł: 'L',
  Đ: 'D',
  Ð: 'D',
  Þ: 'TH',
  Æ: 'AE',
  Œ: 'OE',
  ẞ: 'SS',
};
const singles = new RegExp(`[${Object.keys(single).join('')}]`, 'gu');
const unparted = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u;

/** Upper case, without diacritics, everything that is neither letter nor digit as one blank. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toUpperCase()
    .replace(singles, (letter) => single[letter] ?? letter)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Folded text in which Müller, Mueller and Muller are one: for names only. */
export function foldName(folded: string): string {
  return folded.replace(/([AOU])E/g, '$1').replace(/AA/g, 'A');
}

/** True for scripts that put no blanks between words. */
export const isUnparted = (folded: string): boolean => unparted.test(folded);

/** A name as it may be written, folded: each representation, in any order of family, given and middle name. */
export function formsOfName(name: string): readonly string[] {
  const forms = new Set<string>();
  const add = (...parts: readonly string[]) => forms.add(parts.filter((part) => part !== '').join(' '));
  for (const group of name.split('=')) {
    const [family = '', given = '', middle = ''] = group.split('^').map((part) => foldName(fold(part)));
    add(foldName(fold(group)));
    if (family === '' || given === '') continue;
    add(family, given);
    add(given, family);
    add(given, middle, family);
    add(family, given, middle);
  }
  forms.delete('');
  return [...forms];
}

/** Family and given name without anything between them, as file and user names have it; for what fills eight letters. */
export function joinedFormsOfName(name: string): readonly string[] {
  const forms = new Set<string>();
  for (const group of name.split('=')) {
    const [family = '', given = ''] = group.split('^').map((part) => foldName(fold(part)).replaceAll(' ', ''));
    if (family === '' || given === '' || isUnparted(family) || family.length + given.length < 8) continue;
    forms.add(family + given);
    forms.add(given + family);
  }
  return [...forms];
}

/** An ID as it may be written, folded: as it is, without separators, without zeros in front. */
export function formsOfId(id: string): readonly string[] {
  const folded = fold(id);
  const compact = folded.replaceAll(' ', '');
  const bare = compact.replace(/^0+/, '');
  return [...new Set([folded, compact, bare])].filter((form) => form !== '');
}

/** A date of DICOM as people write it, folded. Empty when it is none. */
export function formsOfDate(date: string): readonly string[] {
  const [, year, month, day] = /^(\d{4})\.?(\d{2})\.?(\d{2})$/.exec(date.trim()) ?? [];
  if (!year || !month || !day) return [];
  const plain = (two: string) => String(Number(two));
  const forms = [
    `${year}${month}${day}`,
    `${year} ${month} ${day}`,
    `${day} ${month} ${year}`,
    `${month} ${day} ${year}`,
    `${plain(day)} ${plain(month)} ${year}`,
    `${plain(month)} ${plain(day)} ${year}`,
    `${day}${month}${year}`,
  ];
  return [...new Set(forms)];
}
