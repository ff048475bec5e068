// How a DICOMweb destination is asked for its proofs: QIDO-RS by SOP Instance UID, and how many it counts in the study
// (PS3.18 10.6).
//
// Guarantees: an object is confirmed only when its own UID is in an answer that was whole; an answer that cannot be read
// proves nothing and loses nothing. What is missing in a list is asked for by its UID before it counts as missing.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { Breaker } from '../breaker.ts';
import type { Commitments, Unproved } from '../commitments.ts';
import type { Prover } from '../confirmation.ts';
import { classifyOutcome, unreadable, type WebService } from './service.ts';
import { isRecord, numberOf, readJson, textOf } from './store-answer.ts';

export type WebProverNeeds = {
  readonly destinationId: string;
  readonly service: WebService;
  readonly breaker: Breaker;
  readonly commitments: Commitments;
};

type Turn = Parameters<Prover['ask']>[1];
type Listed =
  | { readonly kind: 'listed'; readonly items: readonly Readonly<Record<string, unknown>>[] }
  | { readonly kind: 'cannot-say'; readonly why: PeerAnswer; readonly isGone: boolean };
type Held =
  /** `open`: those of which nothing was heard yet. */
  | { readonly kind: 'held'; readonly held: ReadonlySet<string>; readonly open: ReadonlySet<string> }
  | Extract<Listed, { readonly kind: 'cannot-say' }>;

const sopInstanceUid = '00080018';
const instancesInStudy = '00201208';
/** Asked for one by one after a list, at most: the rest waits for the next list. */
const mostSingly = 50;

export class WebProver implements Prover {
  readonly #needs: WebProverNeeds;

  constructor(needs: WebProverNeeds) {
    this.#needs = needs;
  }

  close(): void {
    this.#needs.service.close();
  }

  /** One query for each series, each written down before the next question; then one for each study. */
  async ask(unproved: readonly Unproved[], turn: Turn): Promise<void> {
    const { commitments } = this.#needs;
    const series = Object.values(Object.groupBy(unproved, (row) => `${row.StudyInstanceUID} ${row.SeriesInstanceUID}`));
    for (const [index, rows] of series.entries()) {
      if (rows === undefined) continue;
      const answer = await this.#findIn(rows, turn.signal);
      if (answer.kind === 'cannot-say') {
        // Without a connection, or let in no more, there is no use in asking on.
        commitments.askLater(answer.isGone ? series.slice(index).flatMap((rest) => rest ?? []) : rows, answer.why);
        if (answer.isGone) return;
        continue;
      }
      const found = rows.filter((row) => answer.held.has(row.SOPInstanceUID));
      const missing = rows.filter(
        ({ SOPInstanceUID }) => !answer.held.has(SOPInstanceUID) && !answer.open.has(SOPInstanceUID),
      );
      const counted = found.length > 0 ? await this.#countIn(found, turn.signal) : undefined;
      commitments.answeredByQuery(found, missing, 'found-by-query', counted);
      if (turn.isClosing()) return;
    }
  }

  async #findIn(rows: readonly Unproved[], signal: AbortSignal): Promise<Held> {
    const [first] = rows;
    if (!first) return { kind: 'held', held: new Set(), open: new Set() };
    const path = `/studies/${first.StudyInstanceUID}/series/${first.SeriesInstanceUID}/instances`;
    const held = new Set<string>();
    const take = (listed: Extract<Listed, { kind: 'listed' }>) => {
      for (const item of listed.items) held.add(textOf(item[sopInstanceUid]) ?? '');
    };
    if (rows.length > 1) {
      const list = await this.#list(path, { limit: '10000' }, signal);
      if (list.kind === 'listed') take(list);
      // A list may be too long for it, or for us; single questions may do.
      else if (list.isGone) return list;
    }
    const notListed = rows.map((row) => row.SOPInstanceUID).filter((uid) => !held.has(uid));
    for (const [n, SOPInstanceUID] of notListed.slice(0, mostSingly).entries()) {
      const one = await this.#list(path, { SOPInstanceUID }, signal);
      if (one.kind === 'listed') take(one);
      else if (n === 0 && held.size === 0) return one;
      else return { kind: 'held', held, open: new Set(notListed.slice(n)) };
    }
    return { kind: 'held', held, open: new Set(notListed.slice(mostSingly)) };
  }

  /** How many it says there are in the study; undefined when it does not say. */
  async #countIn([first]: readonly Unproved[], signal: AbortSignal): Promise<number | undefined> {
    if (!first) return undefined;
    const keys = { StudyInstanceUID: first.StudyInstanceUID, includefield: instancesInStudy };
    const list = await this.#list('/studies', keys, signal);
    if (list.kind === 'cannot-say') return undefined;
    const own = list.items.filter((item) => textOf(item['0020000D']) === first.StudyInstanceUID);
    return own.length === 1 ? numberOf(own[0]?.[instancesInStudy]) : undefined;
  }

  async #list(path: string, keys: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Listed> {
    const outcome = await this.#needs.service.query(path, keys, signal);
    if (outcome.kind === 'source-failed') return cannotSay(unreadable(false).answer, false);
    if (outcome.kind === 'answered') {
      const { body, contentType, status } = outcome;
      // A study that it does not know is no error of the query.
      if (status === 204 || status === 404 || (status === 200 && body.length === 0)) return listed([]);
      if (status === 200 || status === 206) {
        const items = readJson(body, contentType);
        return Array.isArray(items) ? listed(items.filter(isRecord)) : cannotSay(unreadable(false).answer, false);
      }
      if (status === 405 || status === 501) return cannotSay({ key: 'query-not-offered', params: {} }, false);
      if (outcome.retryAfterMs !== undefined) this.#needs.breaker.leaveAlone(outcome.retryAfterMs);
    }
    const found = classifyOutcome(outcome);
    // What cannot be reached, or lets us in no more, is for the courier to probe; other answers are about the question.
    const isGone = outcome.kind === 'unreachable' || outcome.kind === 'no-secret' || found.class === 'destination';
    if (isGone) this.#needs.breaker.failed({ ...found, mayHaveArrived: false });
    return cannotSay(found.answer, isGone || outcome.kind !== 'answered');
  }
}

const listed = (items: readonly Readonly<Record<string, unknown>>[]): Listed => ({ kind: 'listed', items });
const cannotSay = (why: PeerAnswer, isGone: boolean) => ({ kind: 'cannot-say', why, isGone }) as const;
