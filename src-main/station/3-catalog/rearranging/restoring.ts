// Brings the steps of the journal into a book that is made anew, one after the other and again without harm. The rows of
// the step itself are there when these are called.
import type { Book } from '#station/records/index.ts';
import { readPlace } from './places.ts';
import { doStep, readSteps, undoStep, type Rearrangement, type Step } from './steps.ts';

/** What is not there (any more) is left out. */
export function restoreStep(book: Book, step: Step): void {
  const { examId, study, copyOf, objectId } = step;
  if (!readPlace(book, copyOf ?? objectId)) return;
  const taken = book.sql('SELECT 1 FROM exam WHERE StudyInstanceUID = ? AND id <> ?').get(study, examId);
  const there = book.sql('SELECT 1 FROM exam WHERE id = ?').get(examId);
  if (taken && !there) return;
  doStep(book, step);
}

export function restoreUndoing(book: Book, { id, undoneAt }: Rearrangement): void {
  if (undoneAt === null || undoneAt === undefined) return;
  for (const step of readSteps(book, id).toReversed()) {
    if (readPlace(book, step.objectId)) undoStep(book, step, undoneAt);
  }
}
