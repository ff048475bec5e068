// Decides what of an exam may be forgotten here, and says why of each of its objects. Pure.
//
// Guarantees: 'go' is said of an approved object only when every required destination of its exam has proved all of it,
// and of a rejected one only when its time is over; of one in whose place a derived picture leaves, only when both are so.
// Shortage of room brings the day forward and nothing else. Whatever is pinned, held, undecided, contradicted, in trouble or
// still leaving stays, however long it has been there.
import type { RetentionReason, RetentionSetting } from '#contract/shapes/space.ts';

export type DeliveryFacts = {
  readonly destinationId: string;
  /** What the destination is called. */
  readonly name: string;
  readonly required: boolean;
  /** It is of the revision that the object leaves in now. */
  readonly current: boolean;
  readonly state: string;
  readonly confirmedBy: 'commitment' | 'query' | 'none' | null;
  readonly confirmedAt: string | null;
  /** The site has set this destination to be proved by queries. */
  readonly provedByQuery: boolean;
};

export type ObjectFacts = {
  readonly objectId: string;
  readonly state: 'received' | 'approved' | 'rejected' | 'conflict';
  readonly rejectedAt: string | null;
  /** A derived picture leaves in its place, and it is what another one would be made of. */
  readonly isReplaced?: boolean;
  /** It had gone and was sent again then. */
  readonly returnedAt: string | null;
  readonly purgingAt: string | null;
  readonly purgedAt: string | null;
  readonly deliveries: readonly DeliveryFacts[];
};

export type ExamFacts = {
  readonly modalities: readonly string[];
  /** Calling AE title, or name of what was imported. */
  readonly source: string;
  readonly stage: 'open' | 'held' | 'approved' | 'rejected';
  readonly pinned: boolean;
  /** Something stands against it that nobody has answered. */
  readonly hasProblem: boolean;
  readonly objects: readonly ObjectFacts[];
};

/** `at`: when it goes (keep) or went (gone). `destination`: the name of the one it hangs on. */
export type Decision = {
  readonly objectId: string;
  readonly kind: 'keep' | 'go' | 'gone';
  readonly reason: RetentionReason;
  readonly destination?: string;
  readonly at?: string;
};

export type RetentionMoment = { readonly now: string; readonly shortOfRoom: boolean };

/** What may count as proof that a destination holds an object. */
export type ProofRule = Pick<RetentionSetting, 'queryProves'>;

type Standing = { readonly reason: RetentionReason; readonly destination?: string };
type Proof = { readonly kind: 'proved'; readonly at: string } | ({ readonly kind: 'open' } & Standing);

const dayMs = 86_400_000;

/** One decision for each object, in their order. */
export function decideRetention(exam: ExamFacts, setting: RetentionSetting, moment: RetentionMoment): Decision[] {
  const against = standsAgainst(exam, setting);
  const approved = decideApproved(exam, setting, moment);
  const hasApproved = exam.objects.some(({ state }) => state === 'approved');
  return exam.objects.map((object): Decision => {
    const { objectId, purgedAt, purgingAt, state } = object;
    if (purgedAt !== null) {
      const reason = state === 'rejected' ? 'rejected-removed' : 'only-at-destination';
      return { objectId, kind: 'gone', reason, at: purgedAt };
    }
    // Decided and durable: what follows cannot be taken back.
    if (purgingAt !== null) return { objectId, kind: 'gone', reason: 'on-its-way-out', at: purgingAt };
    if (state === 'received' || state === 'conflict') return { objectId, kind: 'keep', reason: 'undecided' };
    if (against !== undefined) return { objectId, kind: 'keep', reason: against };
    // Nobody judged it bad: it stays for as long as what leaves in its place is not proved everywhere.
    if (object.isReplaced === true && hasApproved && approved.kind === 'keep') return { objectId, ...approved };
    if (state === 'rejected') return { objectId, ...decideRejected(object, setting, moment.now) };
    return { objectId, ...approved };
  });
}

/** Proof that one required delivery gives, under the rules of the site. */
export function proofOf(delivery: DeliveryFacts, { queryProves }: ProofRule): Proof {
  const { destinationId, name: destination, state, confirmedBy, confirmedAt, provedByQuery } = delivery;
  if (state === 'cancelled') return { kind: 'open', reason: 'cancelled', destination };
  if (state !== 'committed' || confirmedAt === null) return { kind: 'open', reason: 'not-confirmed', destination };
  if (confirmedBy === 'commitment') return { kind: 'proved', at: confirmedAt };
  if (confirmedBy !== 'query') return { kind: 'open', reason: 'confirmed-by-word-only', destination };
  if (provedByQuery && queryProves.includes(destinationId)) return { kind: 'proved', at: confirmedAt };
  return { kind: 'open', reason: 'confirmed-by-query-only', destination };
}

/** Days that exams of this kind stay after they are proved. */
export function keepDaysOf(
  { modalities, source }: Pick<ExamFacts, 'modalities' | 'source'>,
  setting: RetentionSetting,
) {
  const rule = setting.rules.find(
    (one) =>
      (one.modalities.length === 0 || one.modalities.some((modality) => modalities.includes(modality))) &&
      (one.sources.length === 0 || one.sources.includes(source)),
  );
  return rule?.keepDays ?? setting.keepDays;
}

function standsAgainst(exam: ExamFacts, setting: RetentionSetting): RetentionReason | undefined {
  if (!setting.automatic) return 'not-automatic';
  if (exam.pinned) return 'pinned';
  if (exam.stage === 'held') return 'held';
  if (exam.stage === 'open') return 'undecided';
  return exam.hasProblem ? 'problem' : undefined;
}

/** All approved objects of an exam go together, or none. */
function decideApproved(
  exam: ExamFacts,
  setting: RetentionSetting,
  { now, shortOfRoom }: RetentionMoment,
): Omit<Decision, 'objectId'> {
  let provedAt = '';
  for (const { state, deliveries, returnedAt } of exam.objects) {
    if (state !== 'approved') continue;
    const required = deliveries.filter(({ required, current }) => required && current);
    if (required.length === 0) return { kind: 'keep', reason: 'no-required-destination' };
    const other = deliveries.find((delivery) => isLeaving(delivery) && !(delivery.required && delivery.current));
    if (other) return { kind: 'keep', reason: 'still-leaving', destination: other.name };
    for (const delivery of required) {
      const proof = proofOf(delivery, setting);
      if (proof.kind === 'open') return { ...proof, kind: 'keep' };
      if (proof.at > provedAt) provedAt = proof.at;
    }
    if (returnedAt !== null && returnedAt > provedAt) provedAt = returnedAt;
  }
  if (provedAt === '') return { kind: 'keep', reason: 'not-confirmed' };
  const usual = keepDaysOf(exam, setting);
  const at = laterByDays(provedAt, shortOfRoom ? Math.min(usual, setting.shortOfRoomDays) : usual);
  if (at > now) return { kind: 'keep', reason: 'kept-until', at };
  return { kind: 'go', reason: laterByDays(provedAt, usual) > now ? 'goes-for-room' : 'goes-now' };
}

function decideRejected(
  { rejectedAt, returnedAt, deliveries }: ObjectFacts,
  { rejectedDays }: RetentionSetting,
  now: string,
): Omit<Decision, 'objectId'> {
  const leaving = deliveries.find(isLeaving);
  if (leaving) return { kind: 'keep', reason: 'still-leaving', destination: leaving.name };
  if (rejectedDays === null || rejectedAt === null) return { kind: 'keep', reason: 'rejected-for-ever' };
  const since = returnedAt !== null && returnedAt > rejectedAt ? returnedAt : rejectedAt;
  const at = laterByDays(since, rejectedDays);
  return at > now ? { kind: 'keep', reason: 'rejected-until', at } : { kind: 'go', reason: 'goes-now' };
}

/** Its bytes are needed yet, or may be. */
const isLeaving = ({ state }: DeliveryFacts) => state !== 'committed' && state !== 'cancelled';

const laterByDays = (iso: string, days: number) =>
  new Date(Math.min(Date.parse(iso) + days * dayMs, 8.64e15)).toISOString();
