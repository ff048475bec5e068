// What an answer to a notice means: told, once more later, or refused for good. Pure.
//
// A receiver that cannot be reached, is busy or does not know us is tried for ever: that is its state, and not the notice's
// fault. A notice that it will not have is refused, and a person may tell it once more.
import type { RequestOutcome } from '#station/dicom/network/index.ts';
import type { MllpOutcome } from './mllp-client.ts';

export type NoticeAnswer = { readonly key: string; readonly params: Readonly<Record<string, string | number>> };

export type Meaning = {
  readonly what: 'sent' | 'later' | 'refused';
  readonly answer: NoticeAnswer;
  /** True when the receiver may have taken it although nobody knows. */
  readonly unknown: boolean;
};

const hex = (status: number) => `${status.toString(16).toUpperCase().padStart(4, '0')}H`;
/** 0110H is given for a database that is down as well as for what can never be: tried so often. */
export const mostProcessingFailures = 5;

/**
 * @param before what was tried of it: `unknown` times nobody knows what became of it
 */
export function meaningOfStatus(
  outcome: RequestOutcome,
  kind: 'create' | 'set',
  before: { readonly attempts: number; readonly unknown: number },
): Meaning {
  if (outcome.kind === 'not-accepted') return say('refused', 'class-not-accepted');
  if (outcome.kind === 'not-sent') return say('later', 'connection-lost');
  if (outcome.kind === 'unknown-outcome') return { ...say('later', 'connection-lost'), unknown: true };
  const { status, comment = '' } = outcome;
  const params = { status: hex(status), comment };
  if (status === 0) return say('sent', 'success', params);
  // Warnings: attribute value out of range, attribute list error.
  if ([0x0001, 0x0107, 0x0116].includes(status) || status >>> 12 === 0xb)
    return say('sent', 'taken-with-warning', params);
  if (kind === 'create' && status === 0x0111) return say('sent', 'known-already', params);
  // An end that was taken, and whose answer got lost, may not be said again.
  if (kind === 'set' && status === 0x0110 && before.unknown > 0) return say('sent', 'probably-taken-before', params);
  if (status === 0x0110)
    return say(before.attempts + 1 < mostProcessingFailures ? 'later' : 'refused', 'processing-failed', params);
  if (status === 0x0213 || status >>> 8 === 0xa7) return say('later', 'out-of-resources', params);
  if ([0x0122, 0x0124, 0x0210, 0x0211, 0x0212].includes(status)) return say('later', 'not-authorised', params);
  if (status === 0x0112) return say('refused', 'no-such-step', params);
  return say('refused', 'instance-invalid', params);
}

export function meaningOfAcknowledgement(outcome: MllpOutcome): Meaning {
  if (outcome.kind === 'unreachable') return say('later', 'unreachable', { code: outcome.code });
  if (outcome.kind === 'no-answer')
    return { ...say('later', 'connection-lost', { code: outcome.code }), unknown: true };
  const { code, text } = outcome;
  const params = { status: code, comment: text };
  if (code === 'AA' || code === 'CA') return say('sent', 'success', params);
  // AR and CR: it was not looked at, because the receiver is busy or not set up for it.
  if (code === 'AR' || code === 'CR') return say('later', 'not-authorised', params);
  return say('refused', 'instance-invalid', params);
}

function say(what: Meaning['what'], key: string, params: NoticeAnswer['params'] = {}): Meaning {
  return { what, answer: { key, params }, unknown: false };
}
