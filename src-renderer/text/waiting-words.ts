// What happens to an exam at one destination, and when: one sentence for the technologist, and one with everything that
// an administrator asks about. Pure: made from state, answer, next try, hours, priority and pause.
import type { DestinationStatus, OutboxLine } from '#contract/shapes/delivery.ts';
import { sayAnswer } from './answers.ts';
import { sayCount, sayDuration, sayList, sayMany, saySize, sayUntil, sayWhen } from './formats.ts';
import { stateOfShare } from './share-state.ts';

type Share = OutboxLine['destinations'][number];

const images = (n: number) => sayMany(n, 'image');

export const waitingTexts = {
  confirmed: (name: string, when: string) => `In ${name}, proved ${when}.`,
  cancelled: (name: string) => `Cancelled for ${name}: it is not sent there.`,
  held: (name: string) => `Held for ${name}: it leaves when you release it.`,
  blocked: (name: string, n: number, answer: string) =>
    `${name} does not take ${images(n)}${answer === '' ? '' : `: ${answer}`}. The same again will not help: send elsewhere, cancel, or have it put right there and try again.`,
  sent: (name: string, n: number, next: string) =>
    `${name} has ${n === 1 ? 'it' : `all ${sayCount(n)}`}; its proof is ${next === '' ? 'asked for' : `asked for in ${next}`}. Nothing to do.`,
  waiting: (name: string, since: string, why: string, then: string) =>
    `Waiting for ${name} since ${since}: ${why}. ${then}`,
  noAnswer: 'it does not answer',
  turnsAway: 'it turns this station away',
  isPaused: 'sending is paused',
  outsideHours: (opens: string) => `it is sent to from ${opens} on`,
  notYet: 'it did not take it yet',
  letIn: 'someone has to let this station in there.',
  nothingToDo: 'nothing to do.',
  goesOn: 'It leaves when somebody goes on.',
  byItself: 'It leaves by itself; nothing to do.',
  nextTry: (inTime: string) => `Next try in ${inTime}; `,
  trying: 'It is tried now; ',
  inLine: (name: string, n: number, left: string) =>
    `In line for ${name}, ${images(n)}${left === '' ? '' : `, about ${left} for all that waits`}. Nothing to do.`,
  going: (name: string, reached: number, total: number) =>
    `Going to ${name}: ${sayCount(reached)} of ${sayCount(total)} there. Nothing to do.`,
  address: (ae: string, host: string, port: number) =>
    ae === '' ? `DICOMweb at ${host}:${port}` : `${ae} at ${host}:${port}`,
  lastWord: (answer: string, code: string, when: string) => `last word ${when}: ${answer} (${code})`,
  priority: (priority: string) => `priority ${priority}`,
  counts: (waiting: number, unconfirmed: number, blocked: number) =>
    waiting + unconfirmed + blocked === 0
      ? 'nothing else waits for it'
      : `for it in all ${sayList(
          [
            waiting === 0 ? '' : `${sayCount(waiting)} waiting`,
            unconfirmed === 0 ? '' : `${sayCount(unconfirmed)} without proof`,
            blocked === 0 ? '' : `${sayCount(blocked)} refused`,
          ].filter((part) => part !== ''),
        )}`,
  rate: (bytes: number) => `${saySize(bytes)} a second`,
  nextAt: (when: string) => `next ${when}`,
  proofs: { commitment: 'proof by commitment', query: 'proof by query', none: 'taken on its word' },
};

/** For whoever is at the station: what happens, when, and what is to be done. */
export function sayShare(share: Share, destination: DestinationStatus | undefined, now: number): string {
  const text = waitingTexts;
  const name = destination?.name ?? share.destinationId;
  const answer = share.lastAnswer === null ? '' : sayAnswer(share.lastAnswer);
  const state = stateOfShare(share);
  switch (state) {
    case 'confirmed':
      return text.confirmed(name, sayWhen(share.confirmedAt, now));
    case 'cancelled':
      return text.cancelled(name);
    case 'held':
      return text.held(name);
    case 'blocked':
      return text.blocked(name, share.blocked, answer);
    case 'sent':
      return text.sent(name, share.sent + share.confirmed, soon(share.nextAttemptAt, now));
    case 'sending':
    case 'waiting':
      return sayWaiting(share, destination, name, now);
  }
}

function sayWaiting(share: Share, destination: DestinationStatus | undefined, name: string, now: number): string {
  const text = waitingTexts;
  const since = sayWhen(share.waitingSince, now);
  const state = destination?.state ?? 'well';
  const opensAt = destination?.opensAt ?? null;
  const next = soon(share.nextAttemptAt, now);
  const nextTry = next === '' ? text.trying : text.nextTry(next);
  if (state === 'paused') return text.waiting(name, since, text.isPaused, text.goesOn);
  if (state === 'silent') return text.waiting(name, since, text.noAnswer, `${nextTry}${text.nothingToDo}`);
  if (state === 'refusing') return text.waiting(name, since, text.turnsAway, `${nextTry}${text.letIn}`);
  if (opensAt !== null && share.priority !== null && destination?.keepsToHours.includes(share.priority) === true)
    return text.waiting(name, since, text.outsideHours(sayWhen(opensAt, now)), text.byItself);
  const reached = Math.min(share.total, share.sent + share.confirmed);
  if (reached > 0) return text.going(name, reached, share.total);
  if (share.lastAnswer !== null && next !== '')
    return text.waiting(name, since, sayAnswer(share.lastAnswer), `${nextTry}${text.nothingToDo}`);
  const left = destination?.secondsUntilEmpty ?? null;
  return text.inLine(name, share.total - share.cancelled, left === null ? '' : sayDuration(left));
}

/** '' when the time has come, or there is none. */
const soon = (at: string | null, now: number): string =>
  at === null || Date.parse(at) <= now ? '' : sayUntil(at, now);

/** For whoever looks after the network: who, how, what was said in words and code, how much, and when next. */
export function sayShareForAdministrator(
  share: Share,
  destination: DestinationStatus | undefined,
  now: number,
): string {
  const text = waitingTexts;
  if (destination === undefined) return share.destinationId;
  const { aeTitle, host, port, confirm, waiting, unconfirmed, blocked, bytesPerSecond } = destination;
  const said = share.lastAnswer ?? null;
  const parts = [
    text.address(aeTitle, host, port),
    text.proofs[confirm],
    ...(said === null ? [] : [text.lastWord(sayAnswer(said), codeOf(said), sayWhen(said.at, now))]),
    ...(share.priority === null ? [] : [text.priority(share.priority)]),
    ...(share.nextAttemptAt === null ? [] : [text.nextAt(sayWhen(share.nextAttemptAt, now))]),
    text.counts(waiting, unconfirmed, blocked),
    ...(bytesPerSecond > 0 && waiting > 0 ? [text.rate(bytesPerSecond)] : []),
  ];
  return `${parts.join('; ')}.`;
}

/** The key of an answer with what the peer gave as number or code. */
export function codeOf({
  key,
  params,
}: {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}): string {
  const code = params['status'] ?? params['code'] ?? params['reason'];
  return code === undefined || code === '' ? key : `${key} ${code}`;
}
