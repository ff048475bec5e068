// What was typed about an exam and not saved yet: kept durably for each window, so that a crash loses nothing.
//
// A window gets its own draft back, or the newest of a window that is no longer there; never what somebody is typing at
// this moment somewhere else. A draft goes when the exam is approved, and after a month in any case.
import type { ExamDraft } from '#contract/shapes/matching.ts';
import { laterBy, type Clock } from '#station/kit/clock.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';

const keptMs = 31 * 86_400_000;
/** Drafts of one exam; a script that makes windows up cannot fill the book. */
const mostPerExam = 16;

export type ExamDrafts = {
  /** @param isHere tells whether a window shows the exam now */
  read(examId: string, window: string, isHere: (window: string) => boolean): ExamDraft | null;
  /** Durable when it resolves; gives the time. Without fields it is dropped. @throws Problem 'not-found' */
  save(draft: { examId: string; window: string; fields: ExamDraft['fields']; by: string }): Promise<string>;
  /** Inside a transaction of the caller. */
  drop(examId: string): void;
};

type DraftRow = { readonly window: string; readonly fields: string; readonly by: string; readonly savedAt: string };

export function openExamDrafts(book: Book, clock: Clock): ExamDrafts {
  return {
    read: (examId, window, isHere) => {
      const rows = book
        .sql<DraftRow>('SELECT window, fields, by, savedAt FROM exam_draft WHERE examId = ? ORDER BY savedAt DESC')
        .all(examId);
      const found = rows.find((row) => row.window === window) ?? rows.find((row) => !isHere(row.window));
      if (!found) return null;
      return { fields: JSON.parse(found.fields) as ExamDraft['fields'], by: found.by, savedAt: found.savedAt };
    },
    save: async ({ examId, window, fields, by }) => {
      const savedAt = clock.now();
      const { durable } = book.transactionSoon(() => {
        if (!book.sql('SELECT 1 FROM exam WHERE id = ?').get(examId)) throw new Problem('not-found', { what: 'exam' });
        book.sql('DELETE FROM exam_draft WHERE savedAt < ?').run(laterBy(savedAt, -keptMs));
        if (Object.keys(fields).length === 0) {
          book.sql('DELETE FROM exam_draft WHERE examId = ? AND window = ?').run(examId, window);
          return;
        }
        book
          .sql(
            `INSERT INTO exam_draft VALUES (?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET fields = excluded.fields, by = excluded.by, savedAt = excluded.savedAt`,
          )
          .run(examId, window, JSON.stringify(fields), by, savedAt);
        book
          .sql(
            `DELETE FROM exam_draft WHERE examId = :examId AND window NOT IN
             (SELECT window FROM exam_draft WHERE examId = :examId ORDER BY savedAt DESC LIMIT :most)`,
          )
          .run({ examId, most: mostPerExam });
      });
      await durable;
      return savedAt;
    },
    drop: (examId) => void book.sql('DELETE FROM exam_draft WHERE examId = ?').run(examId),
  };
}
