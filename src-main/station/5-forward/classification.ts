// What a destination's answer means for us: one table for every association reject, system error, context result, DIMSE
// status, ending of an association and commitment failure. Pure; what it does not know it calls `unknown`.
//
// `transient` is tried again for ever. `object` keeps this object back and lets the rest go on. `destination` means that
// it takes nothing of us as it is configured. `unknown` is tried a few times. (dicom-rules 8; PS3.7 C, PS3.8 9.3.4)
import type { AnswerKey, PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { AttemptOutcome } from '#contract/shapes/delivery.ts';
import type { Ending, Opening, RequestOutcome } from '#station/dicom/network/index.ts';

export type AnswerClass = 'sent' | 'sent-with-warning' | 'transient' | 'object' | 'destination' | 'unknown';

export type Verdict = {
  readonly class: AnswerClass;
  readonly answer: PeerAnswer;
  /** True when bytes left and no answer came: the destination may hold the object or not. */
  readonly mayHaveArrived: boolean;
};

type Line = { readonly class: AnswerClass; readonly key: AnswerKey };

const line = (classOf: AnswerClass, key: AnswerKey): Line => ({ class: classOf, key });

/** System errors of a connection that never came to be, or that broke. */
export const errorTable: Readonly<Record<string, Line>> = {
  ECONNREFUSED: line('transient', 'connection-refused'),
  ETIMEDOUT: line('transient', 'no-answer'),
  ENOTFOUND: line('transient', 'name-not-found'),
  EAI_AGAIN: line('transient', 'name-not-found'),
  EAI_FAIL: line('transient', 'name-not-found'),
  EAI_NODATA: line('transient', 'name-not-found'),
  EHOSTUNREACH: line('transient', 'not-reachable'),
  ENETUNREACH: line('transient', 'not-reachable'),
  EHOSTDOWN: line('transient', 'not-reachable'),
  ENETDOWN: line('transient', 'not-reachable'),
  ECONNRESET: line('transient', 'connection-lost'),
  ECONNABORTED: line('transient', 'connection-lost'),
  EPIPE: line('transient', 'connection-lost'),
  EPROTO: line('transient', 'tls-failed'),
};

/** Our own files cannot be used: no code of the library. */
export const ownCertificateUnusable = 'OWN_CERTIFICATE_UNUSABLE';

/** What a handshake says that somebody has to put right, here or there: by the first that matches. */
export const handshakeTable: readonly { readonly code: RegExp; readonly line: Line }[] = [
  { code: /^OWN_CERTIFICATE_UNUSABLE$/, line: line('destination', 'own-certificate-unusable') },
  // Certificates that are refused stay refused until somebody acts.
  {
    code: /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY|DECODE)|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE))/,
    line: line('destination', 'certificate-refused'),
  },
  // Its alert about ours (RFC 8446 6.2); TLS 1.3 brings it after the handshake.
  {
    code: /_ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED)/,
    line: line('destination', 'own-certificate-refused'),
  },
  {
    code: /^ERR_SSL_(WRONG_VERSION_NUMBER|UNKNOWN_PROTOCOL|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG|RECORD_LAYER_FAILURE)/,
    line: line('destination', 'tls-not-spoken'),
  },
  {
    code: /^ERR_SSL_\w*(PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW|HANDSHAKE_FAILURE|NO_SHARED_|NO_CIPHERS|DH_KEY_TOO_SMALL|EE_KEY_TOO_SMALL)/,
    line: line('destination', 'tls-not-agreed'),
  },
];

/** A-ASSOCIATE-RJ: source and reason of PS3.8 table 9-21; whatever is not here goes by its result. */
export const rejectTable: Readonly<Record<string, Line>> = {
  '1/2': line('destination', 'association-refused'), // application context name not supported
  '1/3': line('destination', 'calling-ae-unknown'),
  '1/7': line('destination', 'called-ae-unknown'),
  '2/2': line('destination', 'association-refused'), // protocol version not supported
  '3/1': line('transient', 'refused-busy'), // temporary congestion
  '3/2': line('transient', 'refused-busy'), // local limit exceeded
};

/** DIMSE status of a C-STORE: single values first, then ranges (PS3.4 B.2.3, PS3.7 C). */
export const statusTable: Readonly<Record<number, Line>> = {
  0x0000: line('sent', 'stored'),
  0x0001: line('sent-with-warning', 'stored-with-warning'),
  0x0107: line('sent-with-warning', 'stored-with-warning'),
  0x0116: line('sent-with-warning', 'stored-with-warning'),
  0x0111: line('sent-with-warning', 'duplicate'),
  0x0105: line('object', 'instance-invalid'),
  0x0106: line('object', 'instance-invalid'),
  0x0110: line('object', 'processing-failed'),
  0x0112: line('object', 'instance-invalid'),
  0x0115: line('object', 'instance-invalid'),
  0x0117: line('object', 'instance-invalid'),
  0x0118: line('object', 'class-refused'),
  0x0119: line('object', 'does-not-match-class'),
  0x0120: line('object', 'instance-invalid'),
  0x0121: line('object', 'instance-invalid'),
  0x0122: line('object', 'class-refused'),
  0x0124: line('destination', 'not-authorised'),
  0x0210: line('transient', 'request-mistaken'), // duplicate invocation
  0x0211: line('destination', 'request-mistaken'), // unrecognised operation
  0x0212: line('destination', 'request-mistaken'), // mistyped argument
  0x0213: line('transient', 'out-of-resources'),
};

export const statusRanges: readonly { readonly from: number; readonly to: number; readonly line: Line }[] = [
  { from: 0xa700, to: 0xa7ff, line: line('transient', 'out-of-resources') },
  { from: 0xa900, to: 0xa9ff, line: line('object', 'does-not-match-class') },
  { from: 0xb000, to: 0xbfff, line: line('sent-with-warning', 'stored-with-warning') },
  { from: 0xc000, to: 0xcfff, line: line('object', 'cannot-understand') },
];

const verdict = (
  { class: classOf, key }: Line,
  params: PeerAnswer['params'] = {},
  mayHaveArrived = false,
): Verdict => ({ class: classOf, answer: { key, params }, mayHaveArrived });

/** A status as people in the field write it: four hexadecimal digits. */
export const statusText = (status: number): string => status.toString(16).toUpperCase().padStart(4, '0');

/** A connection that did not come to be, or was lost. */
export function classifyError(code: string, mayHaveArrived = false): Verdict {
  const inHandshake = handshakeTable.find((row) => row.code.test(code));
  if (inHandshake) return verdict(inHandshake.line, { code }, mayHaveArrived);
  const found = errorTable[code] ?? line('transient', code.startsWith('ERR_SSL') ? 'tls-failed' : 'not-reachable');
  const says = found.key === 'not-reachable' || found.key === 'tls-failed';
  return verdict(found, says ? { code } : {}, mayHaveArrived);
}

/** An A-ASSOCIATE-RJ. `titles` are the ones that we gave. */
export function classifyReject(
  { result, source, reason }: { readonly result: number; readonly source: number; readonly reason: number },
  titles: { readonly calling: string; readonly called: string },
): Verdict {
  const found = rejectTable[`${source}/${reason}`];
  if (found?.key === 'called-ae-unknown') return verdict(found, { called: titles.called });
  if (found?.key === 'calling-ae-unknown') return verdict(found, { calling: titles.calling });
  if (found) return verdict(found, found.key === 'association-refused' ? { result, source, reason } : {});
  if (result === 2) return verdict(line('transient', 'refused-temporarily'));
  return verdict(line('unknown', 'association-refused'), { result, source, reason });
}

/** How an association ended. `mayHaveArrived`: while a request had left and was not answered. */
export function classifyEnding(ending: Ending, mayHaveArrived = false): Verdict {
  switch (ending.kind) {
    case 'aborted-by-peer':
      return verdict(line('unknown', 'aborted'), { source: ending.source, reason: ending.reason }, mayHaveArrived);
    case 'aborted-by-us':
      return verdict(line('unknown', 'answer-unreadable'), {}, mayHaveArrived);
    case 'released':
      return verdict(line('transient', 'connection-lost'), {}, mayHaveArrived);
    case 'lost':
      return classifyError(isKnown(ending.code) ? ending.code : 'ECONNRESET', mayHaveArrived);
    case 'timed-out':
      return verdict(line('transient', timeoutKeys[ending.waitedFor]), {}, mayHaveArrived);
  }
}

const isKnown = (code: string): boolean => code in errorTable || code.startsWith('ERR_SSL');

const timeoutKeys = {
  connection: 'no-answer',
  association: 'association-unanswered',
  sending: 'object-unanswered',
  answer: 'object-unanswered',
} as const satisfies Readonly<Record<string, AnswerKey>>;

/** An association that was not opened. */
export function classifyOpening(
  opening: Exclude<Opening, { readonly kind: 'accepted' }>,
  titles: { readonly calling: string; readonly called: string },
): Verdict {
  switch (opening.kind) {
    case 'unreachable':
      return classifyError(opening.code);
    case 'rejected':
      return classifyReject(opening, titles);
    case 'failed':
      return classifyEnding(opening.ending);
  }
}

/** The DIMSE status of a C-STORE. What the peer wrote with it goes along; it is for people, never for a log. */
export function classifyStatus(status: number, comment = ''): Verdict {
  const found =
    statusTable[status] ??
    statusRanges.find((range) => status >= range.from && status <= range.to)?.line ??
    line('unknown', 'status-unknown');
  if (found.key === 'stored' || found.key === 'duplicate') return verdict(found);
  return verdict(found, { status: statusText(status), comment });
}

/** What became of a C-STORE that had a context for it. */
export function classifyStore(
  outcome: RequestOutcome,
  object: { readonly sopClassUid: string; readonly transferSyntaxUid: string },
): Verdict {
  switch (outcome.kind) {
    case 'answered':
      return classifyStatus(outcome.status, outcome.comment);
    case 'not-accepted':
      return notAccepted(outcome.why, object);
    case 'not-sent':
      return classifyEnding(outcome.ending);
    case 'unknown-outcome':
      return classifyEnding(outcome.ending, true);
  }
}

/** A presentation context that was refused (PS3.8 9.3.3.2), or not among those accepted. */
export function notAccepted(
  why: 'class' | 'syntax',
  object: { readonly sopClassUid: string; readonly transferSyntaxUid: string },
): Verdict {
  return why === 'class'
    ? verdict(line('object', 'class-not-accepted'), { sopClass: object.sopClassUid })
    : verdict(line('object', 'syntax-not-accepted'), { transferSyntax: object.transferSyntaxUid });
}

/** Something that is wrong on our side of the wire: the object stays, the destination has nothing to do with it. */
export const ownFault = (key: AnswerKey, params: PeerAnswer['params'] = {}): Verdict =>
  verdict(line('object', key), params);

/** A failure to read here that may pass (too many open files, a share that is away). */
export const cannotRead = (code: string): Verdict => verdict(line('unknown', 'cannot-read'), { code });

/** Something else failed on our side; it says nothing about the destination or an object. */
export const stationFailed: Verdict = verdict(line('transient', 'station-failed'));

const outcomes = {
  sent: 'sent',
  'sent-with-warning': 'sent-with-warning',
  transient: 'transient',
  object: 'object-refused',
  destination: 'destination-refused',
  unknown: 'unknown',
} as const satisfies Readonly<Record<AnswerClass, AttemptOutcome>>;

/** How an attempt is written down: `unknown` whenever the destination may hold the object without having said so. */
export const outcomeOf = (found: Verdict): AttemptOutcome => (found.mayHaveArrived ? 'unknown' : outcomes[found.class]);

export type CommitFailure = 'resend' | 'ask-again' | 'object';

/** Failure Reason (0008,1197) of a commitment report (PS3.3 C.14.1.1): what to do about that one object. */
export const commitFailureTable: Readonly<Record<number, CommitFailure>> = {
  0x0110: 'ask-again', // processing failure
  0x0112: 'resend', // no such object instance
  0x0119: 'object', // class / instance conflict
  0x0122: 'object', // referenced SOP class not supported
  0x0131: 'ask-again', // duplicate transaction UID
  0x0213: 'ask-again', // resource limitation
};

export const classifyCommitFailure = (reason: number): CommitFailure => commitFailureTable[reason] ?? 'resend';
