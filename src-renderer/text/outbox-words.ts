// What happens to an exam that was approved, in sentences: one for each thing that a person would say about it.
import type { DestinationStatus, OutboxLine } from '#contract/shapes/delivery.ts';
import { sayAnswer } from './answers.ts';
import { en } from './en.ts';
import { saySince } from './formats.ts';

type Share = OutboxLine['destinations'][number];

export type ShareState = 'confirmed' | 'blocked' | 'held' | 'cancelled' | 'sent' | 'sending' | 'waiting';

/** How an exam stands at one destination. What needs a person goes before what heals by itself. */
export function stateOfShare(share: Share): ShareState {
  if (share.blocked > 0) return 'blocked';
  if (share.confirmed + share.cancelled === share.total) return share.confirmed > 0 ? 'confirmed' : 'cancelled';
  if (share.held > 0) return 'held';
  if (share.sent + share.confirmed + share.cancelled >= share.total) return 'sent';
  return share.sent + share.confirmed > 0 ? 'sending' : 'waiting';
}

/** How many have reached the destination, proved or not. `sent` may or may not count the proved ones. */
export const reached = (share: Share): number => Math.min(share.total, Math.max(share.sent, share.confirmed));

/** One or more short sentences, what matters most first. */
export function sayLine(line: OutboxLine, destinations: readonly DestinationStatus[], now: number): readonly string[] {
  const text = en.outbox.lines;
  const nameOf = (share: Share) =>
    destinations.find(({ id }) => id === share.destinationId)?.name ?? share.destinationId;
  const states = line.destinations.map((share) => ({ share, state: stateOfShare(share), name: nameOf(share) }));
  const named = (...wanted: readonly ShareState[]) =>
    states.filter(({ state }) => wanted.includes(state)).map(({ name }) => name);
  const said: string[] = [];
  for (const { share, state, name } of states) {
    if (state === 'blocked')
      said.push(text.blocked(name, share.blocked, share.lastAnswer === null ? '' : sayAnswer(share.lastAnswer)));
  }
  if (named('held').length > 0) said.push(text.held(named('held')));
  if (states.length > 0 && named('confirmed').length === states.length) return [text.everywhere];
  if (named('confirmed').length > 0) said.push(text.proved(named('confirmed')));
  if (named('sent').length > 0) said.push(text.asking(named('sent')));
  const flowing: string[] = [];
  for (const { share, state, name } of states) {
    if (state !== 'sending' && state !== 'waiting') continue;
    const destination = destinations.find(({ id }) => id === share.destinationId);
    const isLate = now - Date.parse(line.approvedAt) > 10 * 60_000;
    if (destination?.state === 'silent')
      said.push(isLate ? text.late(name, saySince(line.approvedAt, now)) : text.waits(name));
    else if (destination?.state === 'paused') said.push(text.paused(name));
    else if (destination?.state === 'refusing') said.push(text.refuses(name));
    else flowing.push(name);
  }
  if (flowing.length > 0) said.push(text.sending(flowing));
  if (named('cancelled').length > 0) said.push(text.cancelled(named('cancelled')));
  return said;
}

/** 'Nothing listens at that address and port.' as a sentence of its own. */
export function sayAnswerSentence(answer: Parameters<typeof sayAnswer>[0] | null): string {
  if (answer === null) return '';
  const said = sayAnswer(answer);
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
}
