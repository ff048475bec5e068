// A list of a station as lines of text that a person edits, and back. Pure.
import type { CodedEntry } from '#contract/shapes/station-lists.ts';

/** 'Chest; CHEST; 51185008; SCT; Chest': what people read, the term, and the code in its three parts. */
export function writeEntry({ label, term, code }: CodedEntry): string {
  const parts = [label, term, ...(code ? [code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning] : [])];
  while (parts.at(-1) === '') parts.pop();
  return parts.join('; ');
}

/** Undefined for a line that is none. */
function readEntry(line: string): CodedEntry | undefined {
  const [label = '', term = '', CodeValue, CodingSchemeDesignator, CodeMeaning, ...more] = line
    .split(';')
    .map((part) => part.trim());
  const isTerm = /^[A-Z0-9_ ]{0,16}$/.test(term);
  if (label === '' || label.length > 64 || !isTerm || more.length > 0) return undefined;
  if (CodeValue === undefined) return { label, term };
  if (!CodeValue || !CodingSchemeDesignator || !CodeMeaning) return undefined;
  if (CodeValue.length > 16 || CodingSchemeDesignator.length > 16 || CodeMeaning.length > 64) return undefined;
  return { label, term, code: { CodeValue, CodingSchemeDesignator, CodeMeaning } };
}

/** Of a file, in which an entry without term and code may be its label alone. */
export const asEntries = (read: readonly unknown[]): readonly unknown[] =>
  read.map((one) => (typeof one === 'string' ? { label: one, term: '' } : one));

export const linesOf = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Every entry, each label once; or the number of the first line, from 1, that cannot be read. */
export function readEntries(text: string): readonly CodedEntry[] | number {
  const found = new Map<string, CodedEntry>();
  for (const [n, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const entry = readEntry(line);
    if (entry === undefined) return n + 1;
    if (!found.has(entry.label)) found.set(entry.label, entry);
  }
  return [...found.values()];
}
