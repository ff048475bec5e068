// What retention needs to know of an exam, read from the book. Read anew inside the transaction that decides, so that
// nothing is decided on what was true a moment ago.
import type { Book } from '#station/records/index.ts';
import type { DeliveryFacts, ExamFacts, ObjectFacts } from './retention.ts';

/** An object with what is needed to let it go and to prove afterwards where it is. */
export type PurgeObject = Omit<ObjectFacts, 'deliveries'> & {
  readonly file: string;
  readonly sizeBytes: number;
  readonly deliveries: readonly PurgeDelivery[];
};

export type PurgeDelivery = DeliveryFacts & { readonly SOPInstanceUID: string; readonly dataSetSha256: string };

export type PurgeExam = Omit<ExamFacts, 'objects'> & { readonly objects: readonly PurgeObject[] };

type DeliveryRecord = Omit<PurgeDelivery, 'required' | 'current' | 'provedByQuery' | 'name'> & {
  readonly objectId: string;
  readonly required: number;
  readonly current: number;
  readonly setting: string;
};

/** Undefined when there is no such exam. `hasProblem` says whether something unanswered stands against it. */
export function readPurgeExam(
  book: Book,
  examId: string,
  hasProblem: (examId: string) => boolean,
): PurgeExam | undefined {
  const exam = book
    .sql<{ modalities: string; source: string; stage: ExamFacts['stage']; pinned: number }>(
      `SELECT modalities, label AS source, stage, pinned FROM exam JOIN source ON source.id = exam.sourceId
       WHERE exam.id = ?`,
    )
    .get(examId);
  if (!exam) return undefined;
  const deliveries = Map.groupBy(readDeliveries(book, examId), ({ objectId }) => objectId);
  const objects = book
    .sql<Omit<PurgeObject, 'deliveries' | 'isReplaced'> & { readonly isReplaced: number }>(
      // One whose rejection is not proved everywhere it is to be told has no day on which it may go.
      `SELECT id AS objectId, state,
         iif(EXISTS (SELECT 1 FROM rejected_instance JOIN rejection_note ON rejection_note.id = noteId
           WHERE rejected_instance.objectId = object.id AND (settledAt IS NULL OR EXISTS (SELECT 1 FROM delivery
             WHERE delivery.objectId = rejection_note.objectId AND delivery.state NOT IN ('committed', 'cancelled')))),
           NULL, rejectedAt) AS rejectedAt,
         state = 'rejected' AND rejectionReason = 'replaced' AS isReplaced, returnedAt, purgingAt, purgedAt, file, sizeBytes
       FROM object WHERE examId = ? ORDER BY rowid`,
    )
    .all(examId)
    .map((object) => ({
      ...object,
      isReplaced: object.isReplaced === 1,
      deliveries: (deliveries.get(object.objectId) ?? []).map(({ facts }) => facts),
    }));
  return {
    modalities: JSON.parse(exam.modalities) as string[],
    source: exam.source,
    stage: exam.stage,
    pinned: exam.pinned === 1,
    hasProblem: hasProblem(examId),
    objects,
  };
}

/** The deliveries of one object, whatever their revision. */
export function readObjectDeliveries(book: Book, objectId: string): PurgeDelivery[] {
  return book
    .sql<DeliveryRecord>(`${selectDeliveries} WHERE delivery.objectId = ? ORDER BY delivery.rowid`)
    .all(objectId)
    .map(asFacts);
}

const selectDeliveries = `
  SELECT delivery.objectId, destinationId, required, delivery.revisionId = object.revisionId AS current, delivery.state,
    confirmedBy, confirmedAt, setting, revision.SOPInstanceUID, revision.dataSetSha256
  FROM delivery JOIN object ON object.id = delivery.objectId JOIN revision ON revision.id = delivery.revisionId
  JOIN destination ON destination.id = delivery.destinationId`;

function readDeliveries(book: Book, examId: string) {
  return book
    .sql<DeliveryRecord>(`${selectDeliveries} WHERE delivery.examId = ? ORDER BY delivery.rowid`)
    .all(examId)
    .map((row) => ({ objectId: row.objectId, facts: asFacts(row) }));
}

function asFacts(row: DeliveryRecord): PurgeDelivery {
  const { destinationId, state, confirmedBy, confirmedAt, SOPInstanceUID, dataSetSha256 } = row;
  const { name, confirm } = JSON.parse(row.setting) as { readonly name: string; readonly confirm: string };
  return {
    destinationId,
    name,
    required: row.required === 1,
    current: row.current === 1,
    state,
    confirmedBy,
    confirmedAt,
    provedByQuery: confirm === 'query',
    SOPInstanceUID,
    dataSetSha256,
  };
}
