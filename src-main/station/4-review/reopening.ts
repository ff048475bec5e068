// An approval is taken back before anything left: what it approved waits for a person again. Its revisions stay in the
// book as what they were; the next approval makes new ones.
import { notANote } from './after-release/release-corrections.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';
import { hideNotes, takeBackMade } from './made-objects.ts';
import { takeBackReaderNotes } from './reader-note/note-rows.ts';

/** Inside a transaction of the caller, which knows that nothing may have left. Gives how many objects it was. */
export function reopenExam({ book, clock }: { readonly book: Book; readonly clock: Clock }, examId: string): number {
  const { changes } = book
    .sql(
      `UPDATE object SET state = 'received', revisionId = NULL
       WHERE examId = ? || '' AND state = 'approved' AND ${notANote('object')}`,
    )
    .run(examId);
  if (changes === 0) return 0;
  takeBackMade(book, examId, clock.now());
  hideNotes(book, examId, takeBackReaderNotes(book, examId), clock.now());
  book.sql('UPDATE exam SET approvedAt = NULL, version = version + 1 WHERE id = ?').run(examId);
  return changes;
}
