// What a DICOMweb service's answer means for us: one table for every HTTP status and for the failure reasons of single
// instances. Pure; what it does not know it calls `unknown`. Classes as in classification.ts.
//
// (PS3.18 10.5.3; reasons are those of Failure Reason (0008,1197), RFC 9110 15 for the rest)
import type { AnswerKey, PeerAnswer } from '#contract/shapes/answer-keys.ts';
import { classifyStatus, notAccepted, type AnswerClass, type Verdict } from '../classification.ts';

type Line = {
  readonly class: AnswerClass;
  readonly key: AnswerKey;
  /** What it can be about: this request as a whole, or one of the objects in it. Then they are sent in smaller groups. */
  readonly about: 'request' | 'objects';
};

const line = (classOf: AnswerClass, key: AnswerKey, about: Line['about'] = 'request'): Line => ({
  class: classOf,
  key,
  about,
});

/** Statuses that are not read instance by instance. */
export const httpTable: Readonly<Record<number, Line>> = {
  400: line('unknown', 'web-refused', 'objects'),
  401: line('destination', 'web-not-authorised'),
  403: line('destination', 'web-not-authorised'),
  404: line('destination', 'web-not-found'),
  405: line('destination', 'web-not-offered'),
  406: line('destination', 'web-not-offered'),
  407: line('destination', 'web-not-authorised'),
  408: line('transient', 'object-unanswered', 'objects'),
  409: line('unknown', 'web-refused', 'objects'),
  410: line('destination', 'web-not-found'),
  411: line('destination', 'web-not-offered'),
  413: line('object', 'web-too-large', 'objects'),
  414: line('destination', 'web-not-found'),
  415: line('unknown', 'web-type-refused', 'objects'),
  421: line('destination', 'web-not-found'),
  422: line('unknown', 'web-refused', 'objects'),
  423: line('transient', 'web-busy'),
  425: line('transient', 'web-busy'),
  426: line('destination', 'web-not-offered'),
  429: line('transient', 'web-busy'),
  431: line('destination', 'web-refused'),
  500: line('unknown', 'web-failed', 'objects'),
  501: line('destination', 'web-not-offered'),
  502: line('transient', 'web-failed', 'objects'),
  503: line('transient', 'web-busy'),
  504: line('transient', 'web-failed', 'objects'),
  505: line('destination', 'web-not-offered'),
  507: line('transient', 'web-no-room'),
  508: line('destination', 'web-failed'),
  511: line('destination', 'web-not-authorised'),
};

export type WebVerdict = Verdict & Pick<Line, 'about'>;

/** Of the answer as a whole. */
export function classifyHttp(status: number): WebVerdict {
  const found = httpTable[status] ?? ranges(status);
  const answer: PeerAnswer = { key: found.key, params: found.key === 'object-unanswered' ? {} : { status } };
  return { class: found.class, answer, mayHaveArrived: mayHaveArrived(status), about: found.about };
}

/** A gateway that gave up waiting does not know what became of it behind; nor does whoever failed half-way. */
const mayHaveArrived = (status: number): boolean =>
  status < 300 || status === 408 || (status >= 500 && status !== 501 && status !== 505);

function ranges(status: number): Line {
  if (status >= 300 && status < 400) return line('destination', 'web-redirects');
  if (status >= 500) return line('unknown', 'web-failed', 'objects');
  return line('unknown', 'web-status-unknown', 'objects');
}

/** Transfer syntax not supported: of STOW-RS alone (PS3.18 10.5.3.2). */
export const syntaxNotSupported = 0xc122;

/** Failure Reason of one instance. A reason that means success with another service is none here. */
export function classifyFailure(
  reason: number,
  object: { readonly sopClassUid: string; readonly transferSyntaxUid: string },
): Verdict {
  if (reason === syntaxNotSupported) return notAccepted('syntax', object);
  const found = classifyStatus(reason);
  const isSuccess = found.class === 'sent' || (found.class === 'sent-with-warning' && reason !== 0x0111);
  return isSuccess
    ? { ...found, class: 'unknown', answer: { key: 'status-unknown', params: statusOf(reason) } }
    : found;
}

/** An instance that was stored, with its Warning Reason (0008,1196) if it has one. */
export function classifyStored(warning: number | undefined): Verdict {
  if (warning === undefined || warning === 0) return classifyStatus(0);
  return { ...classifyStatus(0xb000), answer: { key: 'stored-with-warning', params: statusOf(warning) } };
}

const statusOf = (status: number) => ({ status: status.toString(16).toUpperCase().padStart(4, '0'), comment: '' });
