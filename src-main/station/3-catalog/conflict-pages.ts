// Two objects under one identifier as the desk shows them, read from the book.
import type { Conflict, ConflictChoice } from '#contract/shapes/conflict.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { setAside, type Doubt } from './twins.ts';

type Side = Conflict['second'];
type SideRow = Omit<Side, 'source' | 'drawable'> & {
  readonly kind: Side['source']['kind'];
  readonly label: string;
  readonly address: string | null;
  readonly drawable: number;
  readonly SOPInstanceUID: string;
};

/** @throws Problem 'not-found' */
export function readConflict(book: Book, examId: string, { objectId, firstId, kind, twin }: Doubt): Conflict {
  const second = readSide(book, objectId);
  const found = firstId === null ? undefined : readFinding(book, objectId, firstId);
  const what = kindOf(book, objectId, kind, twin?.against);
  return {
    kind: what,
    SOPInstanceUID: second.uid,
    first: firstId === null ? null : readSide(book, firstId).side,
    second: second.side,
    pixels: found?.pixels ?? (kind === 'twin' ? 'comparing' : 'unknown'),
    differences: found?.differences ?? [],
    moreDifferences: found?.moreDifferences ?? 0,
    choices: choicesOf(what, twin?.firstApproved ?? false),
    documents: countDocuments(book, examId),
    decided: null,
  };
}

function choicesOf(kind: Conflict['kind'], firstApproved: boolean): ConflictChoice[] {
  if (kind === 'comparing') return [];
  if (kind === 'elsewhere') return ['keep-both'];
  if (kind === 'mismatch') return ['accept', 'keep-both'];
  // An archive that got the first must never get other bytes under its UID.
  return firstApproved ? ['keep-first', 'keep-both'] : ['keep-first', 'use-second', 'keep-both'];
}

function kindOf(
  book: Book,
  objectId: string,
  kind: Doubt['kind'],
  against?: 'standing' | 'rejected',
): Conflict['kind'] {
  if (kind !== 'twin') return kind;
  if (against === 'rejected') return 'rejected-earlier';
  const row = book
    .sql<{ code: string }>(
      `SELECT code FROM problem WHERE objectId = ? AND clearedAt IS NULL AND code IN ('same-uid-being-compared',
         'same-uid-other-content', 'same-uid-other-values', 'same-uid-other-patient')`,
    )
    .get(objectId);
  return kinds[row?.code ?? ''] ?? 'comparing';
}

const kinds: Readonly<Record<string, Conflict['kind']>> = {
  'same-uid-other-content': 'other-pixels',
  'same-uid-other-values': 'other-values',
  'same-uid-other-patient': 'other-patient',
};

type Finding = Pick<Conflict, 'differences' | 'moreDifferences'> & {
  readonly pixels: 'same' | 'other' | 'unknown' | 'none';
};

function readFinding(book: Book, objectId: string, firstId: string): Finding | undefined {
  const row = book
    .sql<{ pixels: Finding['pixels']; differences: string; moreDifferences: number }>(
      'SELECT pixels, differences, moreDifferences FROM twin WHERE objectId = ? AND firstId = ?',
    )
    .get(objectId, firstId);
  return row && { ...row, differences: JSON.parse(row.differences) as Finding['differences'] };
}

function readSide(book: Book, objectId: string): { readonly side: Side; readonly uid: string } {
  const row = book
    .sql<SideRow>(
      `SELECT object.id AS objectId, examId, state, arrivedAt, TransferSyntaxUID, sizeBytes, frames, drawable,
         SOPInstanceUID, kind, label, address
       FROM object JOIN source ON source.id = object.sourceId WHERE object.id = ?`,
    )
    .get(objectId);
  if (!row) throw new Problem('not-found', { what: 'object' });
  const { kind, label, address, drawable, SOPInstanceUID, ...rest } = row;
  return { side: { ...rest, source: { kind, label, address }, drawable: drawable === 1 }, uid: SOPInstanceUID };
}

function countDocuments(book: Book, examId: string): number {
  const row = book
    .sql<{ n: number }>(
      "SELECT count(*) AS n FROM object WHERE examId = ? AND hasPixelData = 0 AND state <> 'rejected' AND sameAs IS NULL",
    )
    .get(examId);
  return row?.n ?? 0;
}

/** What people decided in an exam and nobody took back; the newest first. */
export function readDecided(book: Book, examId: string): Conflict[] {
  const rows = book
    .sql<{
      objectId: string;
      firstId: string | null;
      choice: ConflictChoice;
      formerUid: string;
      givenUid: string;
      by: string;
      at: string;
      state: string;
      setAsideStays: number | null;
    }>(
      `SELECT twin_decision.objectId, firstId, choice, formerUid, givenUid, by, at, object.state,
         (SELECT aside.state = 'rejected' AND aside.rejectionReason = ? FROM object AS aside WHERE aside.id = setAsideId)
           AS setAsideStays
       FROM twin_decision JOIN object ON object.id = twin_decision.objectId
       WHERE twin_decision.examId = ? AND undoneAt IS NULL ORDER BY at DESC, twin_decision.rowid DESC`,
    )
    .all(setAside, examId);
  return rows
    .filter((row) => row.setAsideStays !== 0)
    .map((row) => {
      const { objectId, firstId, choice, formerUid, givenUid, by, at } = row;
      const second = readSide(book, objectId);
      const found = firstId === null ? undefined : readFinding(book, objectId, firstId);
      return {
        kind: found ? (found.pixels === 'same' ? 'other-values' : 'other-pixels') : firstId ? 'elsewhere' : 'mismatch',
        SOPInstanceUID: formerUid === '' ? second.uid : formerUid,
        first: firstId === null ? null : readSide(book, firstId).side,
        second: second.side,
        pixels: found?.pixels ?? 'unknown',
        differences: found?.differences ?? [],
        moreDifferences: found?.moreDifferences ?? 0,
        choices: [],
        documents: 0,
        decided: { choice, by, at, givenUid, undoable: row.state !== 'approved' },
      };
    });
}
