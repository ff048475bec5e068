// Devices ask whether we hold what they sent (Storage Commitment as provider, PS3.4 J.3), so that they may delete it.
//
// Guarantees: a request is durable before it is answered; a report goes out only when every object that was named is
// settled, on the association of the request while that is open, else on one that we open, again and again for a week; a
// request that comes twice is answered twice and kept once. Refuses: more than `mostOpen` open requests of one device.
import { waitBeforeMs, transientBackoff } from '#station/kit/backoff.ts';
import { laterBy, type Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { Log } from '#station/kit/log.ts';
import {
  openAssociation,
  type AssociationFacts,
  type CommitmentReport,
  type CommitmentRequest,
  type SopReference,
} from '#station/dicom/network/index.ts';
import type { Book } from '#station/records/index.ts';

/** How a device is answered, and where it takes reports that come later. */
export type VouchingTerms = {
  readonly mode: 'immediate' | 'deferred' | 'off';
  readonly reportTo?: { readonly host: string; readonly port: number };
};

export type VouchingPorts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly termsOf: (device: { readonly aeTitle: string; readonly address: string }) => VouchingTerms;
  /** 0: held. Null: not settled yet. Else the failure reason (PS3.3 C.14.1.1). */
  readonly judge: (reference: SopReference, mode: 'immediate' | 'deferred') => Promise<number | null>;
};

/** Sends a report on the association of the request; undefined when that is over before it was answered. */
export type Reporter = (report: CommitmentReport) => Promise<number | undefined>;

export type Vouching = {
  /** Takes a request; gives the status of its answer. */
  ask(request: CommitmentRequest, association: AssociationFacts, report: Reporter): { readonly status: number };
  /** Whether a device is offered the service. */
  isOffered(association: AssociationFacts): boolean;
  /** Something was proved or judged: what waits for it is looked at now. */
  nudge(): void;
  /** Goes on with what is open. */
  start(): void;
  close(): Promise<void>;
};

type Open = {
  readonly id: string;
  readonly transactionUid: string;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  readonly address: string;
  readonly mode: 'immediate' | 'deferred';
  readonly askedAt: string;
  readonly attempts: number;
};
type Item = {
  readonly place: number;
  readonly SOPClassUID: string;
  readonly SOPInstanceUID: string;
  readonly reason: number | null;
};

const success = 0x0000;
const invalidArgument = 0x0115;
/** PS3.7 C: resource limitation. */
const resourceLimitation = 0x0213;
/** PS3.3 C.14.1.1: duplicate transaction UID. */
const duplicateTransaction = 0x0131;
const mostOpen = 10_000;
const lookAgainMs = 30_000;
const nudgedMs = 500;
const answerWithinMs = 60_000;
const tryForMs = 7 * 86_400_000;
const keptForMs = 30 * 86_400_000;
const atOnce = 50;
const commitmentClass = '1.2.840.10008.1.20.1';
const plainSyntaxes = ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2'];

/** The caller starts and closes it. */
export function openVouching(ports: VouchingPorts): Vouching {
  const { book, clock, log } = ports;
  /** Associations on which a request came and that may still be open. */
  const reporters = new Map<string, Reporter>();
  const reporting = new Map<string, Promise<void>>();
  const giveUp = new AbortController();
  let running: Promise<void> | undefined;
  let again = false;
  let closed = false;
  let takeBack = () => {};

  const ask: Vouching['ask'] = ({ transactionUid, references }, association, report) => {
    const { callingAeTitle, calledAeTitle, address } = association;
    const { mode } = ports.termsOf({ aeTitle: callingAeTitle, address });
    if (references.length === 0 || mode === 'off') return { status: invalidArgument };
    const now = clock.now();
    const known = book
      .sql<{ id: string; state: string }>(
        'SELECT id, state FROM vouching WHERE callingAeTitle = ? AND transactionUid = ?',
      )
      .get(callingAeTitle, transactionUid);
    if (known && !sameItems(itemsOf(known.id), references)) {
      const failed = references.map((reference) => ({ ...reference, reason: duplicateTransaction }));
      void report({ transactionUid, committed: [], failed });
      return { status: success };
    }
    if (known) {
      // It asks again what it asked before: perhaps it never heard the answer.
      const state = known.state === 'waiting' ? 'waiting' : 'due';
      book.sql('UPDATE vouching SET state = ?, nextAttemptAt = ?, attempts = 0 WHERE id = ?').run(state, now, known.id);
      reporters.set(known.id, report);
      wake();
      return { status: success };
    }
    const open = book
      .sql<{ n: number }>("SELECT count(*) AS n FROM vouching WHERE callingAeTitle = ? AND state IN ('waiting', 'due')")
      .get(callingAeTitle);
    if ((open?.n ?? 0) >= mostOpen) return { status: resourceLimitation };
    const id = newId(clock.epochMs());
    book.transaction(() => {
      book
        .sql(
          `INSERT INTO vouching (id, transactionUid, callingAeTitle, calledAeTitle, address, mode, state, askedAt, nextAttemptAt)
           VALUES (:id, :transactionUid, :callingAeTitle, :calledAeTitle, :address, :mode, 'waiting', :now, :now)`,
        )
        .run({ id, transactionUid, callingAeTitle, calledAeTitle, address, mode, now });
      for (const [place, { sopClassUid, sopInstanceUid }] of references.entries()) {
        book
          .sql('INSERT INTO vouching_item (vouchingId, place, SOPClassUID, SOPInstanceUID) VALUES (?, ?, ?, ?)')
          .run(id, place, sopClassUid, sopInstanceUid);
      }
    });
    reporters.set(id, report);
    wake();
    return { status: success };
  };

  const itemsOf = (id: string): Item[] =>
    book
      .sql<Item>(
        'SELECT place, SOPClassUID, SOPInstanceUID, reason FROM vouching_item WHERE vouchingId = ? ORDER BY place',
      )
      .all(id);

  const due = (state: 'waiting' | 'due'): Open[] =>
    book
      // Named in the statement: its index is one of the states that are not over.
      .sql<Open>(
        `SELECT * FROM vouching WHERE state = '${state}' AND nextAttemptAt <= ? ORDER BY nextAttemptAt LIMIT ?`,
      )
      .all(clock.now(), atOnce);

  const settle = async (open: Open): Promise<void> => {
    let waits = false;
    for (const { place, reason, SOPClassUID, SOPInstanceUID } of itemsOf(open.id)) {
      if (reason !== null) continue;
      if (closed) return;
      const found = await ports.judge({ sopClassUid: SOPClassUID, sopInstanceUid: SOPInstanceUID }, open.mode);
      if (found === null) waits = true;
      // A yes for a deferred request can only come true once; what is missing may arrive yet, until all is settled.
      else if (!waits || found === 0)
        book.sql('UPDATE vouching_item SET reason = ? WHERE vouchingId = ? AND place = ?').run(found, open.id, place);
    }
    const next = waits
      ? { state: 'waiting', at: laterBy(clock.now(), lookAgainMs), settledAt: null }
      : { state: 'due', at: clock.now(), settledAt: clock.now() };
    book
      .sql('UPDATE vouching SET state = :state, nextAttemptAt = :at, settledAt = :settledAt WHERE id = :id')
      .run({ ...next, id: open.id });
  };

  const report = async (open: Open): Promise<void> => {
    const items = itemsOf(open.id);
    const reference = ({ SOPClassUID: sopClassUid, SOPInstanceUID: sopInstanceUid }: Item) => ({
      sopClassUid,
      sopInstanceUid,
    });
    const said: CommitmentReport = {
      transactionUid: open.transactionUid,
      committed: items.filter(({ reason }) => reason === 0).map(reference),
      failed: items.flatMap((item) => (item.reason ? [{ ...reference(item), reason: item.reason }] : [])),
    };
    const same = reporters.get(open.id);
    reporters.delete(open.id);
    let status = same && (await within(clock, answerWithinMs, same(said)));
    if (status !== success && !closed) status = await reportAnew(open, said);
    if (closed && status !== success) return;
    // Asked again before this answer was taken down: that one is answered too.
    if (reporters.has(open.id)) return;
    const now = clock.now();
    if (status === success) {
      book
        .sql("UPDATE vouching SET state = 'reported', reportedAt = ?, nextAttemptAt = NULL WHERE id = ?")
        .run(now, open.id);
      return;
    }
    const isOld = Date.parse(now) - Date.parse(open.askedAt) > tryForMs;
    if (isOld) log.warn('commitment-report-given-up', { aeTitle: open.callingAeTitle });
    book
      .sql(
        `UPDATE vouching SET state = :state, attempts = attempts + 1, nextAttemptAt = :at, reportedAt = :reportedAt WHERE id = :id`,
      )
      .run({
        id: open.id,
        state: isOld ? 'given-up' : 'due',
        at: isOld ? null : laterBy(now, waitBeforeMs(open.attempts + 1, transientBackoff)),
        reportedAt: isOld ? now : null,
      });
  };

  /** On an association that we open, as provider (PS3.4 J.3.3, PS3.7 D.3.3.4). Undefined when it was not taken. */
  const reportAnew = async (open: Open, said: CommitmentReport): Promise<number | undefined> => {
    const { reportTo } = ports.termsOf({ aeTitle: open.callingAeTitle, address: open.address });
    if (!reportTo) return undefined;
    const opening = await openAssociation({
      ...reportTo,
      callingAeTitle: open.calledAeTitle,
      calledAeTitle: open.callingAeTitle,
      contexts: [
        { abstractSyntaxUid: commitmentClass, transferSyntaxUids: plainSyntaxes, roles: { scu: false, scp: true } },
      ],
      signal: giveUp.signal,
    }).catch(() => undefined);
    if (opening?.kind !== 'accepted') return undefined;
    const outcome = await opening.association.reportCommitment(said).catch(() => undefined);
    if (opening.association.isOpen) await opening.association.release().catch(() => {});
    return outcome?.kind === 'answered' ? outcome.status : undefined;
  };

  const run = async (): Promise<void> => {
    do {
      again = false;
      for (const open of due('waiting')) if (!closed) await settle(open);
      // A device that does not answer keeps no other one waiting.
      for (const open of due('due')) {
        const { callingAeTitle } = open;
        if (closed || reporting.has(callingAeTitle)) continue;
        const done = report(open)
          .catch((error: unknown) => log.error('commitment-report-failed', { aeTitle: callingAeTitle }, error))
          .finally(() => {
            reporting.delete(callingAeTitle);
            wake();
          });
        reporting.set(callingAeTitle, done);
      }
    } while (again && !closed);
  };

  const wake = (): void => {
    if (closed) return;
    takeBack();
    again = true;
    running ??= Promise.resolve()
      .then(run)
      .catch((error: unknown) => log.error('vouching-failed', {}, error))
      .finally(() => {
        running = undefined;
        sleep();
      });
  };

  const sleep = (): void => {
    if (closed) return;
    const next = book
      .sql<{ at: string | null; aeTitle: string }>(
        `SELECT min(nextAttemptAt) AS at FROM vouching WHERE state IN ('waiting', 'due')`,
      )
      .get();
    if (!next?.at) return;
    takeBack = clock.after(Math.max(nudgedMs, Date.parse(next.at) - clock.epochMs()), wake);
  };

  return {
    ask,
    isOffered: ({ callingAeTitle: aeTitle, address }) => ports.termsOf({ aeTitle, address }).mode !== 'off',
    nudge: () => {
      if (closed) return;
      const waiting = book
        .sql("UPDATE vouching SET nextAttemptAt = ? WHERE state = 'waiting' AND mode = 'deferred'")
        .run(clock.now());
      if (waiting.changes === 0) return;
      takeBack();
      takeBack = clock.after(nudgedMs, wake);
    },
    start: () => {
      const old = new Date(clock.epochMs() - keptForMs).toISOString();
      book.sql("DELETE FROM vouching WHERE state IN ('reported', 'given-up') AND reportedAt < ?").run(old);
      wake();
    },
    close: async () => {
      closed = true;
      takeBack();
      giveUp.abort();
      await running;
      await Promise.all(reporting.values());
    },
  };
}

/** Undefined when it takes longer. */
function within<T>(clock: Clock, ms: number, promise: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const takeBack = clock.after(ms, () => resolve(undefined));
    promise.then(resolve, reject).finally(takeBack);
  });
}

function sameItems(items: readonly Item[], references: readonly SopReference[]): boolean {
  const key = (sopClass: string, instance: string) => `${sopClass} ${instance}`;
  const named = new Set(references.map(({ sopClassUid, sopInstanceUid }) => key(sopClassUid, sopInstanceUid)));
  return (
    items.length === references.length && items.every((item) => named.has(key(item.SOPClassUID, item.SOPInstanceUID)))
  );
}
