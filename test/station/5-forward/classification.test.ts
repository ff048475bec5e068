import { describe, expect, it } from 'vitest';
import { answerKeys, answerParams } from '#contract/shapes/answer-keys.ts';
import {
  classifyCommitFailure,
  classifyEnding,
  classifyError,
  classifyReject,
  classifyStatus,
  classifyStore,
  outcomeOf,
  type Verdict,
} from '#station/5-forward/classification.ts';

const titles = { calling: 'SAFELIGHT', called: 'ARCHIVE' };
const short = (found: Verdict) => `${found.class}: ${found.answer.key}`;

const statuses: readonly [number, string][] = [
  [0x0000, 'sent: stored'],
  [0xb000, 'sent-with-warning: stored-with-warning'],
  [0xb006, 'sent-with-warning: stored-with-warning'],
  [0xb007, 'sent-with-warning: stored-with-warning'],
  [0x0107, 'sent-with-warning: stored-with-warning'],
  [0x0111, 'sent-with-warning: duplicate'],
  [0xa700, 'transient: out-of-resources'],
  [0xa7ff, 'transient: out-of-resources'],
  [0x0213, 'transient: out-of-resources'],
  [0x0110, 'object: processing-failed'],
  [0xa900, 'object: does-not-match-class'],
  [0xc000, 'object: cannot-understand'],
  [0xcfff, 'object: cannot-understand'],
  [0x0117, 'object: instance-invalid'],
  [0x0122, 'object: class-refused'],
  [0x0124, 'destination: not-authorised'],
  [0x0212, 'destination: request-mistaken'],
  [0xfe00, 'unknown: status-unknown'],
  [0x1234, 'unknown: status-unknown'],
  [0xa800, 'unknown: status-unknown'],
  [0xd000, 'unknown: status-unknown'],
];

const rejects: readonly [number, number, number, string][] = [
  [1, 1, 1, 'unknown: association-refused'],
  [1, 1, 2, 'destination: association-refused'],
  [1, 1, 3, 'destination: calling-ae-unknown'],
  [1, 1, 7, 'destination: called-ae-unknown'],
  [1, 2, 1, 'unknown: association-refused'],
  [1, 2, 2, 'destination: association-refused'],
  [2, 1, 1, 'transient: refused-temporarily'],
  [2, 2, 1, 'transient: refused-temporarily'],
  [2, 3, 1, 'transient: refused-busy'],
  [2, 3, 2, 'transient: refused-busy'],
  [1, 3, 2, 'transient: refused-busy'],
  [2, 1, 7, 'destination: called-ae-unknown'],
  [9, 9, 9, 'unknown: association-refused'],
];

const errors: readonly [string, string][] = [
  ['ECONNREFUSED', 'transient: connection-refused'],
  ['ETIMEDOUT', 'transient: no-answer'],
  ['ENOTFOUND', 'transient: name-not-found'],
  ['EAI_AGAIN', 'transient: name-not-found'],
  ['EHOSTUNREACH', 'transient: not-reachable'],
  ['ENETUNREACH', 'transient: not-reachable'],
  ['ECONNRESET', 'transient: connection-lost'],
  ['EPIPE', 'transient: connection-lost'],
  ['EPROTO', 'transient: tls-failed'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'destination: tls-not-spoken'],
  ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'destination: tls-not-agreed'],
  ['ERR_SSL_UNSUPPORTED_PROTOCOL', 'destination: tls-not-agreed'],
  ['ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE', 'destination: tls-not-agreed'],
  ['ERR_SSL_NO_SHARED_CIPHER', 'destination: tls-not-agreed'],
  ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'destination: own-certificate-refused'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'destination: own-certificate-refused'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'destination: own-certificate-refused'],
  ['OWN_CERTIFICATE_UNUSABLE', 'destination: own-certificate-unusable'],
  ['CERT_PINNED_OTHER', 'destination: certificate-refused'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'destination: certificate-refused'],
  ['ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC', 'transient: tls-failed'],
  ['CERT_HAS_EXPIRED', 'destination: certificate-refused'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'destination: certificate-refused'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'destination: certificate-refused'],
  ['ESOMETHING', 'transient: not-reachable'],
];

describe('what an answer means', () => {
  it.each(statuses)('status %i', (status, expected) => expect(short(classifyStatus(status, 'words'))).toBe(expected));

  it.each(rejects)('reject %i/%i/%i', (result, source, reason, expected) =>
    expect(short(classifyReject({ result, source, reason }, titles))).toBe(expected),
  );

  it.each(errors)('%s', (code, expected) => expect(short(classifyError(code))).toBe(expected));

  it('an abort has a cause that nobody knows, a lost line or silence has not', () => {
    expect(short(classifyEnding({ kind: 'aborted-by-peer', source: 2, reason: 0 }))).toBe('unknown: aborted');
    expect(short(classifyEnding({ kind: 'aborted-by-us', why: 'garbage' }))).toBe('unknown: answer-unreadable');
    expect(short(classifyEnding({ kind: 'lost', code: 'ECONNRESET' }))).toBe('transient: connection-lost');
    expect(short(classifyEnding({ kind: 'released' }))).toBe('transient: connection-lost');
    expect(short(classifyEnding({ kind: 'timed-out', waitedFor: 'connection' }))).toBe('transient: no-answer');
    expect(short(classifyEnding({ kind: 'timed-out', waitedFor: 'association' }))).toBe(
      'transient: association-unanswered',
    );
    expect(short(classifyEnding({ kind: 'timed-out', waitedFor: 'answer' }))).toBe('transient: object-unanswered');
  });

  it('without an answer the outcome is unknown, whatever the cause', () => {
    const object = { sopClassUid: '1.2', transferSyntaxUid: '1.3' };
    const lost = classifyStore({ kind: 'unknown-outcome', ending: { kind: 'lost', code: 'ECONNRESET' } }, object);
    expect([lost.class, outcomeOf(lost)]).toEqual(['transient', 'unknown']);
    expect(outcomeOf(classifyStatus(0xa700))).toBe('transient');
    expect(outcomeOf(classifyStatus(0x0000))).toBe('sent');
    expect(short(classifyStore({ kind: 'not-accepted', why: 'class' }, object))).toBe('object: class-not-accepted');
    expect(short(classifyStore({ kind: 'not-accepted', why: 'syntax' }, object))).toBe('object: syntax-not-accepted');
  });

  it('a commitment failure is sent again, asked again, or shown', () => {
    const reasons = [0x0110, 0x0112, 0x0119, 0x0122, 0x0131, 0x0213, 0x9999];
    expect(reasons.map((reason) => classifyCommitFailure(reason))).toEqual([
      'ask-again',
      'resend',
      'object',
      'object',
      'ask-again',
      'ask-again',
      'resend',
    ]);
  });

  it('every answer carries the parameters that its text may mention, and none has a key without a text', () => {
    const found = [
      ...statuses.map(([status]) => classifyStatus(status, 'words')),
      ...rejects.map(([result, source, reason]) => classifyReject({ result, source, reason }, titles)),
      ...errors.map(([code]) => classifyError(code)),
    ];
    for (const { answer } of found) {
      expect(answerKeys).toContain(answer.key);
      expect(Object.keys(answer.params).sort(), answer.key).toEqual([...answerParams[answer.key]].sort());
    }
  });
});
