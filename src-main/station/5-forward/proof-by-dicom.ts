// How a DICOM destination is asked for its proofs: by storage commitment (PS3.4 J), or by C-FIND.
//
// Guarantees: a request is durable before it leaves; a report counts on whichever association it comes. Where the site
// wants commitment and the peer does not offer it, a query takes its place and says so; where it offers neither, that is
// said and it is asked again.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { Identifier, OpenAssociation, ProposedContext } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { Alarm } from './alarm.ts';
import type { Breaker } from './breaker.ts';
import { classifyEnding, classifyOpening, statusText } from './classification.ts';
import type { Commitments, Unproved } from './commitments.ts';
import type { Prover } from './confirmation.ts';
import { commitmentClass, studyRootFindClass, wireSyntaxes, type Peer } from './peer.ts';
import type { ForwardOptions } from './ports.ts';

export type DicomProverNeeds = {
  readonly peer: Peer;
  readonly breaker: Breaker;
  readonly commitments: Commitments;
  readonly clock: Clock;
  readonly options: ForwardOptions;
};

type Turn = Parameters<Prover['ask']>[1];

export class DicomProver implements Prover {
  readonly #needs: DicomProverNeeds;
  /** Rung when the last report of a request is in. */
  readonly #reported: Alarm;

  constructor(needs: DicomProverNeeds) {
    this.#needs = needs;
    this.#reported = new Alarm(needs.clock);
  }

  hasten(): void {
    this.#reported.ring();
  }

  async ask(unproved: readonly Unproved[], turn: Turn): Promise<void> {
    const { breaker, commitments, peer } = this.#needs;
    const context = (uid: string): ProposedContext => ({ abstractSyntaxUid: uid, transferSyntaxUids: wireSyntaxes });
    const wantsCommitment = peer.confirm === 'commitment';
    const contexts = wantsCommitment
      ? [context(commitmentClass), context(studyRootFindClass)]
      : [context(studyRootFindClass)];
    const opening = await peer.open(contexts, {
      signal: turn.signal,
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
      if (wantsCommitment && association.accepts(commitmentClass))
        await this.#askForCommitment(association, unproved, turn);
      else if (association.accepts(studyRootFindClass)) await this.#query(association, unproved, turn);
      else {
        const key = wantsCommitment ? 'commit-not-offered' : 'query-not-offered';
        commitments.askLater(unproved, { key, params: {} });
      }
    } finally {
      if (association.isOpen) await association.release();
    }
  }

  async #askForCommitment(association: OpenAssociation, unproved: readonly Unproved[], turn: Turn): Promise<void> {
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
    void association.ended.then(() => this.#reported.ring());
    while (association.isOpen && !turn.isClosing() && commitments.isOpen(asked)) {
      const leftMs = untilMs - clock.monotonicMs();
      if (leftMs <= 0) break;
      await this.#reported.wait(leftMs);
    }
  }

  /** One query for each series; each answer is written down before the next question. */
  async #query(association: OpenAssociation, unproved: readonly Unproved[], turn: Turn): Promise<void> {
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
      const counted = found.length > 0 && association.isOpen ? await countIn(association, found) : undefined;
      commitments.answeredByQuery(found, missing, key, counted);
      if (turn.isClosing()) return;
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

/** How many objects the peer says there are in the study (0020,1208); undefined when it does not say. */
async function countIn(association: OpenAssociation, [first]: readonly Unproved[]): Promise<number | undefined> {
  if (!first) return undefined;
  const keys: Identifier = { StudyInstanceUID: first.StudyInstanceUID, NumberOfStudyRelatedInstances: '' };
  const answer = await association.find({ level: 'STUDY', keys, mostMatches: 2 });
  if (answer.kind !== 'answered' || answer.status !== 0x0000 || answer.matches.length !== 1) return undefined;
  const said = textOf(answer.matches[0]?.['NumberOfStudyRelatedInstances']).trim();
  return /^\d{1,9}$/.test(said) ? Number(said) : undefined;
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
