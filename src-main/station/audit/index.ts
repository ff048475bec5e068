// The trail: what was done, by whom, when. Entries are only ever added, and each carries the digest of the one before
// it, so that a change, a swap or a gap in the middle shows.
//
// An entry belongs to the transaction of what it tells about: both are durable or none is. Parameters may hold patient
// data (old and new values); log lines never do. A chain cannot tell by itself that its last entries are missing:
// whoever needs that keeps `head` elsewhere and compares.
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { historyEntryShape } from '#contract/shapes/exam.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';

/** What can be in the trail. A word is never renamed: it is a key into text/ and old entries keep it. */
type AuditAction =
  | 'exam-received'
  | 'object-came-late'
  | 'object-contradicts'
  | 'object-names-other-patient'
  | 'object-resent-otherwise'
  | 'conflict-decided'
  | 'conflict-reopened'
  | 'exam-corrected'
  | 'patient-merged'
  | 'patient-updated'
  | 'patient-applied'
  | 'order-applied'
  | 'order-removed'
  | 'order-changed'
  | 'order-cancelled'
  | 'order-kept'
  | 'objects-corrected'
  | 'identity-checked'
  | 'identity-check-failed'
  | 'exam-completed'
  | 'decision-followed'
  | 'decision-repeated'
  | 'decision-undone'
  | 'decision-forgotten'
  | 'device-decided'
  | 'device-changed'
  | 'exam-split'
  | 'images-moved'
  | 'exams-merged'
  | 'series-split'
  | 'images-copied'
  | 'late-image-followed'
  | 'late-images-stay'
  | 'rearrangement-undone'
  | 'corrected-after-release'
  | 'exam-reopened'
  | 'device-note-came'
  | 'device-note-answered'
  | 'exam-held'
  | 'exam-released'
  | 'exam-approved'
  | 'approval-refused'
  | 'object-rejected'
  | 'note-written'
  | 'note-left'
  | 'object-kept'
  | 'image-accepted'
  | 'image-repeated'
  | 'judgement-taken-back'
  | 'repeat-linked'
  | 'hint-looked-at'
  | 'hint-said-again'
  | 'object-sent'
  | 'object-confirmed'
  | 'delivery-blocked'
  | 'delivery-held'
  | 'delivery-released'
  | 'delivery-retried'
  | 'delivery-cancelled'
  | 'delivery-sent-again'
  | 'delivery-rerouted'
  | 'delivery-prioritised'
  | 'exam-pinned'
  | 'exam-unpinned'
  | 'objects-purged'
  | 'alert-acknowledged'
  | 'patients-exported'
  | 'destination-examined'
  | 'test-image-sent'
  | 'earlier-exams-asked'
  | 'earlier-exam-looked-at'
  | 'catalog-rebuilt';

export type AuditParams = Readonly<Record<string, string | number>>;

export type AuditEntry = {
  readonly by: string;
  readonly action: AuditAction;
  readonly examId?: string;
  readonly objectId?: string;
  readonly params?: AuditParams;
};

type HistoryEntry = Readonly<z.infer<typeof historyEntryShape>>;

type ChainState =
  | { readonly kind: 'whole'; readonly entries: number; /** Digest of the last entry. */ readonly head: string }
  | { readonly kind: 'broken'; /** Number of the first entry that does not fit. */ readonly at: number };

export type Audit = {
  /** Adds one entry. Joins the running transaction; is one of its own when there is none. */
  append(entry: AuditEntry): void;
  /** What happened to an exam, oldest first, at most the last 1,000. */
  historyOf(examId: string): HistoryEntry[];
  /** Reads the whole trail and recomputes every digest, a part at a time so that others get their turn. */
  verifyChain(): Promise<ChainState>;
};

type Kept = {
  readonly number: number;
  readonly at: string;
  readonly by: string;
  readonly action: string;
  readonly examId: string | null;
  readonly objectId: string | null;
  readonly params: string;
  readonly previousSha256: string;
};

/** What the first entry carries as the digest of the one before it. */
const beginning = '0'.repeat(64);
const mostHistory = 1000;
const atATime = 2000;

export function openAudit({ book, clock }: { readonly book: Book; readonly clock: Clock }): Audit {
  return {
    append(entry) {
      book.transaction(() => {
        const last = book
          .sql<{ number: number; sha256: string }>(
            'SELECT number, sha256 FROM audit_entry ORDER BY number DESC LIMIT 1',
          )
          .get();
        const kept: Kept = {
          number: (last?.number ?? 0) + 1,
          at: clock.now(),
          by: entry.by,
          action: entry.action,
          examId: entry.examId ?? null,
          objectId: entry.objectId ?? null,
          params: JSON.stringify(entry.params ?? {}),
          previousSha256: last?.sha256 ?? beginning,
        };
        book
          .sql(
            `INSERT INTO audit_entry (number, at, by, action, examId, objectId, params, previousSha256, sha256)
             VALUES (:number, :at, :by, :action, :examId, :objectId, :params, :previousSha256, :sha256)`,
          )
          .run({ ...kept, sha256: digestOf(kept) });
      });
    },

    historyOf(examId) {
      return book
        .sql<{ at: string; by: string; action: string; params: string }>(
          `SELECT at, by, action, params FROM
             (SELECT * FROM audit_entry WHERE examId = ? ORDER BY number DESC LIMIT ${mostHistory}) ORDER BY number`,
        )
        .all(examId)
        .map(({ params, ...entry }) => ({ ...entry, params: JSON.parse(params) as HistoryEntry['params'] }));
    },

    async verifyChain() {
      let number = 0;
      let head = beginning;
      let after = Number.MIN_SAFE_INTEGER;
      for (;;) {
        const part = book
          .sql<Kept & { readonly sha256: string }>('SELECT * FROM audit_entry WHERE number > ? ORDER BY number LIMIT ?')
          .all(after, atATime);
        for (const entry of part) {
          if (entry.number !== number + 1 || entry.previousSha256 !== head || entry.sha256 !== digestOf(entry)) {
            return { kind: 'broken', at: number + 1 };
          }
          number = entry.number;
          head = entry.sha256;
        }
        after = number;
        if (part.length < atATime) return { kind: 'whole', entries: number, head };
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

function digestOf(entry: Kept): string {
  const { number, at, by, action, examId, objectId, params, previousSha256 } = entry;
  const said = JSON.stringify([number, at, by, action, examId, objectId, params, previousSha256]);
  return createHash('sha256').update(said).digest('hex');
}
