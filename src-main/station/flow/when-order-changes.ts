// The hospital changed or cancelled an order that was given to an exam: the exam is looked at again, in the transaction
// of the message or of the worklist's answer.
//
// Guarantees: nothing is corrected by itself. An exam that nothing left of is stopped and, if it was approved, waits for
// approval again; one of which something may have left is told of it and stays as it is. A person applies the order anew,
// takes it back, or keeps what was applied.
import type { Order, OrderContent } from '#contract/shapes/order.ts';
import { Problem } from '#station/kit/problem.ts';
import { mayHaveLeft, type PatientRooms } from './when-patient-changes.ts';

/** Stands in the trail as the one who did it. */
const hospital = 'hospital';
const told = [
  ...(['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex'] as const),
  ...(['AccessionNumber', 'StudyInstanceUID', 'RequestedProcedureID'] as const),
] satisfies readonly (keyof OrderContent)[];
const codes = ['order-changed', 'order-cancelled'] as const;

/** Inside the transaction. */
export function whenOrderChanges(rooms: PatientRooms, orderId: string, after: Order): void {
  const exams = rooms.book
    .sql<{ examId: string; content: string }>(
      'SELECT examId, content FROM applied_order WHERE orderId = ? AND removedAt IS NULL',
    )
    .all(orderId);
  for (const { examId, content } of exams) tell(rooms, examId, JSON.parse(content) as OrderContent, after);
}

function tell(rooms: PatientRooms, examId: string, applied: OrderContent, after: Order): void {
  const { book, catalog, audit, review, forward } = rooms;
  const { AccessionNumber, PatientName, PatientID, PatientBirthDate, PatientSex } = after.content;
  const changed = told.filter((keyword) => applied[keyword] !== after.content[keyword]).join(', ');
  const isCancelled = after.state === 'cancelled';
  for (const code of codes) catalog.unsay(examId, code);
  if (isCancelled || changed !== '') {
    const action = isCancelled ? 'order-cancelled' : 'order-changed';
    audit.append({ by: hospital, action, examId, params: { accession: AccessionNumber, changed } });
    if (mayHaveLeft(rooms, examId)) {
      catalog.say(examId, { code: 'order-changed-after-send', params: { AccessionNumber, PatientName } });
    } else {
      if (review.reopen(examId) > 0) forward.withdraw(examId);
      const who = { PatientName, PatientID, PatientBirthDate, PatientSex };
      if (isCancelled) catalog.say(examId, { code: 'order-cancelled', params: { AccessionNumber, PatientName } });
      else catalog.say(examId, { code: 'order-changed', params: { changed, AccessionNumber, ...who } });
    }
  }
  book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
  rooms.refreshProblems(examId);
  book.afterCommit(() => rooms.examChanged(examId));
}

export type SettlingRooms = Pick<PatientRooms, 'book' | 'audit' | 'refreshProblems' | 'examChanged'> & {
  readonly catalog: Pick<PatientRooms['catalog'], 'unsay'>;
};

/** The order was given anew or taken back: what the hospital said of it before is dealt with. Inside the transaction. */
export function settleOrder({ catalog }: Pick<SettlingRooms, 'catalog'>, examId: string): void {
  for (const code of codes) catalog.unsay(examId, code);
}

/** A person keeps what was applied, whatever the hospital said since. Durable when it returns. @throws Problem 'not-found' */
export function whenOrderIsKept(
  rooms: SettlingRooms,
  { examId, by }: { readonly examId: string; readonly by: string },
) {
  const { book, audit } = rooms;
  book.transaction(() => {
    const standing = book
      .sql<{ code: string }>(
        `SELECT code FROM problem WHERE examId = ? AND +code IN ('order-changed', 'order-cancelled') AND clearedAt IS NULL`,
      )
      .all(examId);
    if (!book.sql('SELECT 1 FROM exam WHERE id = ?').get(examId)) throw new Problem('not-found', { what: 'exam' });
    if (standing.length === 0) return;
    settleOrder(rooms, examId);
    audit.append({ by, action: 'order-kept', examId });
    book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
    rooms.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
  });
}
