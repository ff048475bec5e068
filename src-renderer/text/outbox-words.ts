// What happens to an exam that was approved, in sentences: what needs a person first, what is proved last.
import type { DestinationStatus, OutboxLine } from '#contract/shapes/delivery.ts';
import { sayAnswer } from './answers.ts';
import { en } from './en.ts';
import { stateOfShare, type ShareState } from './share-state.ts';
import { sayShare } from './waiting-words.ts';

const order: readonly ShareState[] = ['blocked', 'held', 'waiting', 'sending', 'sent', 'cancelled'];

/** One or more sentences, what matters most first. */
export function sayLine(line: OutboxLine, destinations: readonly DestinationStatus[], now: number): readonly string[] {
  const text = en.outbox.lines;
  const find = (id: string) => destinations.find((destination) => destination.id === id);
  const states = line.destinations.map((share) => ({ share, state: stateOfShare(share) }));
  const proved = states.filter(({ state }) => state === 'confirmed').map(({ share }) => share.destinationId);
  if (states.length > 0 && proved.length === states.length) return [text.everywhere];
  const said = order.flatMap((wanted) =>
    states.filter(({ state }) => state === wanted).map(({ share }) => sayShare(share, find(share.destinationId), now)),
  );
  if (proved.length > 0) said.push(text.proved(proved.map((id) => find(id)?.name ?? id)));
  return said;
}

/** 'Nothing listens at that address and port.' as a sentence of its own. */
export function sayAnswerSentence(answer: Parameters<typeof sayAnswer>[0] | null): string {
  if (answer === null) return '';
  const said = sayAnswer(answer);
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
}
