// Objects that share their identifier: what the comparison found, the two side by side for a person, and what that
// person decides.
//
// Nothing here deletes a byte. What is set aside is rejected with a reason of its own and can be taken back; what says
// the same as another object counts as a re-send of it. Every change is written inside a transaction of the caller, who
// looks at problems and counts of the exam afterwards.
import type { Conflict, ConflictChoice } from '#contract/shapes/conflict.ts';
import type { ContentDifference } from '#station/dicom/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId, newUid } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { readConflict, readDecided } from './conflict-pages.ts';
import { readElsewhere, readTwins, setAside, type Comparison, type Doubt, type Twin } from './twins.ts';

export type Prints = { readonly rest: string; readonly pixels: string };

export type ConflictFinding = Comparison & {
  readonly differences: readonly ContentDifference[];
  readonly moreDifferences: number;
};

export type ConflictCommand = {
  readonly objectId: string;
  readonly choice: ConflictChoice;
  readonly by: string;
  readonly commandId?: string | undefined;
};

export type Decided =
  | { readonly kind: 'decided'; readonly examId: string; readonly formerUid: string; readonly givenUid: string }
  | { readonly kind: 'unchanged'; readonly examId: string };

export type Conflicts = {
  /** Pairs of an exam that were not compared yet, in the order of arrival. */
  toCompare(examId: string): Twin[];
  /** Exams in which something may have to be compared. */
  examsInConflict(): string[];
  /** Others whose content the one that came later may repeat: all that bear or bore its UIDs. */
  earlierThan(twin: Twin): string[];
  prints(objectId: string): Prints | undefined;
  keepPrints(objectId: string, prints: Prints): void;
  /** Writes down what was found about a pair. */
  keepFinding(twin: Twin, finding: ConflictFinding): void;
  /** The object counts as a re-send of another one that says the same. False when somebody has decided about it meanwhile. */
  countAsResent(objectId: string, sameAs: string): boolean;
  /** Everything in an exam that is, or was, in doubt; what is open comes first. */
  ofExam(examId: string): Conflict[];
  /**
   * @throws Problem 'not-found'; 'first-has-left' when the first was approved and the second is to take its place;
   *   'same-uid-being-compared'; 'input-invalid' for a choice that is not offered
   */
  decide(command: ConflictCommand): Decided;
  /** Takes the last decision about an object back. @throws Problem 'not-found', 'already-approved' */
  undo(objectId: string, commandId?: string): Decided;
};

export function openConflicts({ book, clock }: { readonly book: Book; readonly clock: Clock }): Conflicts {
  return {
    toCompare: (examId) => readTwins(book, examId).filter(({ compared }) => compared === undefined),
    examsInConflict: () =>
      book
        .sql<{ examId: string }>(
          `SELECT DISTINCT examId FROM problem WHERE clearedAt IS NULL AND code IN ('same-uid-being-compared',
             'same-uid-other-patient', 'rejected-earlier')`,
        )
        .all()
        .map((row) => row.examId),
    earlierThan: ({ objectId, firstId }) => [...new Set([firstId, ...readEarlier(book, objectId)])],
    prints: (objectId) => book.sql<Prints>('SELECT rest, pixels FROM content_print WHERE objectId = ?').get(objectId),
    keepPrints: (objectId, { rest, pixels }) =>
      void book
        .sql('INSERT OR REPLACE INTO content_print (objectId, rest, pixels, madeAt) VALUES (?, ?, ?, ?)')
        .run(objectId, rest, pixels, clock.now()),
    keepFinding: ({ objectId, firstId }, { pixels, readable, differences, moreDifferences }) =>
      void book
        .sql(
          `INSERT OR REPLACE INTO twin (objectId, firstId, pixels, readable, differences, moreDifferences, comparedAt)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(objectId, firstId, pixels, readable ? 1 : 0, JSON.stringify(differences), moreDifferences, clock.now()),
    countAsResent: (objectId, sameAs) => countAsResent(book, { objectId, sameAs, now: clock.now() }),
    ofExam: (examId) => listConflicts(book, examId),
    decide: (command) => decide(book, command, clock.now()),
    undo: (objectId, commandId) => undo(book, { objectId, commandId, now: clock.now() }),
  };
}

/** Those that bear its UIDs and came before it, and those that bore its UID until they got another one. */
function readEarlier(book: Book, objectId: string): string[] {
  return book
    .sql<{ id: string }>(
      `SELECT other.id FROM object AS own
         JOIN object AS other ON other.seriesId = own.seriesId AND other.SOPInstanceUID = own.SOPInstanceUID
       WHERE own.id = :objectId AND other.sameAs IS NULL AND other.rowid < own.rowid
       UNION
       SELECT twin_decision.objectId FROM object AS own JOIN twin_decision ON twin_decision.examId = own.examId
       WHERE own.id = :objectId AND undoneAt IS NULL AND formerUid = own.SOPInstanceUID AND twin_decision.objectId <> own.id`,
    )
    .all({ objectId })
    .map((row) => row.id);
}

function countAsResent(
  book: Book,
  { objectId, sameAs, now }: { objectId: string; sameAs: string; now: string },
): boolean {
  const folded = book
    .sql<{ sourceId: string; resent: number }>(
      `UPDATE object SET state = 'rejected', rejectionReason = ?, rejectionText = '', rejectedAt = ?, sameAs = ?
       WHERE id = ? AND state IN ('received', 'conflict') RETURNING sourceId, resent`,
    )
    .get(setAside, now, sameAs, objectId);
  if (!folded) return false;
  book.sql('UPDATE object SET resent = resent + 1 + ? WHERE id = ?').run(folded.resent, sameAs);
  // It was counted as an object that came, and as one that was rejected: it is neither.
  book
    .sql('UPDATE source SET objects = objects - 1, resent = resent + 1, rejected = rejected - 1 WHERE id = ?')
    .run(folded.sourceId);
  return true;
}

function listConflicts(book: Book, examId: string): Conflict[] {
  const open = openOf(book, examId).map((doubt) => readConflict(book, examId, doubt));
  const asked = new Set(open.map(({ second }) => second.objectId));
  return [...open, ...readDecided(book, examId).filter(({ second }) => !asked.has(second.objectId))];
}

function openOf(book: Book, examId: string): Doubt[] {
  const twins = readTwins(book, examId).map((twin): Doubt => ({
    kind: 'twin',
    objectId: twin.objectId,
    firstId: twin.firstId,
    twin,
  }));
  const known = new Set(twins.map(({ objectId }) => objectId));
  const others = book
    .sql<{ objectId: string; code: string }>(
      `SELECT DISTINCT objectId, code FROM problem JOIN object ON object.id = objectId
       WHERE problem.examId = ? AND clearedAt IS NULL AND code IN ('same-uid-elsewhere', 'uid-mismatch', 'announced-otherwise')
         AND state IN ('received', 'conflict') ORDER BY object.rowid`,
    )
    .all(examId)
    .filter(({ objectId }) => !known.has(objectId))
    .map(({ objectId, code }): Doubt => {
      if (code !== 'same-uid-elsewhere') return { kind: 'mismatch', objectId, firstId: null };
      return { kind: 'elsewhere', objectId, firstId: readElsewhere(book, objectId) ?? null };
    });
  return [...twins, ...others];
}

function decide(book: Book, { objectId, choice, by, commandId }: ConflictCommand, now: string): Decided {
  const object = book
    .sql<{ examId: string; SOPInstanceUID: string }>('SELECT examId, SOPInstanceUID FROM object WHERE id = ?')
    .get(objectId);
  if (!object) throw new Problem('not-found', { what: 'object' });
  const { examId } = object;
  if (isRepeat(book, commandId)) return { kind: 'unchanged', examId };
  const doubt = openOf(book, examId).find((one) => one.objectId === objectId);
  if (!doubt) throw new Problem('not-found', { what: 'conflict' });
  const { choices, kind } = readConflict(book, examId, doubt);
  if (!choices.includes(choice)) {
    if (kind === 'comparing') throw new Problem('same-uid-being-compared');
    if (choice === 'use-second' && doubt.twin?.firstApproved === true) throw new Problem('first-has-left');
    throw new Problem('input-invalid', { field: 'choice', expected: choices.join(', ') });
  }
  remember(book, commandId, now);
  const givenUid = choice === 'keep-both' ? newUid() : '';
  const formerUid = choice === 'keep-both' ? object.SOPInstanceUID : '';
  const aside =
    choice === 'keep-first' ? objectId : choice === 'use-second' && kind !== 'rejected-earlier' ? doubt.firstId : null;
  if (aside !== null) {
    book
      .sql(`UPDATE object SET state = 'rejected', rejectionReason = ?, rejectionText = '', rejectedAt = ? WHERE id = ?`)
      .run(setAside, now, aside);
  }
  if (givenUid !== '') book.sql('UPDATE object SET SOPInstanceUID = ? WHERE id = ?').run(givenUid, objectId);
  if (kind === 'mismatch') clearMismatch(book, objectId, now);
  book
    .sql(
      `INSERT INTO twin_decision (id, examId, objectId, firstId, choice, setAsideId, formerUid, givenUid, by, at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(newId(), examId, objectId, doubt.firstId, choice, aside, formerUid, givenUid, by, now);
  return { kind: 'decided', examId, formerUid, givenUid };
}

function undo(
  book: Book,
  {
    objectId,
    commandId,
    now,
  }: { readonly objectId: string; readonly commandId?: string | undefined; readonly now: string },
): Decided {
  const last = book
    .sql<{
      id: string;
      examId: string;
      choice: ConflictChoice;
      setAsideId: string | null;
      formerUid: string;
      givenUid: string;
    }>(
      `SELECT id, examId, choice, setAsideId, formerUid, givenUid FROM twin_decision
       WHERE objectId = ? AND undoneAt IS NULL ORDER BY at DESC, rowid DESC LIMIT 1`,
    )
    .get(objectId);
  if (!last) {
    const object = book.sql<{ examId: string }>('SELECT examId FROM object WHERE id = ?').get(objectId);
    if (object && isRepeat(book, commandId)) return { kind: 'unchanged', examId: object.examId };
    throw new Problem('not-found', { what: 'decision' });
  }
  const { examId, choice, setAsideId, formerUid, givenUid } = last;
  if (isRepeat(book, commandId)) return { kind: 'unchanged', examId };
  const object = book.sql<{ state: string }>('SELECT state FROM object WHERE id = ?').get(objectId);
  if (object?.state === 'approved') throw new Problem('already-approved');
  remember(book, commandId, now);
  if (setAsideId !== null) {
    book
      .sql(
        `UPDATE object SET state = 'received', rejectionReason = NULL, rejectionText = NULL, rejectedAt = NULL
         WHERE id = ? AND state = 'rejected' AND rejectionReason = ?`,
      )
      .run(setAsideId, setAside);
  }
  if (givenUid !== '') book.sql('UPDATE object SET SOPInstanceUID = ? WHERE id = ?').run(formerUid, objectId);
  // Whatever was chosen about a doubtful identifier answered it; of two under one, nothing was cleared at that moment.
  if (choice === 'accept' || choice === 'keep-both') {
    book
      .sql(
        `UPDATE problem SET clearedAt = NULL WHERE objectId = ? AND code IN ('uid-mismatch', 'announced-otherwise')
           AND clearedAt = (SELECT at FROM twin_decision WHERE id = ?)`,
      )
      .run(objectId, last.id);
  }
  if (givenUid !== '' && readElsewhere(book, objectId) !== undefined) {
    book.sql(`UPDATE problem SET clearedAt = NULL WHERE objectId = ? AND code = 'same-uid-elsewhere'`).run(objectId);
  }
  book.sql('UPDATE twin_decision SET undoneAt = ? WHERE id = ?').run(now, last.id);
  return { kind: 'decided', examId, formerUid: givenUid, givenUid: formerUid };
}

function clearMismatch(book: Book, objectId: string, now: string): void {
  book
    .sql(
      "UPDATE problem SET clearedAt = ? WHERE objectId = ? AND code IN ('uid-mismatch', 'announced-otherwise') AND clearedAt IS NULL",
    )
    .run(now, objectId);
}

/** True when the command was carried out before. */
function isRepeat(book: Book, commandId: string | undefined): boolean {
  return commandId !== undefined && book.sql('SELECT 1 FROM command WHERE id = ?').get(commandId) !== undefined;
}

function remember(book: Book, commandId: string | undefined, now: string): void {
  if (commandId !== undefined) book.sql('INSERT INTO command (id, at) VALUES (?, ?)').run(commandId, now);
}
