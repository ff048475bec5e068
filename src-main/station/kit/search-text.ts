// Texts as a search sees them: without case, diacritics and the signs between the parts of a name. Pure.

/** Folds a text: MÜLLER^Änne and muller anne are the same. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[\^=\\\s\p{Cc}]+/gu, ' ')
    .trim();
}

const mostCharacters = 4096;
const mostWords = 8;

/** What a search looks through: every different text once, `most` characters in all. */
export function searchTextOf(texts: readonly string[], most = mostCharacters): string {
  return [...new Set(texts.map(foldText).filter((text) => text !== ''))].join(' | ').slice(0, most);
}

/** The words of a search; all of them must be found. */
export function searchWords(search: string): string[] {
  return foldText(search)
    .split(' ')
    .filter((word) => word !== '')
    .slice(0, mostWords);
}

/** A LIKE pattern (with ESCAPE '\\') for a word. */
export const patternOf = (word: string): string => `%${word.replace(/[\\%_]/g, '\\$&')}%`;

/** Words too short for the index of three letters. */
export const isShort = (word: string): boolean => [...word].length < 3;

/** What the index of three letters is asked for: every one of the words, or one of them, anywhere in the text. */
export const indexQueryOf = (words: readonly string[], joined: 'AND' | 'OR' = 'AND'): string =>
  words.map((word) => `"${word.replaceAll('"', '""')}"`).join(` ${joined} `);
