// Telling others, wired once: what the room of notices needs of the others, and what it is asked.
import type { NoticePage } from '#contract/shapes/notices.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import type { Review } from '#station/4-review/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { openNotices } from '#station/notices/index.ts';
import type { Book } from '#station/records/index.ts';

export type NoticesFlow = {
  /** Something was decided about exams, or proved of them. Heeded after the transaction at hand. */
  changed(examIds: readonly string[]): void;
  /** Once at the start, and after the settings changed. */
  apply(): void;
  readonly desk: {
    page(wish: { readonly examId?: string | undefined; readonly limit: number }): NoticePage;
    resend(number: number): void;
  };
  close(): Promise<void>;
};

export function openNoticesFlow(parts: {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => Settings;
  readonly review: Pick<Review, 'orderThatCounts' | 'decided'>;
  readonly onChanged: () => void;
}): NoticesFlow {
  const { book, clock, log, settings, review, onChanged } = parts;
  const notices = openNotices({
    ...{ book, clock, onChanged, openAssociation },
    settings: () => settings().notices,
    station: () => settings().station,
    orderOf: (examId) => review.orderThatCounts(examId),
    procedureOf: (examId) => review.decided(examId).procedureCode,
    aeTitleOf: (id) => settings().destinations.find((one) => one.id === id)?.aeTitle ?? '',
  });
  let waiting = new Set<string>();
  let isClosed = false;
  return {
    changed(examIds) {
      if (waiting.size === 0) {
        setImmediate(() => {
          const due = [...waiting];
          waiting = new Set();
          try {
            if (!isClosed) notices.look(due);
          } catch (error) {
            // What is due follows from the book alone: the next look at the exam, or the next start, makes up for it.
            log.error('notices-not-made', { count: due.length }, error);
          }
        });
      }
      for (const examId of examIds) waiting.add(examId);
    },
    apply: notices.apply,
    desk: { page: ({ examId, limit }) => notices.page(examId, limit), resend: notices.resend },
    close: () => {
      isClosed = true;
      return notices.close();
    },
  };
}
