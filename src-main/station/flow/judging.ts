// Images are judged: accepted, rejected, taken again, or that is taken back; and the background that looks at every image.
//
// Guarantees: a judgement over several images of one exam is one transaction with the state of the objects and the trail, also
// where some of them have left and notes say so; what is approved or taken back meanwhile is judged as what it is then. What
// waits for a repeated image is linked by itself where only one can be meant. Acceptance keeps nothing from leaving unless the site
// says so. Hints and facts come from a background that nothing waits for.
import { findRejectReason } from '#contract/shapes/reject-reasons.ts';
import type { ApprovalForecast } from '#contract/shapes/exam.ts';
import type { CheckCode, ExamQuality, JudgingSetting, Verdict } from '#contract/shapes/judging.ts';
import type { StandingProblem } from '#contract/shapes/problem.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { AuditEntry } from '#station/audit/index.ts';
import type { FrameReader } from '#station/dicom/codecs/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem, Problem } from '#station/kit/problem.ts';
import {
  countToAccept,
  endJudgement,
  isFirstTime,
  linkByHand,
  linkRepeats,
  openImageWatch,
  readExamQuality,
  recordHintLookedAt,
  recordJudgement,
  type ImageWatchPorts,
} from '#station/quality/index.ts';
import type { AfterRelease } from './after-release.ts';
import type { DecisionRooms } from './when-exam-corrected.ts';
import { whenObjectKept, whenObjectRejected } from './when-object-judged.ts';

export type JudgingRooms = DecisionRooms & {
  readonly clock: Clock;
  readonly log: Log;
  readonly catalog: Pick<Catalog, 'objectFile'>;
  readonly frames: Pick<FrameReader, 'frame' | 'digest' | 'sinceUrgentMs'>;
  readonly afterRelease: Pick<AfterRelease, 'concerns' | 'reject'>;
  readonly pathOf: (file: string) => string;
  readonly settings: () => JudgingSetting;
  readonly by: () => string;
  readonly isBusy: () => boolean;
  readonly examsChanged: (examIds: readonly string[]) => void;
  /** Who looks at pictures; tests bring their own. */
  readonly runner?: ImageWatchPorts['runner'];
};

export type JudgeWish = {
  /** Of one exam. */
  readonly objectIds: readonly string[];
  readonly verdict: Verdict | 'none';
  readonly reason?: string | undefined;
  readonly ownLabel?: string | undefined;
  readonly text?: string | undefined;
  readonly commandId?: string | undefined;
};

export type JudgingFlow = {
  readonly desk: {
    /** Its images are looked at first from now on. @throws Problem 'not-found' */
    ofExam(examId: string): ExamQuality;
    /**
     * Durable when it resolves; the same again changes nothing.
     * @throws Problem 'not-found', 'reason-unknown', 'input-invalid' for images of several exams, 'rejected-earlier'
     */
    judge(wish: JudgeWish): Promise<ExamQuality>;
    /** @throws Problem 'not-found', 'input-invalid' */
    linkRepeat(objectId: string, repeatedBy: string | null): ExamQuality;
    /** @throws Problem 'not-found' */
    lookAtHint(objectId: string, code: CheckCode, lookedAt: boolean): ExamQuality;
  };
  /** One image, by the procedures that know no judgement. Durable when it resolves. */
  reject(objectId: string, reason: string, text: string, commandId?: string): Promise<void>;
  keep(objectId: string): Promise<void>;
  /** @throws Problem 'images-not-accepted' where the site wants every image accepted */
  refuseUnaccepted(examId: string): void;
  /** What would leave, with what acceptance has against it. */
  forecast(forecast: ApprovalForecast, examId: string): ApprovalForecast;
  /** Something came. */
  nudge(): void;
  /** Resolves when the background has nothing left to look at. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

type ObjectRow = { readonly id: string; readonly examId: string; readonly state: string; readonly isReplaced: number };

export function openJudging(rooms: JudgingRooms): JudgingFlow {
  const { book, by, clock, settings } = rooms;
  const watch = openImageWatch({
    ...{ book, clock, log: rooms.log, isBusy: rooms.isBusy, onChanged: rooms.examsChanged },
    fileOf: (objectId) => {
      const { file, dataSetOffset, transferSyntaxUid } = rooms.catalog.objectFile(objectId);
      return { path: rooms.pathOf(file), dataSetOffset, transferSyntax: transferSyntaxUid };
    },
    frame: (request) => rooms.frames.frame(request, 'later'),
    digest: (request) => rooms.frames.digest(request),
    sinceLookedMs: () => rooms.frames.sinceUrgentMs(),
    ...(rooms.runner && { runner: rooms.runner }),
  });
  const ofExam = (examId: string): ExamQuality => {
    if (book.sql('SELECT 1 FROM exam WHERE id = ?').get(examId) === undefined)
      throw new Problem('not-found', { what: 'exam' });
    const { deviation, checksOff } = settings();
    return readExamQuality(book, examId, { deviation, checksOff });
  };
  const unaccepted = (examId: string): { left: number; images: number } | undefined => {
    if (!settings().acceptBeforeApproval) return undefined;
    const { accepted, images } = countToAccept(book, examId);
    return accepted < images ? { left: images - accepted, images } : undefined;
  };
  const judge = async (wish: JudgeWish): Promise<string> => {
    if (wish.verdict === 'rejected' || wish.verdict === 'repeated') return rejectAll(rooms, wish.verdict, wish);
    const objects = readObjects(rooms, wish.objectIds);
    book.transaction(() => {
      if (isFirstTime(rooms, wish.commandId))
        for (const object of objects) acceptOrTakeBack(rooms, wish.verdict, object);
      looked(rooms, objects);
    });
    return examOfAll(objects);
  };
  return {
    desk: {
      ofExam: (examId) => {
        const quality = ofExam(examId);
        watch.prefer(examId);
        return quality;
      },
      judge: async (wish) => ofExam(await judge(wish)),
      linkRepeat: (objectId, repeatedBy) => {
        const [object] = readObjects(rooms, [objectId]);
        const examId = object?.examId ?? '';
        book.transaction(() => {
          linkByHand(rooms, { objectId, repeatedBy, by: by() });
          rooms.audit.append({ by: by(), action: 'repeat-linked', examId, objectId, params: {} });
          moved(rooms, examId);
        });
        return ofExam(examId);
      },
      lookAtHint: (objectId, code, lookedAt) => {
        const [object] = readObjects(rooms, [objectId]);
        const examId = object?.examId ?? '';
        book.transaction(() => {
          if (!recordHintLookedAt(rooms, { objectId, code, lookedAt, by: by() })) return;
          const action = lookedAt ? 'hint-looked-at' : 'hint-said-again';
          rooms.audit.append({ by: by(), action, examId, objectId, params: { code } });
          moved(rooms, examId);
        });
        return ofExam(examId);
      },
    },
    reject: async (objectId, reason, text, commandId) =>
      void (await judge({ objectIds: [objectId], verdict: 'rejected', reason, text, commandId })),
    keep: async (objectId) => {
      // Keeping what is not rejected is no judgement.
      const [object] = readObjects(rooms, [objectId]);
      if (object?.isReplaced === 1) whenObjectKept(rooms, objectId, by());
      else if (object?.state === 'rejected') await judge({ objectIds: [objectId], verdict: 'none' });
    },
    refuseUnaccepted: (examId) => {
      const missing = unaccepted(examId);
      if (missing !== undefined) throw new Problem('images-not-accepted', missing);
    },
    forecast: (forecast, examId) => {
      const params = unaccepted(examId);
      if (params === undefined) return forecast;
      const code = 'images-not-accepted';
      const against: StandingProblem = { id: code, objectId: null, code, params, since: clock.now(), answered: false };
      return { ...forecast, against: [...forecast.against, against] };
    },
    nudge: watch.nudge,
    settled: watch.settled,
    close: watch.close,
  };
}

/** In the order asked for, each once. @throws Problem 'not-found', 'input-invalid' */
function readObjects({ book }: JudgingRooms, objectIds: readonly string[]): ObjectRow[] {
  const objects = [...new Set(objectIds)].map((objectId) => {
    const row = book
      .sql<ObjectRow>(
        `SELECT id, examId, state, state = 'rejected' AND rejectionReason = 'replaced' AS isReplaced FROM object WHERE id = ?`,
      )
      .get(objectId);
    if (!row) throw new Problem('not-found', { what: 'object' });
    return row;
  });
  if (new Set(objects.map(({ examId }) => examId)).size !== 1)
    throw new Problem('input-invalid', { field: 'objectIds', expected: 'images of one exam' });
  return objects;
}

/** So often it is begun anew because others decide about the same images. */
const mostAttempts = 3;

/** Gives the exam. */
async function rejectAll(rooms: JudgingRooms, verdict: 'rejected' | 'repeated', wish: JudgeWish): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const objects = readObjects(rooms, wish.objectIds);
    try {
      await rejectOnce(rooms, verdict, wish, objects);
      return examOfAll(objects);
    } catch (error) {
      // Approved, or taken back, while it was read what has left.
      if (!isProblem(error, 'already-approved') || attempt === mostAttempts) throw error;
    }
  }
}

async function rejectOnce(
  rooms: JudgingRooms,
  verdict: 'rejected' | 'repeated',
  wish: JudgeWish,
  objects: readonly ObjectRow[],
): Promise<void> {
  const { afterRelease, book } = rooms;
  const { reason = '', ownLabel = '', commandId } = wish;
  const text = (wish.text ?? '').trim();
  const by = rooms.by();
  if (findRejectReason(reason) === undefined) throw new Problem('reason-unknown', { reason: reason.slice(0, 16) });
  const left = objects.filter(({ id }) => afterRelease.concerns(id)).map(({ id }) => id);
  const here = objects.map(({ id }) => id).filter((id) => !left.includes(id));
  const rejectHere = (): void => {
    for (const { id: objectId, examId } of here.length === 0 ? [] : readObjects(rooms, here)) {
      whenObjectRejected(rooms, { objectId, reason, text, by });
      const isNew = recordJudgement(rooms, objectId, { verdict, reason, ownLabel, text, by });
      if (isNew && verdict === 'repeated') note(rooms, { by, action: 'image-repeated', examId, objectId });
    }
    looked(rooms, objects);
  };
  if (left.length > 0) {
    await afterRelease.reject({ objectIds: left, reason, text, ownLabel, verdict, by, commandId }, rejectHere);
    return;
  }
  book.transaction(() => {
    if (isFirstTime(rooms, commandId)) rejectHere();
  });
}

/** Inside a transaction. */
function acceptOrTakeBack(
  rooms: JudgingRooms,
  verdict: Verdict | 'none',
  { id: objectId, examId, state, isReplaced }: ObjectRow,
): void {
  const by = rooms.by();
  // Two under one identifier are decided about as such.
  if (state === 'conflict') return;
  // One in whose place a derived picture left is judged as it is: nobody rejected it.
  if (state === 'rejected' && isReplaced === 0) whenObjectKept(rooms, objectId, by);
  if (verdict === 'accepted') {
    const isNew = recordJudgement(rooms, objectId, { verdict, reason: '', by });
    if (isNew) note(rooms, { by, action: 'image-accepted', examId, objectId });
  } else if (endJudgement(rooms, objectId, by) && (state !== 'rejected' || isReplaced !== 0))
    note(rooms, { by, action: 'judgement-taken-back', examId, objectId });
}

function note({ audit }: JudgingRooms, entry: Pick<AuditEntry, 'by' | 'action' | 'examId' | 'objectId'>): void {
  audit.append({ ...entry, params: {} });
}

const examOfAll = ([first]: readonly ObjectRow[]): string => first?.examId ?? '';

/** Inside a transaction: what waits for a repeat may have found it. */
function looked(rooms: JudgingRooms, objects: readonly ObjectRow[]): void {
  linkRepeats(rooms, examOfAll(objects));
  moved(rooms, examOfAll(objects));
}

/** Inside a transaction: other windows hear of it. */
function moved({ book, examChanged }: JudgingRooms, examId: string): void {
  book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
  book.afterCommit(() => examChanged(examId));
}
