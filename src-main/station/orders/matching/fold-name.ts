// Names as a comparison sees them: without case, marks, titles and signs, and in Latin letters. Pure; time is
// proportional to what is looked at, and no more than `mostCharacters` of a name is.
//
// Two keys: `plain` folds what is only written otherwise (Müller, MULLER), `loose` also what is spelled otherwise in
// another alphabet or country (Mueller, Мюллер). Neither knows nicknames: Bob is not Robert.

/** A person name of DICOM holds 3 groups of 64 characters; HL7 a few more. */
export const mostCharacters = 400;

const letters = (from: string, to: string): readonly (readonly [string, string])[] => {
  const latin = to.split(' ');
  return [...from].map((letter, n) => [letter, latin[n] ?? ''] as const);
};

const toLatin: ReadonlyMap<string, string> = new Map([
  ...letters(
    'абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґўјљњћђџ',
    'a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh shch  y  e yu ya i i ie g u j lj nj c dj dz',
  ),
  ...letters('αβγδεζηθικλμνξοπρσςτυφχψω', 'a v g d e z i th i k l m n x o p r s s t y f ch ps o'),
  ...letters('ßæœøåðþđłıħŋ', 'ss ae oe o a d th d l i h n'),
]);

const vowels = 'aiueo';
const kanaRows: readonly (readonly [string, string])[] = [
  ['あいうえお', ''],
  ['かきくけこ', 'k'],
  ['さしすせそ', 's'],
  ['たちつてと', 't'],
  ['なにぬねの', 'n'],
  ['はひふへほ', 'h'],
  ['まみむめも', 'm'],
  ['らりるれろ', 'r'],
];
const kana: ReadonlyMap<string, string> = new Map([
  ...kanaRows.flatMap(([row, consonant]) => [...row].map((sign, n) => [sign, consonant + (vowels[n] ?? '')] as const)),
  ...letters('やゆよわをんゃゅょっー', 'ya yu yo wa o n ya yu yo  '),
]);
/** A mark that voices the sign before it: か + ゛ is が. */
const voiced: Readonly<Record<string, string>> = { k: 'g', s: 'z', t: 'd', h: 'b' };

/** Latin letters for a text: kana, Cyrillic, Greek and the letters that no mark is taken off from. */
function latinOf(text: string): string {
  let latin = '';
  for (const letter of text.replaceAll('ου', 'ou')) {
    const code = letter.codePointAt(0) ?? 0;
    const sign = code >= 0x30a1 && code <= 0x30f6 ? String.fromCodePoint(code - 0x60) : letter;
    const said = kana.get(sign) ?? toLatin.get(letter);
    latin += said ?? letter;
  }
  return latin;
}

/** Kana with its voicing marks, before the marks are taken off. */
const voiceKana = (text: string): string =>
  text.replace(/([\u3041-\u30ff])([\u3099\u309a])/gu, (_, sign: string, mark: string) => {
    const code = sign.codePointAt(0) ?? 0;
    const plain = kana.get(code >= 0x30a1 ? String.fromCodePoint(code - 0x60) : sign) ?? '';
    const first = plain[0] ?? '';
    return mark === '\u309a' ? `p${plain.slice(1)}` : `${voiced[first] ?? first}${plain.slice(1)}`;
  });

/** Lower case Latin letters, digits and spaces; hyphens part words, apostrophes do not. */
export function plainOf(text: string): string {
  const folded = voiceKana(text.normalize('NFKD').toLowerCase())
    .replace(/\p{M}+/gu, '')
    .replace(/['’ʼ`]/gu, '');
  return latinOf(folded)
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

const looser: readonly (readonly [RegExp, string])[] = [
  [/shch|sch|ch|tch/g, 'sh'],
  [/zh/g, 'j'],
  [/kh|ck|q|c/g, 'k'],
  [/tz|ts|z/g, 's'],
  [/ph/g, 'f'],
  [/th/g, 't'],
  [/w/g, 'v'],
  [/[iy]?[uo]u|iu|yu|ju|ue/g, 'u'],
  [/ia|ya|ja|ae|aa/g, 'a'],
  [/oe|oo/g, 'o'],
  [/ie|ye|je/g, 'e'],
  [/[jy]/g, 'i'],
  [/h/g, ''],
  [/(\p{L})\1+/gu, '$1'],
];

/** What stays the same where a name was carried over from another alphabet or spelling. */
export function looseOf(plain: string): string {
  return looser.reduce((text, [from, to]) => text.replace(from, to), plain);
}

const titles: ReadonlySet<string> = new Set(
  'dr prof mr mrs ms miss md phd med dipl ing herr frau mme mlle jr sr ii iii'.split(' '),
);

/** The words of a plain text without titles, where something is left. */
export function wordsOf(plain: string): readonly string[] {
  const all = plain.split(' ').filter((word) => word !== '');
  const names = all.filter((word) => !titles.has(word));
  return names.length > 0 ? names : all;
}
