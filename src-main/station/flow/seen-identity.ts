// Who the screen showed is who is approved, or nothing is: the identity on screen against the one that would leave now.
//
// Guarantees: compares with what the values of the exam are inside the transaction of the approval, so no window, message
// or script can change the patient between the look and the key. Spelling counts here; only padding, empty ends of a name
// and the form of Unicode do not. Says nothing about what the screen did not show.
import type { SeenIdentity } from '#contract/shapes/seen-identity.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';

const keywords = ['PatientName', 'PatientID', 'PatientBirthDate'] as const;
type Keyword = (typeof keywords)[number];

/** @throws Problem 'identity-changed-meanwhile' when the exam is somebody else's by now, or called otherwise */
export function refuseAnotherIdentity(book: Book, examId: string, seen: SeenIdentity | undefined): void {
  if (seen === undefined) return;
  const now = chosenIdentity(book, examId);
  const isOther = (keyword: Keyword) =>
    seen[keyword] !== undefined && comparable(keyword, seen[keyword]) !== comparable(keyword, now[keyword]);
  if (!keywords.some(isOther)) return;
  throw new Problem('identity-changed-meanwhile', { shown: inWords(seen), now: inWords(now) });
}

/** What a banner has to show: what counts by corrections, else what every object says; '' where they contradict. */
export function chosenIdentity(book: Book, examId: string): Readonly<Record<Keyword, string>> {
  const exam = book.sql<{ corrected: string }>('SELECT corrected FROM exam WHERE id = ?').get(examId);
  const corrected = exam ? (JSON.parse(exam.corrected) as Attributes) : {};
  const spoken = book
    .sql<{ attributes: string }>(
      'SELECT attributes FROM correction WHERE examId = ? AND undoneAt IS NULL ORDER BY at, rowid',
    )
    .all(examId)
    .map(({ attributes }) => JSON.parse(attributes) as Attributes);
  const received = book
    .sql<{ received: string }>('SELECT DISTINCT received FROM object WHERE examId = ?')
    .all(examId)
    .map((row) => JSON.parse(row.received) as Attributes);
  const choose = (keyword: Keyword): string => {
    // A correction to what every object had brought by itself is no correction any more, but it was a choice.
    const said = corrected[keyword] ?? spoken.findLast((each) => each[keyword] !== undefined)?.[keyword];
    if (said !== undefined) return said;
    const [only = '', ...others] = new Set(received.map((each) => each[keyword] ?? ''));
    return others.length === 0 ? only : '';
  };
  return {
    PatientName: choose('PatientName'),
    PatientID: choose('PatientID'),
    PatientBirthDate: choose('PatientBirthDate'),
  };
}

function comparable(keyword: Keyword, value: string): string {
  const text = value.normalize('NFC').trim();
  if (keyword !== 'PatientName') return text;
  const group = (written: string) =>
    written
      .split('^')
      .map((part) => part.trim())
      .join('^')
      .replace(/\^+$/, '');
  return text.split('=').map(group).join('=').replace(/=+$/, '');
}

const inWords = (who: SeenIdentity): string =>
  keywords
    .map((keyword) => who[keyword]?.trim() ?? '')
    .filter((value) => value !== '')
    .join(' · ') || '–';
