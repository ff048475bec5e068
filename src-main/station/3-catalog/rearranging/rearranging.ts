// Split, merge, move, copy, and the way back (IHE RAD-61, dicom-rules 3).
//
// Everything is written inside a transaction of the caller, together with the trail; a rearrangement is done as a whole or
// not at all. Nothing received is changed: an object is filed elsewhere, and its revision says so when it leaves. Taken
// back until something of it is approved, in the order in which it was done. Who is of two patients needs a word.
import type { MovedObject, PatientGroup } from '#contract/shapes/rearranging.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { isRepeat, remember } from './commands.ts';
import { lateQuestions } from './late-arrivals.ts';
import { movesOf, type Wish } from './operations.ts';
import { areTwo, identityToFollow, nameOfPatient, patientsIn } from './patients.ts';
import { carryProcedures, carryWhatWasSaid, takeProceduresBack } from './said-of-copies.ts';
import { outgoingIdentities, readPlace, settleExam, takeCopyBack } from './places.ts';
import { objectsAround } from './received-uids.ts';
import { restoreStep, restoreUndoing } from './restoring.ts';
import {
  carryOut,
  examsOf,
  readRearrangement,
  readSteps,
  undoStep,
  type MadeCorrection,
  type Move,
  type Rearrangement,
  type RearrangementKind,
  type Step,
} from './steps.ts';

export type RearrangingParts = {
  readonly book: Book;
  readonly clock: Clock;
  /** True when the object may be at a destination. */
  readonly mayHaveLeft: (objectId: string) => boolean;
  readonly refreshProblems: (examId: string) => void;
};

export type RearrangeCommand = {
  readonly wish: Wish;
  readonly by: string;
  readonly commandId?: string | undefined;
  /** The person's word that images of another patient become images of the target's patient. */
  readonly otherPatient?: boolean | undefined;
};

export type Rearranged =
  | {
      readonly kind: 'rearranged';
      readonly id: string;
      readonly what: RearrangementKind;
      readonly fromExamIds: readonly string[];
      readonly toExamIds: readonly string[];
      readonly objectIds: readonly string[];
      readonly at: string;
      /** What the target must be corrected to, so that it stays one patient; the caller tells what became of it. */
      readonly identity: { readonly examId: string; readonly attributes: Attributes } | undefined;
    }
  | { readonly kind: 'unchanged' };

export type Undone = {
  readonly id: string;
  readonly what: RearrangementKind;
  readonly examIds: readonly string[];
  readonly objectIds: readonly string[];
  /** What copies were made of. */
  readonly copied: readonly string[];
  /** Names of copies whose files nothing refers to any more. */
  readonly files: readonly string[];
  readonly corrections: readonly MadeCorrection[];
};

export type Rearranging = {
  /**
   * @throws Problem 'not-found', 'input-invalid', 'rearrange-after-release', 'already-approved'; 'other-patient' when the
   *   images name another patient than the target and nobody has given a word for it; 'target-names-nobody'
   */
  rearrange(command: RearrangeCommand): Rearranged;
  /** Writes down which correction was made together with a rearrangement, so that it goes back with it. */
  noteCorrection(id: string, correction: MadeCorrection): void;
  /** @throws Problem 'not-found', 'rearranged-since', 'already-approved', 'rearrange-after-release' */
  undo(id: string, by: string): Undone;
  /** What was done to an exam and can be undone now, newest first. */
  undoable(examId: string): { readonly id: string; readonly what: RearrangementKind; readonly at: string }[];
  patients(examId: string): PatientGroup[];
  /** Objects of an exam and of those it exchanged images with whose UIDs are not, or not all, as received. */
  objectsAround(examId: string): MovedObject[];
  /** Late images for which nobody has said where they belong stay where they are. Gives how many. */
  keepHere(examId: string): number;
  /** Says on an object what it refers to elsewhere, or takes that back. True when something changed. */
  noteReferences(objectId: string, found: { readonly elsewhere: number; readonly leftInPrivate: number }): boolean;
  /** An object that was made here counts for nothing any more: as a re-send of the one beside it. */
  takeBack(objectId: string, beside: string): void;
  /** For a book that is made anew: does a step of the journal again, or goes it back. Gives the exams concerned. */
  restore(change: { readonly table: string; readonly row: Readonly<Record<string, unknown>> }): void;
  /** Counts all exams that were ever rearranged anew. Gives them. */
  settleAll(): string[];
};

export function openRearranging(parts: RearrangingParts): Rearranging {
  const { book, clock, refreshProblems } = parts;
  const today = () => clock.now().slice(0, 10).replaceAll('-', '');
  const settle = (examIds: readonly string[]): void => {
    for (const examId of examIds) settleExam(book, examId);
    for (const examId of examIds) refreshProblems(examId);
    for (const examId of examIds) settleExam(book, examId);
  };
  return {
    rearrange: (command) => rearrange(parts, command, today(), settle),
    noteCorrection: (id, correction) => {
      const known = readRearrangement(book, id)?.corrections ?? [];
      book.sql('UPDATE rearrangement SET corrections = ? WHERE id = ?').run(JSON.stringify([...known, correction]), id);
    },
    undo: (id, by) => undo(parts, { id, by }, settle),
    undoable: (examId) => listUndoable(parts, examId),
    patients: (examId) => patientsIn(book, examId, today()),
    objectsAround: (examId) => objectsAround(book, examId),
    keepHere: (examId) => {
      const { changes } = book
        .sql(`UPDATE problem SET clearedAt = ? WHERE examId = ? AND code IN (${lateQuestions}) AND clearedAt IS NULL`)
        .run(clock.now(), examId);
      if (changes > 0) book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
      return changes;
    },
    noteReferences: (objectId, { elsewhere, leftInPrivate }) => {
      const notes = [
        ['refers-elsewhere', elsewhere],
        ['private-reference', leftInPrivate],
      ] as const;
      return notes.map(([code, count]) => noteOf(parts, objectId, code, count)).includes(true);
    },
    takeBack: (objectId, beside) => {
      takeCopyBack(book, objectId, beside, clock.now());
      const examId = readPlace(book, objectId)?.examId;
      if (examId !== undefined) settle([examId]);
    },
    restore: ({ table, row }) => {
      if (table === 'uid_map') restoreStep(book, row as unknown as Step);
      if (table === 'rearrangement') restoreUndoing(book, row as unknown as Rearrangement);
    },
    settleAll: () => {
      const exams = book
        .sql<{ id: string }>(
          'SELECT id FROM exam WHERE id IN (SELECT examId FROM uid_map UNION SELECT formerExamId FROM uid_map)',
        )
        .all()
        .map(({ id }) => id);
      settle(exams);
      return exams;
    },
  };
}

function noteOf(
  { book, clock }: RearrangingParts,
  objectId: string,
  code: 'refers-elsewhere' | 'private-reference',
  references: number,
): boolean {
  const examId = readPlace(book, objectId)?.examId;
  if (examId === undefined) return false;
  const standing = book
    .sql<{ id: string; params: string }>(
      'SELECT id, params FROM problem WHERE objectId = ? AND code = ? AND clearedAt IS NULL',
    )
    .get(objectId, code);
  const params = JSON.stringify({ references });
  if (references === 0 ? standing === undefined : standing?.params === params) return false;
  if (standing) book.sql('UPDATE problem SET clearedAt = ? WHERE id = ?').run(clock.now(), standing.id);
  if (references > 0) {
    book
      .sql(
        `INSERT INTO problem (id, examId, objectId, code, params, key, since) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (key) DO UPDATE SET clearedAt = NULL, since = excluded.since`,
      )
      .run(newId(), examId, objectId, code, params, `${examId}/${objectId}/${code}/${params}`, clock.now());
  }
  book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
  return true;
}

function rearrange(
  parts: RearrangingParts,
  { wish, by, commandId, otherPatient = false }: RearrangeCommand,
  today: string,
  settle: (examIds: readonly string[]) => void,
): Rearranged {
  const { book, clock, mayHaveLeft } = parts;
  if (isRepeat(book, commandId)) return { kind: 'unchanged' };
  const { kind, moves } = movesOf({ book, mayHaveLeft }, wish);
  const identity = goesElsewhere(wish) ? judgeIdentity(book, { wish, moves }, today) : undefined;
  if (identity && !otherPatient) throw new Problem('other-patient', { first: identity.first, second: identity.second });
  if (
    identity &&
    (!identity.target.PatientID || !identity.target.PatientName || identity.attributes.PatientName === '')
  )
    throw new Problem('target-names-nobody');
  const now = clock.now();
  remember(book, commandId, now);
  const isNewExam = kind === 'split' || (wish.kind === 'renew' && wish.to.kind === 'new-exam');
  const carried = isNewExam ? correctionsToCarry(book, moves, today) : undefined;
  const { id, steps } = carryOut(book, { kind, by, now, moves });
  carryWhatWasSaid(book, moves, { drawn: wish.kind === 'copy' });
  carryProcedures(book, steps);
  if (carried)
    for (const examId of new Set(steps.map((step) => step.examId)))
      carryCorrections(book, carried, { examId, by, now });
  answerLate(book, steps, now);
  settle(examsOf(steps));
  return {
    ...{ kind: 'rearranged', id, what: kind, at: now },
    fromExamIds: [...new Set(steps.map(({ formerExamId }) => formerExamId))],
    toExamIds: [...new Set(steps.map(({ examId }) => examId))],
    objectIds: steps.map(({ objectId }) => objectId),
    identity: identity && { examId: identity.examId, attributes: identity.attributes },
  };
}

/** An exam that is there already says whose the images are; one that is made for them does not yet. */
const goesElsewhere = (wish: Wish): boolean =>
  wish.kind === 'renew' ? wish.to.kind === 'exam' : ['move', 'merge', 'copy'].includes(wish.kind);

/** Undefined when the images may be of the patient of the target. */
function judgeIdentity(
  book: Book,
  { wish, moves }: { readonly wish: Wish; readonly moves: readonly Move[] },
  today: string,
) {
  const [first] = moves;
  if (!first) return undefined;
  const { examId } = first.to;
  const [target, ...besides] = outgoingIdentities(book, examId);
  const moved = new Map<string, Attributes>();
  for (const { objectId, copy } of moves) {
    const row = book
      .sql<{ received: string; corrected: string; state: string }>(
        `SELECT object.received, exam.corrected, object.state FROM object JOIN exam ON exam.id = object.examId
         WHERE object.id = ? || ''`,
      )
      .get(copy?.of ?? objectId);
    // What left is rejected when its copy goes there, and the copy says what the device said: both have to be followed.
    if (!row || (row.state === 'rejected' && wish.kind !== 'renew')) continue;
    const received = JSON.parse(row.received) as Attributes;
    if (wish.kind === 'renew') moved.set(row.received, received);
    const outgoing = { ...received, ...(JSON.parse(row.corrected) as Attributes) };
    moved.set(row.received + row.corrected, outgoing);
  }
  const other = [...moved.values()].find((one) => areTwo([target, one], today));
  if (!other) return undefined;
  // Whom they would become is not said yet, and a correction would make one patient of the two in the target.
  const second = besides.find((one) => areTwo([target, one], today));
  if (second) throw new Problem('two-patients', { first: nameOfPatient(target), second: nameOfPatient(second) });
  const attributes = identityToFollow(target, [...moved.values()]);
  return { examId, target, attributes, first: nameOfPatient(other), second: nameOfPatient(target) };
}

type Carried = { readonly corrected: string; readonly reason: string };

/** The corrections of an exam go with its images only where nobody else is in it: else they may be another patient's. */
function correctionsToCarry(book: Book, moves: readonly Move[], today: string): Carried | undefined {
  const [first] = moves;
  const examId = first && readPlace(book, first.copy?.of ?? first.objectId)?.examId;
  if (examId === undefined || patientsIn(book, examId, today).length > 1) return undefined;
  const exam = book
    .sql<Carried>(
      `SELECT corrected, coalesce((SELECT reason FROM correction WHERE examId = exam.id AND undoneAt IS NULL
         ORDER BY at DESC, rowid DESC LIMIT 1), 'CORRECT') AS reason FROM exam WHERE id = ?`,
    )
    .get(examId);
  return exam && exam.corrected !== '{}' ? exam : undefined;
}

function carryCorrections(
  book: Book,
  { corrected, reason }: Carried,
  { examId, by, now }: { readonly examId: string; readonly by: string; readonly now: string },
): void {
  book
    .sql(
      `INSERT INTO correction (id, examId, attributes, previous, reason, by, at, lastObject)
       SELECT :id, :examId, :corrected, '{}', :reason, :by, :now, coalesce(max(rowid), 0) FROM object
       WHERE examId = :examId`,
    )
    .run({ id: newId(), examId, corrected, reason, by, now });
  book.sql('UPDATE exam SET corrected = ? WHERE id = ?').run(corrected, examId);
}

/** Who puts a late image somewhere has answered where it belongs. */
function answerLate(book: Book, steps: readonly Step[], now: string): void {
  for (const { objectId } of steps) {
    book
      .sql(`UPDATE problem SET clearedAt = ? WHERE objectId = ? AND code IN (${lateQuestions}) AND clearedAt IS NULL`)
      .run(now, objectId);
  }
}

function undo(
  { book, clock, mayHaveLeft }: RearrangingParts,
  { id, by }: { readonly id: string; readonly by: string },
  settle: (examIds: readonly string[]) => void,
): Undone {
  const done = readRearrangement(book, id);
  if (!done || done.undoneAt !== null) throw new Problem('not-found', { what: 'rearrangement' });
  const steps = readSteps(book, id);
  const against = whatForbidsUndoing(book, steps, mayHaveLeft);
  if (against) throw new Problem(against);
  const now = clock.now();
  for (const step of steps.toReversed()) undoStep(book, step, now);
  takeProceduresBack(book, steps);
  for (const { objectId } of steps) {
    book
      .sql(`UPDATE problem SET clearedAt = NULL WHERE objectId = ? AND code IN (${lateQuestions}) AND clearedAt = ?`)
      .run(objectId, done.at);
  }
  if (done.kind === 'late') {
    for (const { objectId } of steps) {
      book
        .sql("UPDATE problem SET clearedAt = ? WHERE objectId = ? AND code = 'late-followed' AND clearedAt IS NULL")
        .run(now, objectId);
    }
  }
  for (const correction of done.corrections) takeCorrectionBack(book, correction, now);
  book.sql('UPDATE rearrangement SET undoneAt = ?, undoneBy = ? WHERE id = ?').run(now, by, id);
  const examIds = examsOf(steps);
  settle(examIds);
  return {
    ...{ id, what: done.kind, examIds, corrections: done.corrections },
    objectIds: steps.map(({ objectId }) => objectId),
    copied: steps.flatMap(({ copyOf }) => (copyOf === null ? [] : [copyOf])),
    files: steps.flatMap(({ file }) => (file === null ? [] : [file])),
  };
}

type Against = 'rearranged-since' | 'already-approved' | 'rearrange-after-release';

function whatForbidsUndoing(
  book: Book,
  steps: readonly Step[],
  mayHaveLeft: (objectId: string) => boolean,
): Against | undefined {
  for (const step of steps) {
    const place = readPlace(book, step.objectId);
    const state = book
      .sql<{ state: string; sameAs: string | null }>('SELECT state, sameAs FROM object WHERE id = ?')
      .get(step.objectId);
    if (!place || !state) return 'rearranged-since';
    if (mayHaveLeft(step.objectId)) return 'rearrange-after-release';
    if (state.state === 'approved') return 'already-approved';
    const stands =
      place.examId === step.examId && place.SeriesInstanceUID === step.series && place.SOPInstanceUID === step.object;
    if (!stands) return 'rearranged-since';
  }
  return undefined;
}

/** Each value goes back to what it was, unless somebody has said another one since. */
function takeCorrectionBack(book: Book, made: MadeCorrection, now: string): void {
  const exam = book.sql<{ corrected: string }>('SELECT corrected FROM exam WHERE id = ?').get(made.examId);
  if (!exam) return;
  const corrected: Record<string, string> = { ...(JSON.parse(exam.corrected) as Record<string, string>) };
  for (const [keyword, value] of Object.entries(made.given)) {
    if (corrected[keyword] !== undefined && corrected[keyword] !== value) continue;
    const former = made.former[keyword];
    if (former === undefined) delete corrected[keyword];
    else corrected[keyword] = former;
  }
  book
    .sql('UPDATE exam SET corrected = ?, version = version + 1 WHERE id = ?')
    .run(JSON.stringify(corrected), made.examId);
  book.sql('UPDATE correction SET undoneAt = ?, lastObject = 0 WHERE id = ?').run(now, made.correctionId);
}

function listUndoable({ book, mayHaveLeft }: RearrangingParts, examId: string) {
  return book
    .sql<{ id: string; what: RearrangementKind; at: string }>(
      `SELECT id, kind AS what, at FROM rearrangement WHERE undoneAt IS NULL AND id IN
         (SELECT rearrangementId FROM uid_map WHERE examId = :examId UNION
          SELECT rearrangementId FROM uid_map WHERE formerExamId = :examId)
       ORDER BY at DESC, rowid DESC LIMIT 50`,
    )
    .all({ examId })
    .filter(({ id }) => whatForbidsUndoing(book, readSteps(book, id), mayHaveLeft) === undefined);
}
