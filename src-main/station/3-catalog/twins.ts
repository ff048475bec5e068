// Objects that came under one study, series and SOP Instance UID, as pairs: the one that came later and the first one
// it stands against. Read from the book; decides nothing.
//
// What has been approved is first; else what came first. An object whose UIDs had been rejected before it came stands
// against the rejected one, unless a person has said that it may be used. Of three under one UID two stand against the
// first.
import type { Attributes } from '#contract/shapes/identity.ts';
import type { ProblemCode } from '#contract/problems.ts';
import type { Book } from '#station/records/index.ts';
import { problemsOfExam } from './problems-of-exam.ts';

/** Rejection reason of what was set aside because another one bears its UIDs. A key into text/, no code of DICOM. */
export const setAside = 'same-uid';

export type Twin = {
  readonly objectId: string;
  readonly firstId: string;
  readonly against: 'standing' | 'rejected';
  readonly firstApproved: boolean;
  /** True when both say the same of patient and order. */
  readonly saysTheSame: boolean;
  /** What was found when the two were compared; undefined before. */
  readonly compared: Comparison | undefined;
};

/** What is in doubt about an object: its twin, one elsewhere, or what carried it. */
export type Doubt = {
  readonly kind: 'twin' | 'elsewhere' | 'mismatch';
  readonly objectId: string;
  readonly firstId: string | null;
  readonly twin?: Twin;
};

type Row = {
  readonly id: string;
  readonly number: number;
  readonly bears: string;
  readonly state: 'received' | 'approved' | 'rejected' | 'conflict';
  readonly arrivedAt: string;
  readonly rejectedAt: string | null;
  readonly rejectionReason: string | null;
  readonly receivedKey: string;
};

export type Comparison = {
  readonly pixels: 'same' | 'other' | 'unknown' | 'none';
  /** False when one of the two could not be read. */
  readonly readable: boolean;
};

/** In the order of arrival. */
export function readTwins(book: Book, examId: string): Twin[] {
  const rows = book
    .sql<Row>(
      `SELECT object.id, object.rowid AS number, object.seriesId || ' ' || object.SOPInstanceUID AS bears, state,
         arrivedAt, rejectedAt, rejectionReason, receivedKey
       FROM (SELECT seriesId, SOPInstanceUID FROM object WHERE examId = ? AND sameAs IS NULL
             GROUP BY seriesId, SOPInstanceUID HAVING count(*) > 1) AS shared
       JOIN object ON object.seriesId = shared.seriesId AND object.SOPInstanceUID = shared.SOPInstanceUID
       WHERE object.sameAs IS NULL ORDER BY object.rowid`,
    )
    .all(examId);
  if (rows.length === 0) return [];
  const usable = new Set(
    book
      .sql<{ objectId: string }>(
        "SELECT objectId FROM twin_decision WHERE examId = ? AND undoneAt IS NULL AND choice = 'use-second'",
      )
      .all(examId)
      .map((row) => row.objectId),
  );
  const pairs = [...Map.groupBy(rows, (row) => row.bears).values()].flatMap((group) => pairsOf(group, usable));
  if (pairs.length === 0) return [];
  const compared = readComparisons(book, examId);
  return pairs.map((pair) => ({ ...pair, compared: compared.get(`${pair.objectId} ${pair.firstId}`) }));
}

function pairsOf(group: readonly Row[], usable: ReadonlySet<string>): Omit<Twin, 'compared'>[] {
  const standing = group.filter(({ state }) => state !== 'rejected');
  const first = standing.find(({ state }) => state === 'approved') ?? standing[0];
  if (!first) return [];
  const pair = (row: Row, other: Row, against: Twin['against']) => ({
    objectId: row.id,
    firstId: other.id,
    against,
    firstApproved: other.state === 'approved',
    saysTheSame: row.receivedKey === other.receivedKey,
  });
  const seconds = standing.filter((row) => row !== first && row.state !== 'approved');
  if (seconds.length > 0) return seconds.map((row) => pair(row, first, 'standing'));
  if (first.state === 'approved' || usable.has(first.id)) return [];
  const rejected = group.find(
    (row) =>
      row.state === 'rejected' &&
      row.rejectionReason !== setAside &&
      (row.rejectedAt ?? first.arrivedAt) < first.arrivedAt,
  );
  return rejected ? [pair(first, rejected, 'rejected')] : [];
}

function readComparisons(book: Book, examId: string): Map<string, Comparison> {
  const rows = book
    .sql<{ objectId: string; firstId: string; pixels: Comparison['pixels']; readable: number }>(
      `SELECT objectId, firstId, pixels, readable FROM object JOIN twin ON twin.objectId = object.id
       WHERE object.examId = ? AND sameAs IS NULL`,
    )
    .all(examId);
  return new Map(
    rows.map(({ objectId, firstId, pixels, readable }) => [
      `${objectId} ${firstId}`,
      { pixels, readable: readable === 1 },
    ]),
  );
}

/** What stands against the one that came later. */
export function problemOfTwin(book: Book, twin: Twin, today: string): ProblemCode {
  if (twin.against === 'rejected') return 'rejected-earlier';
  if (!twin.saysTheSame && areTwoPatients(book, twin, today)) return 'same-uid-other-patient';
  const { compared } = twin;
  if (!compared) return 'same-uid-being-compared';
  const isSamePicture = compared.readable && (compared.pixels === 'same' || compared.pixels === 'none');
  return isSamePicture ? 'same-uid-other-values' : 'same-uid-other-content';
}

function areTwoPatients(book: Book, { objectId, firstId }: Twin, today: string): boolean {
  const identities = book
    .sql<{ received: string }>('SELECT received FROM object WHERE id IN (?, ?)')
    .all(objectId, firstId)
    .map(({ received }) => JSON.parse(received) as Attributes);
  return problemsOfExam(identities, today).some(({ code }) => code === 'two-patients');
}

/** True when another series or exam holds an object under the same SOP Instance UID that is not rejected. */
export function isElsewhere(book: Book, objectId: string): boolean {
  return readElsewhere(book, objectId) !== undefined;
}

/** The earliest of those objects. */
export function readElsewhere(book: Book, objectId: string): string | undefined {
  return book
    .sql<{ id: string }>(
      `SELECT other.id FROM object AS own JOIN object AS other ON other.SOPInstanceUID = own.SOPInstanceUID
       WHERE own.id = ? AND other.seriesId <> own.seriesId AND other.state <> 'rejected' ORDER BY other.rowid LIMIT 1`,
    )
    .get(objectId)?.id;
}
