// Texts as a search sees them: without case, diacritics and the signs between the parts of a name. Pure.

/** Folds a text: MÜLLER^Änne and muller anne are the same. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[\^=\\\s]+/g, ' ')
    .trim();
}

const mostCharacters = 4096;
const mostWords = 8;

/** What a search looks through: every different text once. */
export function searchTextOf(texts: readonly string[]): string {
  return [...new Set(texts.map(foldText).filter((text) => text !== ''))].join(' | ').slice(0, mostCharacters);
}

/** LIKE patterns (with ESCAPE '\') for the words of a search; all of them must match. */
export function searchPatterns(search: string): string[] {
  const words = foldText(search)
    .split(' ')
    .filter((word) => word !== '')
    .slice(0, mostWords);
  return words.map((word) => `%${word.replace(/[\\%_]/g, '\\$&')}%`);
}
