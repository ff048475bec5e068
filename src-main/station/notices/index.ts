// Telling others: performed procedure steps on behalf of devices, availability, and the state of exams as HL7 messages.
//
// What must be told follows from the book alone (what-is-due.ts), so that nothing is forgotten when the station dies between
// a decision and its notice: `look` makes up for it, and at the start it looks at everything that may be open. A notice is
// durable before it leaves and leaves in its order; an end is never told before its beginning was taken, and nothing after
// an end. Off by default.
import { randomUUID } from 'node:crypto';
import type { NoticePage, NoticeReceiver, NoticesSetting } from '#contract/shapes/notices.ts';
import type { AssociationRequest, Opening } from '#station/dicom/network/index.ts';
import { transientBackoff, type Backoff } from '#station/kit/backoff.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';
import { readPerformedExam, type AppliedOrderPort, type PerformedExam, type ProcedurePort } from './exam-facts.ts';
import {
  addNotice,
  addStep,
  endStep,
  markAvailable,
  readNotices,
  receivers,
  reopenStep,
  resendNotice,
  sinceOf,
  stepsOf,
} from './notice-queue.ts';
import { statusMessage, type StatusKind } from './status-message.ts';
import { availability, beginStep, completeStep, discontinueStep } from './step-content.ts';
import { Teller } from './teller.ts';
import { whatIsDue } from './what-is-due.ts';

export { availabilityClass, stepClass } from './step-content.ts';
export type { AppliedOrderPort } from './exam-facts.ts';

export type NoticesParts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly settings: () => NoticesSetting;
  readonly station: () => { readonly name: string; readonly aeTitle: string };
  readonly orderOf: AppliedOrderPort;
  readonly procedureOf?: ProcedurePort;
  /** AE title of a destination, for whom images are fetched from; '' for one that has none. */
  readonly aeTitleOf: (destinationId: string) => string;
  readonly openAssociation: (request: AssociationRequest) => Promise<Opening>;
  readonly onChanged: () => void;
  readonly backoff?: Backoff;
  /** How long a discontinuation may still be taken back. */
  readonly graceMs?: number;
};

export type Notices = {
  /** Something was decided about an exam, or proved: makes the notices that are due. Call outside of a transaction. */
  look(examIds: readonly string[]): void;
  /** After the settings changed, and once at the start. */
  apply(): void;
  page(examId: string | undefined, limit: number): NoticePage;
  /** @throws Problem 'not-found' */
  resend(number: number): void;
  close(): Promise<void>;
};

const mostSteps = 4;

export function openNotices(parts: NoticesParts): Notices {
  const { book, clock, settings, onChanged } = parts;
  const isSet = (receiver: NoticeReceiver) => settings()[receiver] !== undefined;
  const tellers = new Map(
    receivers.map((receiver) => [
      receiver,
      new Teller(receiver, {
        ...{ book, clock, settings, onChanged, openAssociation: parts.openAssociation },
        callingAeTitle: () => parts.station().aeTitle,
        backoff: parts.backoff ?? transientBackoff,
      }),
    ]),
  );
  const nudge = () => {
    for (const teller of tellers.values()) teller.nudge();
  };

  function look(examIds: readonly string[]): void {
    if (!receivers.some(isSet)) return;
    let made = false;
    for (const examId of new Set(examIds)) made = book.transaction(() => lookAt(parts, examId)) || made;
    if (!made) return;
    nudge();
    onChanged();
  }

  return {
    look,
    apply() {
      const now = clock.now();
      const since = book.transaction(() => receivers.map((receiver) => sinceOf(book, receiver, isSet(receiver), now)));
      const [first] = since.filter((at) => at !== undefined).toSorted();
      if (first === undefined) return;
      look([...openExams(book, first)]);
      nudge();
    },
    page: (examId, limit) => readNotices(book, isSet, examId, limit),
    resend(number) {
      const receiver = book.transaction(() => resendNotice(book, number, clock.now()));
      onChanged();
      tellers.get(receiver)?.nudge();
    },
    close: async () => void (await Promise.all([...tellers.values()].map((teller) => teller.close()))),
  };
}

/** Exams of which something may still have to be told. */
function openExams(book: Book, since: string): readonly string[] {
  return book
    .sql<{ id: string }>(
      `SELECT examId AS id FROM performed_step WHERE state = 'in-progress' OR (availableAt IS NULL AND endedAt >= :since)
       UNION SELECT id FROM exam WHERE approvedAt >= :since`,
    )
    .all({ since })
    .map(({ id }) => id);
}

/** True when something is to be told now. */
function lookAt(parts: NoticesParts, examId: string): boolean {
  const { book, clock } = parts;
  const exam = readPerformedExam(book, examId, parts);
  if (!exam || isBefore(parts, exam)) return false;
  let made = false;
  for (let count = 0; count < mostSteps; count++) {
    const now = clock.now();
    const steps = stepsOf(book, examId);
    const due = whatIsDue(exam, steps);
    if (!due) break;
    made = true;
    const stepUid = due.kind === 'begin' ? newStepUid() : due.stepUid;
    const beganAt = steps.find((step) => step.stepUid === stepUid)?.beganAt ?? now;
    const told = { stepUid, beganAt, endedAt: now, stationAeTitle: parts.station().aeTitle };
    const tell = (kind: StatusKind, content: object, at = now) =>
      enqueue(parts, exam, { kind, stepUid, content, now, at });
    if (due.kind === 'begin') {
      addStep(book, stepUid, examId, now);
      tell('begun', beginStep(exam, told));
    } else if (due.kind === 'complete') {
      endStep(book, stepUid, 'completed', due.objects, now);
      tell('completed', completeStep(exam, due.objects, told));
    } else if (due.kind === 'discontinue') {
      endStep(book, stepUid, 'discontinued', [], now);
      const grace = new Date(clock.epochMs() + (parts.graceMs ?? 60_000)).toISOString();
      tell('discontinued', discontinueStep(exam, told), grace);
    } else reopenStep(book, stepUid);
  }
  return tellAvailable(parts, exam) || made;
}

/** Approved before anybody wanted to be told, and nothing told of it yet. */
function isBefore({ book, settings }: NoticesParts, exam: PerformedExam): boolean {
  if (exam.approvedAt === null || stepsOf(book, exam.examId).length > 0) return false;
  const since = book.sql<{ receiver: NoticeReceiver; since: string }>('SELECT receiver, since FROM notice_since').all();
  return !since.some(({ receiver, since: at }) => settings()[receiver] !== undefined && at <= (exam.approvedAt ?? ''));
}

function enqueue(
  parts: NoticesParts,
  exam: PerformedExam,
  about: {
    readonly kind: StatusKind;
    readonly stepUid: string;
    readonly content: object;
    readonly now: string;
    readonly at: string;
  },
): void {
  const { book, settings, station } = parts;
  const { kind, stepUid, content, now, at } = about;
  const notice = { kind, examId: exam.examId, stepUid, createdAt: now, nextAttemptAt: at };
  const { mpps, hl7 } = settings();
  if (mpps) addNotice(book, { ...notice, receiver: 'mpps', content: JSON.stringify(content) });
  if (!hl7) return;
  // MSH-10 is the number that the row will have: known only in this transaction.
  const next = book.sql<{ n: number }>('SELECT COALESCE(MAX(number), 0) + 1 AS n FROM notice').get()?.n ?? 1;
  const message = statusMessage(exam, { kind, at: now, controlId: String(next), station: station().name, to: hl7 });
  addNotice(book, { ...notice, receiver: 'hl7', content: message });
}

/** When every required destination has proved that it holds all objects of a completed step. */
function tellAvailable(parts: NoticesParts, exam: PerformedExam): boolean {
  const { book, clock, settings } = parts;
  if (!settings().ian) return false;
  let made = false;
  for (const { stepUid, state, objects, availableAt } of stepsOf(book, exam.examId)) {
    if (state !== 'completed' || availableAt !== null || objects.length === 0) continue;
    const holders = holdersOf(book, exam.examId, objects);
    if (!holders) continue;
    const retrieveAeTitles = holders.map(parts.aeTitleOf).filter((title) => title !== '');
    const now = clock.now();
    markAvailable(book, stepUid, now);
    addNotice(book, {
      ...{ receiver: 'ian', kind: 'available', examId: exam.examId, stepUid, createdAt: now, nextAttemptAt: now },
      content: JSON.stringify(availability(exam, objects, { stepUid, retrieveAeTitles })),
    });
    made = true;
  }
  return made;
}

/** The required destinations that hold all of them, or undefined while one of them has not proved it. */
function holdersOf(book: Book, examId: string, objects: readonly string[]): readonly string[] | undefined {
  const rows = book
    .sql<{ destinationId: string; objectId: string; state: string }>(
      `SELECT destinationId, objectId, state FROM delivery WHERE examId = ? AND required = 1`,
    )
    .all(examId);
  const wanted = new Set(objects);
  const own = rows.filter(({ objectId }) => wanted.has(objectId));
  const covered = new Set(own.filter(({ state }) => state === 'committed').map(({ objectId }) => objectId));
  if (own.some(({ state }) => state !== 'committed') || covered.size < wanted.size) return undefined;
  return [...new Set(own.map(({ destinationId }) => destinationId))];
}

function newStepUid(): string {
  return `2.25.${BigInt(`0x${randomUUID().replaceAll('-', '')}`).toString()}`;
}
