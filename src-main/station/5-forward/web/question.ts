// The small question whether a DICOMweb service is there and lets us in: the first study that it has (QIDO-RS).
//
// Never throws for what it says. A service that takes objects and answers no queries is there as well.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { Verdict } from '../classification.ts';
import { classifyOutcome, unreadable, type WebService } from './service.ts';
import { readJson } from './store-answer.ts';

export type Found =
  /** `queries`: how it answers them; an answer key when it does not. */
  | { readonly kind: 'there'; readonly queries: 'answered' | PeerAnswer }
  | { readonly kind: 'not-there'; readonly verdict: Verdict; readonly restMs: number };

/** Of a service that is there, asked what it does not do. */
const noQueries: ReadonlySet<number> = new Set([400, 405, 406, 415, 501]);

export async function askWhetherThere(service: WebService, signal: AbortSignal): Promise<Found> {
  const outcome = await service.query('/studies', { limit: '1' }, signal);
  if (outcome.kind === 'source-failed') return { kind: 'not-there', verdict: unreadable(false), restMs: 0 };
  if (outcome.kind === 'answered') {
    const { body, contentType, status } = outcome;
    if (status === 204 || (status === 200 && body.length === 0)) return { kind: 'there', queries: 'answered' };
    if (status === 200) {
      return Array.isArray(readJson(body, contentType))
        ? { kind: 'there', queries: 'answered' }
        : { kind: 'not-there', verdict: unreadable(false), restMs: 0 };
    }
    if (noQueries.has(status)) return { kind: 'there', queries: { key: 'query-not-offered', params: {} } };
  }
  const { about: _, ...verdict } = classifyOutcome(outcome);
  const restMs = outcome.kind === 'answered' ? (outcome.retryAfterMs ?? 0) : 0;
  return { kind: 'not-there', verdict: { ...verdict, mayHaveArrived: false }, restMs };
}
