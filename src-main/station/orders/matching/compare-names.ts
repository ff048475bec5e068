// Two person names: the same, the same written otherwise, a slip of the hand, or two people. Pure and symmetric.
//
// Every group of a name (letters, ideographs, phonetic) may be compared with every group of the other: one that agrees is
// enough, because a device seldom knows more than one. Only '' says nothing. Nicknames are not known.
import { looseOf, mostCharacters, plainOf, wordsOf } from './fold-name.ts';
import { slipBetween } from './one-slip.ts';

export type NameVerdict =
  | 'unsaid'
  | 'equal'
  | 'marks'
  | 'spelling'
  | 'order'
  | 'cut'
  | 'more'
  | 'initials'
  | 'swapped'
  | 'one-letter'
  | 'family-only'
  | 'other';

/** From what says most for one person to what says most against. */
const ranks: readonly NameVerdict[] = [
  ...(['equal', 'marks', 'order', 'spelling', 'cut', 'more', 'swapped', 'one-letter'] as const),
  ...(['initials', 'family-only', 'other', 'unsaid'] as const),
];

/** Values of 16 (SH) and 64 (LO, PN) characters may have lost their end. */
const cutLengths = [16, 64] as const;
const fewestLetters = 5;

/** @param a, b PN with its groups; at most 400 characters of each are looked at */
export function compareNames(a: string, b: string): NameVerdict {
  const [left, right] = [groupsOf(a), groupsOf(b)];
  let best: NameVerdict = 'unsaid';
  for (const one of left)
    for (const other of right) {
      const verdict = compareGroups(one, other);
      if (ranks.indexOf(verdict) < ranks.indexOf(best)) best = verdict;
    }
  return best;
}

function groupsOf(name: string): readonly string[] {
  return name
    .slice(0, mostCharacters)
    .split('=')
    .slice(0, 3)
    .map((group) => group.replace(/[\^ ]+$/, '').trim())
    .filter((group) => group.replace(/\^/g, '').trim() !== '');
}

function compareGroups(a: string, b: string): NameVerdict {
  const [plainA, plainB] = [plainOf(a), plainOf(b)];
  if (plainA === '' || plainB === '') return a === b ? 'equal' : 'other';
  const [wordsA, wordsB] = [wordsOf(plainA), wordsOf(plainB)];
  const [joinedA, joinedB] = [wordsA.join(' '), wordsB.join(' ')];
  if (joinedA === joinedB) return isSameWriting(a, b) ? 'equal' : 'marks';
  const [sortedA, sortedB] = [sorted(wordsA), sorted(wordsB)];
  if (sortedA === sortedB) return 'order';
  const [looseA, looseB] = [wordsA.map(looseOf), wordsB.map(looseOf)];
  const letters = Math.min(looseA.join('').length, looseB.join('').length);
  if (letters >= 3 && sorted(looseA) === sorted(looseB)) return 'spelling';
  if (isCut(a, joinedA, joinedB) || isCut(b, joinedB, joinedA)) return 'cut';
  if (holdsAll(looseA, looseB) || holdsAll(looseB, looseA)) return 'more';
  if (areInitials(looseA, looseB)) return 'initials';
  const slip = slipBetween(joinedA.replaceAll(' ', ''), joinedB.replaceAll(' ', ''));
  if (letters >= fewestLetters && slip === 'swapped') return 'swapped';
  if (letters >= fewestLetters && slip !== 'other') return 'one-letter';
  return looseA[0] === looseB[0] && (looseA[0]?.length ?? 0) > 1 ? 'family-only' : 'other';
}

const sorted = (words: readonly string[]) => [...words].sort().join(' ');

/** The same but for case and the signs between its parts. */
const isSameWriting = (a: string, b: string) => {
  const write = (text: string) =>
    text
      .normalize('NFC')
      .toLowerCase()
      .replace(/[\^, ]+/g, ' ')
      .trim();
  return write(a) === write(b);
};

/** The end of one is missing, and it is as long as a field that cuts. */
function isCut(raw: string, short: string, whole: string): boolean {
  const length = [...raw].length;
  return cutLengths.some((most) => length === most || length === most - 1) && whole.startsWith(short);
}

/** All the words of one, two at least with the family name, stand in the other. */
function holdsAll(few: readonly string[], many: readonly string[]): boolean {
  if (few.length < 2 || few[0] !== many[0]) return false;
  const all = new Set(many);
  return few.every((word) => word.length > 1 && all.has(word));
}

/** The family name is the same and a given name is only its first letter. */
function areInitials(a: readonly string[], b: readonly string[]): boolean {
  const [familyA = '', givenA = ''] = a;
  const [familyB = '', givenB = ''] = b;
  if (familyA !== familyB || familyA.length < 2 || givenA === '' || givenB === '') return false;
  return (givenA.length === 1 || givenB.length === 1) && givenA[0] === givenB[0];
}
