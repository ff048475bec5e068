// Proof that a destination holds what it took: by storage commitment (PS3.4 J), or by a query for the SOP Instance UID.
//
// Guarantees: a delivery is confirmed only by the destination's own word; a request is durable before it leaves; whatever
// brings no proof is asked for again, for ever. Where the site wants commitment and the peer does not offer it, a query
// takes its place and says so; where it offers neither, that is said and it is asked again.
import type { Identifier, OpenAssociation, ProposedContext } from '#station/dicom/network/index.ts';
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { Alarm } from './alarm.ts';
import type { Breaker } from './breaker.ts';
import { classifyEnding, classifyOpening, statusText } from './classification.ts';
import type { Commitments, Unproved } from './commitments.ts';
import type { Outbox } from './outbox.ts';
import { commitmentClass, studyRootFindClass, wireSyntaxes, type Peer } from './peer.ts';
import type { ForwardOptions } from './ports.ts';

export type ConfirmerNeeds = {
  readonly peer: Peer;
  readonly breaker: Breaker;
  readonly outbox: Outbox;
  readonly commitments: Commitments;
  readonly clock: Clock;
  readonly log: Log;
  readonly options: ForwardOptions;
  /** Something that is missing over there may wait to be sent again. */
  onAnswered(): void;
};

const afterOwnFailureMs = 5_000;

/** Asks one destination for its proofs. */
export class Confirmer {
  readonly #needs: ConfirmerNeeds;
  readonly #alarm: Alarm;
  /** Rung when the last report of a request is in. */
  readonly #reported: Alarm;
  readonly #giveUp = new AbortController();
  #paused: boolean;
  #closing = false;
  readonly #running: Promise<void>;

  constructor(needs: ConfirmerNeeds, paused: boolean) {
    this.#needs = needs;
    this.#alarm = new Alarm(needs.clock);
    this.#reported = new Alarm(needs.clock);
    this.#paused = paused;
    this.#running = this.#run();
  }

  wake(): void {
    this.#alarm.ring();
  }

  set paused(paused: boolean) {
    this.#paused = paused;
    this.#alarm.ring();
  }

  /** Ends after the question at hand, or when `withinMs` are over. What was asked stays written down. */
  async close(withinMs: number): Promise<void> {
    this.#closing = true;
    this.#alarm.ring();
    this.#reported.ring();
    const takeBack = this.#needs.clock.after(withinMs, () => this.#giveUp.abort());
    await this.#running;
    takeBack();
  }

  async #run(): Promise<void> {
    while (!this.#closing) {
      let waitMs: number | null;
      try {
        waitMs = await this.#turn();
      } catch (error) {
        const { log, peer } = this.#needs;
        if (!this.#closing) log.error('confirmation-failed', { destinationId: peer.destinationId }, error);
        waitMs = afterOwnFailureMs;
      }
      if (!this.#closing && waitMs !== 0) await this.#alarm.wait(waitMs);
    }
  }

  async #turn(): Promise<number | null> {
    const { breaker, commitments, options, peer } = this.#needs;
    // While the destination is silent the courier probes it, and rings when it is back.
    if (this.#paused || breaker.mood !== 'well' || breaker.restMs > 0) return null;
    const overdue = commitments.giveUpWaiting(peer.destinationId);
    const unproved = commitments.due(peer.destinationId, options.mostInCommitment);
    if (unproved.length > 0) {
      await this.#ask(unproved);
      this.#needs.onAnswered();
      return 0;
    }
    return overdue > 0 ? 0 : this.#untilNextDue();
  }

  #untilNextDue(): number | null {
    const { clock, outbox, peer } = this.#needs;
    const times = (['sent', 'commit-requested'] as const)
      .map((state) => outbox.nextDueAt(peer.destinationId, state))
      .filter((at) => at !== null)
      .map((at) => Date.parse(at));
    return times.length === 0 ? null : Math.max(1, Math.min(...times) - clock.epochMs());
  }

  async #ask(unproved: readonly Unproved[]): Promise<void> {
    const { breaker, commitments, peer } = this.#needs;
    const context = (uid: string): ProposedContext => ({ abstractSyntaxUid: uid, transferSyntaxUids: wireSyntaxes });
    const wantsCommitment = peer.confirm === 'commitment';
    const contexts = wantsCommitment
      ? [context(commitmentClass), context(studyRootFindClass)]
      : [context(studyRootFindClass)];
    const opening = await peer.open(contexts, {
      signal: this.#giveUp.signal,
      onCommitmentReport: (report) => {
        const status = commitments.reported(report, { destinationId: peer.destinationId });
        this.#reported.ring();
        return status;
      },
    });
    if (opening.kind !== 'accepted') {
      const found = classifyOpening(opening, peer.titles);
      commitments.askLater(unproved, found.answer);
      if (found.class !== 'unknown') breaker.failed(found);
      return;
    }
    const { association } = opening;
    try {
      if (wantsCommitment && association.accepts(commitmentClass)) await this.#askForCommitment(association, unproved);
      else if (association.accepts(studyRootFindClass)) await this.#query(association, unproved);
      else {
        const key = wantsCommitment ? 'commit-not-offered' : 'query-not-offered';
        commitments.askLater(unproved, { key, params: {} });
      }
    } finally {
      if (association.isOpen) await association.release();
    }
  }

  async #askForCommitment(association: OpenAssociation, unproved: readonly Unproved[]): Promise<void> {
    const { commitments, clock, options, peer } = this.#needs;
    const asked = commitments.ask(peer.destinationId, unproved);
    const references = unproved.map((row) => ({ sopClassUid: row.SOPClassUID, sopInstanceUid: row.SOPInstanceUID }));
    const outcome = await association.requestCommitment(asked.transactionUid, references);
    const refusal = refusalOf(outcome);
    if (refusal) {
      commitments.askedInVain(asked, refusal);
      return;
    }
    // Without an answer the request may still have arrived: its report counts, and its deadline is written down.
    const untilMs = clock.monotonicMs() + options.reportGraceMs;
    while (association.isOpen && !this.#closing && commitments.isOpen(asked)) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      const ended = association.ended.then(() => this.#reported.ring());
      await this.#reported.wait(leftMs);
      void ended;
    }
  }

  /** One query for each series; each answer is written down before the next question. */
  async #query(association: OpenAssociation, unproved: readonly Unproved[]): Promise<void> {
    const { commitments, peer } = this.#needs;
    const key = peer.confirm === 'commitment' ? 'found-by-query-instead' : 'found-by-query';
    const series = Object.values(Object.groupBy(unproved, (row) => `${row.StudyInstanceUID} ${row.SeriesInstanceUID}`));
    for (const [index, rows] of series.entries()) {
      if (rows === undefined) continue;
      const answer = await findIn(association, rows);
      if (answer.kind === 'cannot-say') {
        commitments.askLater(association.isOpen ? rows : series.slice(index).flatMap((rest) => rest ?? []), answer.why);
        if (!association.isOpen) return;
        continue;
      }
      const found = rows.filter((row) => answer.held.has(row.SOPInstanceUID));
      const missing = rows.filter((row) => !answer.held.has(row.SOPInstanceUID));
      commitments.answeredByQuery(found, missing, key);
      if (this.#closing) return;
    }
  }
}

type Held =
  | { readonly kind: 'held'; readonly held: ReadonlySet<string> }
  | { readonly kind: 'cannot-say'; readonly why: PeerAnswer };

/** Which of the objects of one series the peer holds. A list that was cut short is completed object by object. */
async function findIn(association: OpenAssociation, rows: readonly Unproved[]): Promise<Held> {
  const [first] = rows;
  if (!first) return { kind: 'held', held: new Set() };
  const { StudyInstanceUID, SeriesInstanceUID } = first;
  const ask = async (SOPInstanceUID: string) => {
    const keys: Identifier = { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID };
    return association.find({ level: 'IMAGE', keys });
  };
  const held = new Set<string>();
  const questions = rows.length === 1 ? [first.SOPInstanceUID] : [''];
  for (let next = questions.shift(); next !== undefined; next = questions.shift()) {
    const answer = await ask(next);
    if (answer.kind !== 'answered') {
      const why: PeerAnswer =
        answer.kind === 'not-accepted'
          ? { key: 'query-not-offered', params: {} }
          : classifyEnding(answer.ending).answer;
      return { kind: 'cannot-say', why };
    }
    if (answer.status !== 0x0000 && answer.complete) {
      const params = { status: statusText(answer.status), comment: answer.comment ?? '' };
      return { kind: 'cannot-say', why: { key: 'query-refused', params } };
    }
    for (const match of answer.matches) held.add(textOf(match['SOPInstanceUID']));
    if (next === '' && !answer.complete) {
      questions.push(...rows.map((row) => row.SOPInstanceUID).filter((uid) => !held.has(uid)));
    }
  }
  return { kind: 'held', held };
}

// A UID is padded with a zero byte, by some peers with a blank.
const textOf = (value: Identifier[string] | undefined): string =>
  typeof value === 'string' ? value.replace(/[\0 ]+$/, '') : Array.isArray(value) ? textOf(value[0] as string) : '';

function refusalOf(outcome: Awaited<ReturnType<OpenAssociation['requestCommitment']>>): PeerAnswer | null {
  switch (outcome.kind) {
    case 'answered':
      if (outcome.status === 0x0000) return null;
      return { key: 'commit-refused', params: { status: statusText(outcome.status), comment: outcome.comment ?? '' } };
    case 'not-accepted':
      return { key: 'commit-not-offered', params: {} };
    case 'not-sent':
      return classifyEnding(outcome.ending).answer;
    case 'unknown-outcome':
      return null;
  }
}
