// Rejection notes that came from devices, as rows: what each says, and what a person made of it. Runs inside transactions
// of the caller. The object that holds a note stays here, whatever is made of it: an archive would obey it.
import type { DeviceNoteChoice, DeviceNoteTitle } from '#contract/shapes/after-release.ts';
import type { Clock } from '#station/kit/clock.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { SaidByNote } from './read-note.ts';
import { keyObjectSelectionClass } from './rejection-note.ts';

type Desk = { readonly book: Book; readonly clock: Clock };

export type DeviceNote = SaidByNote & {
  readonly objectId: string;
  readonly examId: string;
  /** What sent it. */
  readonly device: string;
  readonly answer: DeviceNoteChoice | 'retention' | null;
};

/** Reason of the station itself, a key into text/: an object that is kept back because it is such a note. */
export const keptBack = 'device-note';

type Row = Omit<DeviceNote, 'uids' | 'title'> & { readonly uids: string; readonly title: DeviceNoteTitle };

const selectNotes = `
  SELECT device_note.objectId, object.examId, source.label AS device, title, reason, text, uids, answer
  FROM device_note JOIN object ON object.id = device_note.objectId JOIN source ON source.id = object.sourceId`;
const asNote = (row: Row): DeviceNote => ({ ...row, uids: JSON.parse(row.uids) as string[] });

/** Key object selections that came from elsewhere and that nobody has looked into; of one exam, or all. */
export function unreadNotes(book: Book, examId?: string): string[] {
  // Asked whenever something came, and at each start: that must not look at every object there is.
  const ofExam = examId === undefined ? '' : "examId = :examId || '' AND";
  return book
    .sql<{ id: string }>(
      `SELECT id FROM object INDEXED BY object_key_selection WHERE ${ofExam} SOPClassUID = '${keyObjectSelectionClass}'
         AND state IN ('received', 'conflict') AND sameAs IS NULL
         AND NOT EXISTS (SELECT 1 FROM device_note WHERE device_note.objectId = object.id)
         AND NOT EXISTS (SELECT 1 FROM rejection_note WHERE rejection_note.SOPInstanceUID = object.SOPInstanceUID)
         AND NOT EXISTS (SELECT 1 FROM seen_key_object WHERE seen_key_object.objectId = object.id)
       ORDER BY rowid LIMIT 1000`,
    )
    .all(examId === undefined ? {} : { examId })
    .map(({ id }) => id);
}

/** It is a key object selection, and none that takes images back. */
export function noteOtherKeyObject(book: Book, objectId: string): void {
  book.sql('INSERT OR IGNORE INTO seen_key_object VALUES (?)').run(objectId);
}

export function recordDeviceNote({ book, clock }: Desk, objectId: string, said: SaidByNote): void {
  const { title, reason, text, uids } = said;
  // What an archive no longer keeps, or a viewer deletes, says nothing of whether an image is good (IHE IOCM).
  const isRetention = title === '113039';
  const now = clock.now();
  book
    .sql(
      `INSERT OR IGNORE INTO device_note (objectId, title, reason, text, uids, seenAt, answer, answeredAt)
       VALUES (:objectId, :title, :reason, :text, :uids, :now, :answer, :answeredAt)`,
    )
    .run({
      ...{ objectId, title, reason, text, now, uids: JSON.stringify(uids) },
      ...{ answer: isRetention ? 'retention' : null, answeredAt: isRetention ? now : null },
    });
  if (isRetention) keepBack({ book, clock }, objectId);
}

/** Not answered yet, of one exam or all, in the order in which they came. */
export function openDeviceNotes(book: Book, examId?: string): DeviceNote[] {
  const ofExam = examId === undefined ? '' : "AND object.examId = :examId || ''";
  return book
    .sql<Row>(`${selectNotes} WHERE answer IS NULL ${ofExam} ORDER BY seenAt, objectId`)
    .all(examId === undefined ? {} : { examId })
    .map(asNote);
}

/** @throws Problem 'not-found' */
export function readDeviceNote(book: Book, objectId: string): DeviceNote {
  const row = book.sql<Row>(`${selectNotes} WHERE device_note.objectId = ? || ''`).get(objectId);
  if (!row) throw new Problem('not-found', { what: 'note' });
  return asNote(row);
}

/** Those of them that are here and not rejected: under these UIDs, copies of what came under them, or what left in their place. */
export function imagesMeantBy(book: Book, { uids, objectId: own }: Pick<DeviceNote, 'uids' | 'objectId'>): string[] {
  const found = new Set<string>();
  for (const uid of uids) {
    const rows = book
      .sql<{ id: string; state: string }>('SELECT id, state FROM object WHERE SOPInstanceUID = ? AND sameAs IS NULL')
      .all(uid);
    for (const { id, state } of rows) {
      if (state !== 'rejected') found.add(id);
      for (const copy of [...copiesOf(book, id), ...derivedOf(book, id)]) found.add(copy);
    }
  }
  found.delete(own);
  return [...found];
}

/** Derived pictures that are made of it, and copies of those. */
function derivedOf(book: Book, objectId: string): string[] {
  return book
    .sql<{ id: string; state: string; sameAs: string | null }>(
      `SELECT object.id, state, sameAs FROM made_object JOIN object ON object.id = made_object.objectId
       WHERE replaces = 1 AND made_object.examId IN (SELECT examId FROM object WHERE id = :objectId || '')
         AND json_extract(sources, '$[0]') = :objectId || ''`,
    )
    .all({ objectId })
    .flatMap(({ id, state, sameAs }) => [
      ...(state === 'rejected' || sameAs !== null ? [] : [id]),
      ...copiesOf(book, id),
    ]);
}

function copiesOf(book: Book, objectId: string): string[] {
  return book
    .sql<{ id: string }>(
      `SELECT object.id FROM uid_map JOIN object ON object.id = uid_map.objectId
       WHERE copyOf = ? || '' AND object.state <> 'rejected' AND sameAs IS NULL`,
    )
    .all(objectId)
    .map(({ id }) => id);
}

/** False when it was answered before. */
export function answerDeviceNote(
  desk: Desk,
  { objectId, choice, by }: { readonly objectId: string; readonly choice: DeviceNoteChoice; readonly by: string },
): boolean {
  const { book, clock } = desk;
  const { changes } = book
    .sql('UPDATE device_note SET answer = ?, answeredAt = ?, by = ? WHERE objectId = ? AND answer IS NULL')
    .run(choice, clock.now(), by, objectId);
  if (changes > 0) keepBack(desk, objectId);
  return changes > 0;
}

function keepBack({ book, clock }: Desk, objectId: string): void {
  book
    .sql(
      `UPDATE object SET state = 'rejected', rejectionReason = ?, rejectionText = '', rejectedAt = ?
       WHERE id = ? AND state IN ('received', 'conflict')`,
    )
    .run(keptBack, clock.now(), objectId);
}
