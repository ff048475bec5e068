// Whose exam it is, wired once: candidates, the guard, drafts, who else looks at it, and the site's rule.
import type { CorrectedAfterRelease } from '#contract/shapes/after-release.ts';
import type { Exam } from '#contract/shapes/exam.ts';
import type {
  Candidates,
  ExamDraft,
  KnownPatient,
  TypedHint,
  TypedPatient,
  Visitor,
} from '#contract/shapes/matching.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import type { Audit } from '#station/audit/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { Orders } from '#station/orders/index.ts';
import type { Book } from '#station/records/index.ts';
import { readCandidates } from './exam-candidates.ts';
import { openExamDrafts } from './exam-drafts.ts';
import { giveByRule, siteRule } from './given-by-rule.ts';
import type { CorrectReleased } from './correct-after-release.ts';
import { openIdentityGuard, type Given, type IdentityChecked } from './identity-guard.ts';
import { judgeTypedPatient } from './typed-patient.ts';
import { Visitors } from './visitors.ts';

export type MatchingParts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Audit;
  readonly settings: () => Settings;
  readonly catalog: Catalog;
  readonly orders: Pick<Orders, 'candidatesFor' | 'find'>;
  /** An exam with its order and its history. */
  readonly readExam: (examId: string) => Exam;
  /** Gives an order as the site's rule. */
  readonly give: (command: { examId: string; orderId: string; seenObjects: number }) => void;
  readonly findPatients?: (who: { PatientID: string; IssuerOfPatientID: string }) => readonly KnownPatient[];
  readonly by: () => string;
  readonly onChanged: (examIds: readonly string[]) => void;
};

type GuardedCorrection = Omit<CorrectReleased, 'by'>;

export type Matching = {
  candidates(examId: string): Candidates;
  checkIdentity(examId: string, given: Given): IdentityChecked;
  judgeTyped(examId: string, typed: TypedPatient): TypedHint[];
  /** @throws Problem 'second-identifier-missing' */
  refuseUnchecked(examId: string): void;
  /** Corrects what has left once who is typed may be meant, as before release. Throws what `correct` throws, and the same. */
  guarded(
    correct: (command: GuardedCorrection) => Promise<CorrectedAfterRelease>,
  ): (command: GuardedCorrection) => Promise<CorrectedAfterRelease>;
  readDraft(examId: string, window: string): ExamDraft | null;
  saveDraft(examId: string, window: string, fields: ExamDraft['fields']): Promise<string>;
  /** What was typed is saved or approved: nothing is to be restored. */
  dropDrafts(examId: string): void;
  visit(said: { examId: string; window: string; leaves: boolean; typing: boolean }): Visitor[];
  /** Exams changed: the site's rule looks at them. Does nothing while it is off. */
  look(examIds: readonly string[]): void;
  /** Orders came or changed: the rule looks at the exams that wait for a person, soon and once for many orders. */
  ordersCame(): void;
  close(): void;
};

/** A list of orders comes in many transactions. */
const gatherMs = 500;
/** Exams that wait for a person; older ones are looked at when something happens to them. */
const mostLookedAt = 100;

export function openMatching(parts: MatchingParts): Matching {
  const { book, clock, log, audit, settings, catalog, orders, readExam, by } = parts;
  const setting = () => settings().station.matching;
  const guard = openIdentityGuard({ book, clock, audit, setting });
  const drafts = openExamDrafts(book, clock);
  const visitors = new Visitors(clock, (examId) => parts.onChanged([examId]));
  const placesOf = (aeTitle: string) =>
    settings()
      .devices.filter((device) => device.aeTitle === aeTitle)
      .flatMap(({ name, department }) => [name, ...(department === undefined ? [] : [department])]);
  const candidateParts = { catalog, orders, placesOf, findPatients: parts.findPatients ?? (() => []) };
  const rule = {
    ...{ setting, readExam, give: parts.give },
    candidatesOf: (exam: Exam) => readCandidates(candidateParts, exam).candidates,
    onLeft: (error: unknown) => log.error('rule-failed', {}, error),
  };
  let isWaiting = false;
  let takeBack = () => {};
  return {
    candidates: (examId) => {
      const exam = readExam(examId);
      const given = exam.appliedOrder;
      const givenByRule = given?.by === siteRule ? given.orderId : null;
      return { ...readCandidates(candidateParts, exam), guard: guard.truth(exam), givenByRule };
    },
    checkIdentity: (examId, given) => {
      const checked = guard.check(readExam(examId), { ...given, by: by() });
      parts.onChanged([examId]);
      return checked;
    },
    judgeTyped: (examId, typed) => judgeTypedPatient(book, examId, typed),
    refuseUnchecked: (examId) => guard.refuseUnchecked(readExam(examId)),
    guarded: (correct) => async (command) => {
      guard.refuseUncheckedChange(readExam(command.examId), command.attributes);
      const done = await correct(command);
      if (done.kind === 'copied' && done.examId !== command.examId)
        book.transaction(() => guard.carry(command.examId, done.examId));
      return done;
    },
    readDraft: (examId, window) => drafts.read(examId, window, (other) => visitors.isHere(examId, other)),
    saveDraft: (examId, window, fields) => drafts.save({ examId, window, fields, by: by() }),
    dropDrafts: (examId) => book.transaction(() => drafts.drop(examId)),
    visit: (said) => visitors.visit({ ...said, name: by() }),
    look: (examIds) => giveByRule(rule, examIds),
    ordersCame: () => {
      if (setting().applyAlone === 'off' || isWaiting) return;
      isWaiting = true;
      takeBack = clock.after(gatherMs, () => {
        isWaiting = false;
        const waiting = catalog.list({ filter: 'needs-you', search: '', limit: mostLookedAt, offset: 0 });
        giveByRule(
          rule,
          waiting.exams.map(({ id }) => id),
        );
      });
    },
    close: () => takeBack(),
  };
}
