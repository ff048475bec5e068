// Under which study an exam leaves: the one it came with, or that of its order, where the site wants it (docs/decisions,
// IHE RAD-61: what an order says of a study is used, and a valid UID is changed only because the site said so).
//
// Several exams of one order leave under its one study. Guarantees: no study ever leaves with images of two patients
// because of it: an order whose study another patient's exam has is given without it, and that is said; and what became
// two patients in one study afterwards does not leave before a person has cleared it up.
import type { Attributes } from '#contract/shapes/identity.ts';
import type { OrderContent } from '#contract/shapes/order.ts';
import { isLegalUid } from '#station/dicom/index.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';

export type AdoptedStudy = {
  /** '' keeps its own. */
  readonly StudyInstanceUID: string;
  /** Patient ID of the exam that stands in the way, or null. */
  readonly takenBy: string | null;
};

const own: AdoptedStudy = { StudyInstanceUID: '', takenBy: null };

/** Of an exam that is being given an order. @param adopts what the site wants */
export function studyOfOrder(
  book: Book,
  { examId, content, adopts }: { readonly examId: string; readonly content: OrderContent; readonly adopts: boolean },
): AdoptedStudy {
  const study = content.StudyInstanceUID.trim();
  if (!adopts || !isLegalUid(study) || study === ownStudy(book, examId)) return own;
  const other = othersUnder(book, study, examId).find(({ PatientID }) => PatientID !== content.PatientID.trim());
  return other ? { ...own, takenBy: other.PatientID } : { StudyInstanceUID: study, takenBy: null };
}

/** @throws Problem 'study-of-two-patients' when another patient's exam leaves under the same study */
export function refuseSharedStudy(book: Book, examId: string): void {
  const exam = book.sql<ExamRow>(`${select} WHERE exam.id = ?`).get(examId);
  if (!exam) return;
  const { PatientID } = toPatient(exam);
  const other = othersUnder(book, exam.study, examId).find((one) => one.PatientID !== PatientID);
  if (other) throw new Problem('study-of-two-patients', { first: PatientID, second: other.PatientID });
}

type ExamRow = {
  readonly id: string;
  readonly study: string;
  readonly received: string;
  readonly corrected: string;
};

/** With the study it leaves under. */
const select = `SELECT exam.id, coalesce((SELECT nullif(StudyInstanceUID, '') FROM applied_order
    WHERE examId = exam.id AND removedAt IS NULL), exam.StudyInstanceUID) AS study, received, corrected FROM exam`;

function othersUnder(book: Book, study: string, examId: string) {
  return book
    .sql<ExamRow>(
      `${select} WHERE emptied = 0 AND exam.id <> :examId || '' AND (exam.StudyInstanceUID = :study || '' OR exam.id IN
         (SELECT examId FROM applied_order WHERE removedAt IS NULL AND StudyInstanceUID <> '' AND StudyInstanceUID = :study || ''))`,
    )
    .all({ study, examId })
    .filter((row) => row.study === study)
    .map(toPatient);
}

function toPatient({ id, received, corrected }: ExamRow): { readonly examId: string; readonly PatientID: string } {
  const said = { ...(JSON.parse(received) as Attributes), ...(JSON.parse(corrected) as Attributes) };
  return { examId: id, PatientID: (said.PatientID ?? '').trim() };
}

const ownStudy = (book: Book, examId: string): string =>
  book.sql<{ uid: string }>('SELECT StudyInstanceUID AS uid FROM exam WHERE id = ?').get(examId)?.uid ?? '';
