// The rows that tell what was rearranged: one for the command, one for each object in it. What is kept here is enough to
// go back, and to do it again in a book that is made anew.
import { newId } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import { addCopy, putObject, readPlace, settleExam, takeCopyBack, type Place } from './places.ts';

export type RearrangementKind = 'split' | 'move' | 'merge' | 'split-series' | 'copy' | 'late';

/** One object in one rearrangement. */
export type Move = {
  readonly objectId: string;
  readonly to: Place;
  readonly copy?: { readonly of: string; readonly file: string };
};

export type Step = {
  readonly rearrangementId: string;
  readonly objectId: string;
  readonly copyOf: string | null;
  readonly file: string | null;
  readonly formerExamId: string;
  readonly formerStudy: string;
  readonly formerSeries: string;
  readonly formerObject: string;
  readonly formerLate: string;
  readonly examId: string;
  readonly study: string;
  readonly series: string;
  readonly object: string;
  readonly since: string;
};

/** A correction that was made together with a rearrangement, so that the identity follows the target. */
export type MadeCorrection = {
  readonly examId: string;
  readonly correctionId: string;
  readonly former: Readonly<Record<string, string>>;
  readonly given: Readonly<Record<string, string>>;
};

export type Rearrangement = {
  readonly id: string;
  readonly kind: RearrangementKind;
  readonly by: string;
  readonly at: string;
  readonly corrections: readonly MadeCorrection[];
  readonly undoneAt: string | null;
};

export function readRearrangement(book: Book, id: string): Rearrangement | undefined {
  const row = book
    .sql<Omit<Rearrangement, 'corrections'> & { corrections: string }>(
      'SELECT id, kind, by, at, corrections, undoneAt FROM rearrangement WHERE id = ?',
    )
    .get(id);
  return row && { ...row, corrections: JSON.parse(row.corrections) as MadeCorrection[] };
}

export function readSteps(book: Book, rearrangementId: string): Step[] {
  return book.sql<Step>('SELECT * FROM uid_map WHERE rearrangementId = ? ORDER BY place').all(rearrangementId);
}

export const placeBefore = (step: Step): Place => ({
  examId: step.formerExamId,
  StudyInstanceUID: step.formerStudy,
  SeriesInstanceUID: step.formerSeries,
  SOPInstanceUID: step.formerObject,
});

export const placeAfter = (step: Step): Place => ({
  examId: step.examId,
  StudyInstanceUID: step.study,
  SeriesInstanceUID: step.series,
  SOPInstanceUID: step.object,
});

export const examsOf = (steps: readonly Step[]): string[] => [
  ...new Set(steps.flatMap(({ formerExamId, examId }) => [formerExamId, examId])),
];

/** Writes a rearrangement down and does it. The exams concerned are counted anew; their problems are for the caller. */
export function carryOut(
  book: Book,
  command: {
    readonly kind: RearrangementKind;
    readonly by: string;
    readonly now: string;
    readonly moves: readonly Move[];
  },
): { readonly id: string; readonly steps: Step[] } {
  const { kind, by, now, moves } = command;
  const id = newId();
  book.sql('INSERT INTO rearrangement (id, kind, by, at) VALUES (?, ?, ?, ?)').run(id, kind, by, now);
  for (const [place, { objectId, to, copy }] of moves.entries()) {
    const from = readPlace(book, copy?.of ?? objectId);
    if (!from) continue;
    const late = from.late === 0 || copy ? '' : JSON.stringify({ late: from.late, rememberedId: from.rememberedId });
    const row = {
      ...{ id: newId(), rearrangementId: id, place, objectId, copyOf: copy?.of ?? null, file: copy?.file ?? null },
      ...{ formerExamId: from.examId, formerStudy: from.StudyInstanceUID, formerSeries: from.SeriesInstanceUID },
      ...{ formerObject: from.SOPInstanceUID, formerLate: late, since: now },
      ...{ examId: to.examId, study: to.StudyInstanceUID, series: to.SeriesInstanceUID, object: to.SOPInstanceUID },
    };
    book
      .sql(
        `INSERT INTO uid_map (id, rearrangementId, place, objectId, copyOf, file, formerExamId, formerStudy,
           formerSeries, formerObject, formerLate, examId, study, series, object, since)
         VALUES (:id, :rearrangementId, :place, :objectId, :copyOf, :file, :formerExamId, :formerStudy,
           :formerSeries, :formerObject, :formerLate, :examId, :study, :series, :object, :since)`,
      )
      .run(row);
    doStep(book, row);
  }
  const steps = readSteps(book, id);
  for (const examId of examsOf(steps)) settleExam(book, examId);
  return { id, steps };
}

/** Does one step; doing it again changes nothing. */
export function doStep(book: Book, step: Step): void {
  const { objectId, copyOf, file } = step;
  if (copyOf !== null && file !== null && !readPlace(book, objectId)) {
    if (!readPlace(book, copyOf)) return;
    addCopy(book, copyOf, { id: objectId, file });
  }
  putObject(book, objectId, placeAfter(step));
}

/** Goes one step back. A step that was undone before is undone still. */
export function undoStep(book: Book, step: Step, now: string): void {
  const { objectId, copyOf, formerLate } = step;
  if (copyOf !== null) {
    // Beside what it repeats, where it says nothing new.
    putObject(book, objectId, { ...placeBefore(step), SOPInstanceUID: step.object });
    takeCopyBack(book, objectId, copyOf, now);
    return;
  }
  putObject(book, objectId, placeBefore(step));
  if (formerLate === '') return;
  const { late, rememberedId } = JSON.parse(formerLate) as { late: number; rememberedId: string | null };
  book.sql('UPDATE object SET late = ?, rememberedId = ? WHERE id = ?').run(late, rememberedId, objectId);
}
