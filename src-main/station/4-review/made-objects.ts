// Objects of our own making that leave with an exam: presentation states and derived pictures, as rows; and the pictures that
// stay here because a derived one leaves in their place.
//
// Guarantees: a made object has a row among objects only from the approval on that took it. When that approval is taken
// back, what it made is hidden for good and what was replaced waits again: the next approval makes it anew. All of it runs
// inside a transaction of the caller.
import type { Book } from '#station/records/index.ts';

/** Why a picture stays that a derived one replaces; no reason that a person can choose. */
export const replacedReason = 'replaced';
/** Why an object of our own making does not leave after all. */
export const takenBackReason = 'made-anew';

export type MadeRow = {
  readonly objectId: string;
  readonly examId: string;
  readonly SOPInstanceUID: string;
  readonly kind: 'state' | 'baked';
  /** The first one is what it is hidden behind when it is taken back. */
  readonly sources: readonly [string, ...string[]];
  readonly replaces: boolean;
  readonly by: string;
};

/** To be durable before the file is placed: a stop in between is known by it. */
export function noteMade(book: Book, row: MadeRow, now: string): void {
  book
    .sql(
      `INSERT INTO made_object (objectId, examId, SOPInstanceUID, kind, sources, replaces, by, at)
       VALUES (:objectId, :examId, :SOPInstanceUID, :kind, :sources, :replaces, :by, :now)`,
    )
    .run({ ...row, sources: JSON.stringify(row.sources), replaces: row.replaces ? 1 : 0, now });
}

/** It was not taken by an approval, and its file is gone. */
export function forgetMade(book: Book, objectIds: readonly string[]): void {
  for (const id of objectIds) {
    book.sql('DELETE FROM made_object WHERE objectId = ? AND takenAt IS NULL').run(id);
  }
}

/** An approval takes it; what it replaces stays here. After its row was written. */
export function takeMade(book: Book, objectIds: readonly string[], replaced: Iterable<string>, now: string): void {
  for (const id of objectIds) {
    book.sql('UPDATE made_object SET takenAt = ? WHERE objectId = ?').run(now, id);
    // Nobody decided about it late: it is part of the decision.
    book.sql('UPDATE object SET late = 0, rememberedId = NULL WHERE id = ?').run(id);
  }
  for (const id of replaced) {
    book
      .sql(
        `UPDATE object SET state = 'rejected', rejectionReason = ?, rejectionText = '', rejectedAt = ?
         WHERE id = ? AND state = 'received'`,
      )
      .run(replacedReason, now, id);
  }
}

/** Hides what was made of an exam and waits for a decision, and lets what it replaced wait again. Gives the exam's others. */
export function takeBackMade(book: Book, examId: string, now: string): void {
  hide(
    book,
    book
      .sql<{ objectId: string; sources: string }>(
        `SELECT objectId, sources FROM made_object
         WHERE examId = ? || '' AND EXISTS (SELECT 1 FROM object WHERE id = objectId AND state = 'received')`,
      )
      .all(examId),
    now,
  );
}

/**
 * After a stop while objects were made: what came to the catalogue as if somebody had sent it is hidden, of the rest
 * nothing is left. Gives the exams that changed.
 */
export function hideUntaken(book: Book, now: string): string[] {
  const rows = book
    .sql<{ objectId: string; examId: string; sources: string }>(
      'SELECT objectId, examId, sources FROM made_object WHERE takenAt IS NULL',
    )
    .all();
  const here = rows.filter(({ objectId }) => book.sql('SELECT 1 FROM object WHERE id = ?').get(objectId));
  hide(book, here, now);
  for (const { objectId } of here) book.sql('UPDATE made_object SET takenAt = ? WHERE objectId = ?').run(now, objectId);
  const gone = new Set(rows).difference(new Set(here));
  forgetMade(
    book,
    [...gone].map(({ objectId }) => objectId),
  );
  return [...new Set(here.map(({ examId }) => examId))];
}

/** Notes to the reader that nothing speaks of any more: beside an image of their exam, for good. */
export function hideNotes(book: Book, examId: string, objectIds: readonly string[], now: string): void {
  const beside = book
    .sql<{ id: string }>(
      `SELECT id FROM object WHERE examId = ? AND sameAs IS NULL AND id NOT IN (SELECT value FROM json_each(?))
       ORDER BY rowid LIMIT 1`,
    )
    .get(examId, JSON.stringify(objectIds));
  for (const objectId of objectIds) hideOne(book, objectId, beside?.id ?? null, now);
}

function hideOne(book: Book, objectId: string, beside: string | null, now: string): void {
  book
    .sql(
      `UPDATE object SET state = 'rejected', rejectionReason = ?, rejectionText = '', rejectedAt = ?, sameAs = ?
       WHERE id = ?`,
    )
    .run(takenBackReason, now, beside, objectId);
}

function hide(book: Book, rows: readonly { objectId: string; sources: string }[], now: string): void {
  for (const { objectId, sources } of rows) {
    const ids = JSON.parse(sources) as string[];
    hideOne(book, objectId, ids[0] ?? null, now);
    for (const id of ids) {
      book
        .sql(
          `UPDATE object SET state = 'received', rejectionReason = NULL, rejectionText = NULL, rejectedAt = NULL
           WHERE id = ? AND state = 'rejected' AND rejectionReason = ?`,
        )
        .run(id, replacedReason);
    }
  }
}

/** True for a picture in whose place a derived one left. */
export function isReplaced(book: Book, objectId: string): boolean {
  const row = book
    .sql<{ rejectionReason: string | null }>("SELECT rejectionReason FROM object WHERE id = ? AND state = 'rejected'")
    .get(objectId);
  return row?.rejectionReason === replacedReason;
}
