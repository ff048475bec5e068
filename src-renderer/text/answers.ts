// What a peer last said, in words: keys of deliveries, destinations and tests. `{param}` stands for a parameter. Each
// can stand behind 'Archive: ' and before a full stop.
import type { AnswerKey } from '#contract/shapes/answer-keys.ts';
import { fill } from './formats.ts';
import { sayUid } from './standard-names.ts';

export const answerTexts: Readonly<Record<AnswerKey, string>> = {
  answers: 'it answers',

  'connection-refused': 'nothing listens at that address and port',
  'no-answer': 'no machine answers at that address',
  'name-not-found': 'no machine is known by that name',
  'not-reachable': 'there is no way to that address',
  'connection-lost': 'the connection broke off',
  'certificate-refused': 'its certificate is not one that this station trusts ({code})',
  'own-certificate-refused': 'it does not accept the certificate of this station ({code})',
  'own-certificate-unusable': 'the certificate files for it cannot be used, look at Setup',
  'tls-not-spoken': 'what listens there does not speak TLS',
  'tls-not-agreed': 'no version or cipher of TLS is common to both ({code})',
  'tls-failed': 'no secure connection came about',
  'association-unanswered': 'it took the call but said nothing',
  'refused-temporarily': 'it is too busy at the moment',
  'refused-busy': 'it has too many connections at the moment',
  'called-ae-unknown': 'it does not know itself as {called}',
  'calling-ae-unknown': 'it does not know this station as {calling}',
  'association-refused': 'it refused the connection',

  stored: 'it took the image',
  'stored-with-warning': 'it took the image with a remark ({status} {comment})',
  duplicate: 'it had the image already',
  'out-of-resources': 'it has no room at the moment',
  'class-not-accepted': 'it does not take {sopClass}; its administrator can allow that',
  'syntax-not-accepted':
    'it does not take {transferSyntax}, nor a form that it could be given here; its administrator can allow that',
  converting: 'it takes the image as {transferSyntax} only, which is being made',
  'cannot-convert': 'it does not take {transferSyntax}, and the image cannot be given another form: {reason}',
  'lossy-not-converted':
    'it does not take {transferSyntax}; it would take the image uncompressed, which somebody has to allow for it in Setup',
  'no-room-to-convert': 'this station has no room at the moment to give the image another form',
  'processing-failed': 'it could not work with the image ({status} {comment})',
  'does-not-match-class': 'it says that the image is not what it claims to be ({status} {comment})',
  'class-refused': 'it does not take this kind of image ({status})',
  'cannot-understand': 'it cannot understand the image ({status} {comment})',
  'instance-invalid': 'it says that the image is not valid ({status} {comment})',
  'not-authorised': 'it does not allow this station to send ({status})',
  'request-mistaken': 'it did not understand the request ({status} {comment})',
  'status-unknown': 'it gave an answer nobody knows ({status} {comment})',
  aborted: 'it broke the transfer off',
  'answer-unreadable': 'its answer could not be read',
  'object-unanswered': 'it said nothing about the image',

  'web-refused': 'it does not take the image (HTTP {status})',
  'web-not-authorised': 'it does not let this station in (HTTP {status}), look at user, password or token',
  'web-not-found': 'there is no DICOMweb at that address (HTTP {status})',
  'web-not-offered': 'it does not offer storing by DICOMweb there (HTTP {status})',
  'web-type-refused': 'it does not take this kind of data (HTTP {status})',
  'web-too-large': 'the image is too large for it (HTTP {status})',
  'web-busy': 'it is too busy at the moment (HTTP {status})',
  'web-failed': 'something went wrong at its side (HTTP {status})',
  'web-no-room': 'it has no room at the moment (HTTP {status})',
  'web-redirects': 'it points to another address, which is not followed (HTTP {status})',
  'web-status-unknown': 'it gave an answer nobody knows (HTTP {status})',
  'web-not-mentioned': 'its answer does not say what became of the image (HTTP {status})',
  'web-secret-unusable': 'the file or variable with the password or token for it cannot be used, look at Setup',

  'station-failed': 'this station could not send it',
  interrupted: 'the transfer was cut off by a stop of this station',
  'digest-mismatch': 'the copy on this disk is not what was received, so it was not sent',
  'file-missing': 'the copy on this disk is missing, so it was not sent',
  'cannot-read': 'the copy on this disk could not be read',
  'identity-conflict': 'another picture went there under the same identifier before',
  'destination-removed': 'the destination was taken out of the set-up',
  superseded: 'a newer version takes its place',
  'was-rejected': 'it was rejected, and must not leave again',
  'taken-back': 'nobody was told, because the correction was taken back',
  'cancelled-by-hand': 'somebody cancelled it: {reason}',
  'sent-elsewhere': 'somebody sent it to {destination} instead: {reason}',

  'taken-on-its-word': 'it took the image and is not asked for proof',
  'commit-asked': 'it was asked for its word that it keeps the image',
  'commit-confirmed': 'it gave its word that it keeps the image',
  'commit-failed': 'it says that it does not keep the image ({reason})',
  'commit-overdue': 'it has not given its word yet and is asked again',
  'commit-refused': 'it would not give its word ({status} {comment})',
  'commit-not-offered': 'it does not give its word to anybody',
  'found-by-query': 'it shows the image when asked for it',
  'found-by-query-instead': 'it gives no word, but shows the image when asked for it',
  'found-by-query-other-count': 'it shows the image, but counts {count} in the exam where {expected} should be',
  'query-count-short':
    'it shows the image, but counts {count} in the exam where {expected} should be; it is asked again',
  'not-found-by-query': 'it does not show the image yet',
  'query-refused': 'it would not be asked for the image ({status} {comment})',
  'query-not-offered': 'it cannot be asked for images',
};

/** Words for an answer; the key itself, spelled out, when it is a newer one than these. */
export function sayAnswer(answer: {
  readonly key: string;
  readonly params: Readonly<Record<string, string | number>>;
}): string {
  const template = (answerTexts as Readonly<Record<string, string>>)[answer.key] ?? answer.key.replaceAll('-', ' ');
  return fill(template, saidParams(answer.params))
    .replace(/\s+\)/g, ')')
    .replace(/\s*\(\s*\)/g, '');
}

/** Why an image cannot be given another form. */
const conversionReasons: Readonly<Record<string, string>> = {
  'header-broken': 'its elements cannot be read to the end',
  'nested-picture': 'a small picture inside of it is compressed',
  'syntax-unknown': 'nothing here reads its compression',
  differs: 'what was made of it was not the same',
  'not-the-same': 'it came out otherwise than the last time',
  truncated: 'it is cut off',
  video: 'it is a video',
  'geometry-lies': 'its pixels are not as large as it says',
  'too-large': 'it is too large',
  'frames-not-found': 'its frames cannot be told apart',
  'colour-unknown': 'its colours cannot be told',
  'codestream-broken': 'its compressed picture is damaged',
  'took-too-long': 'it took too long',
  'decoder-crashed': 'the decoder failed on it',
};

function saidParams(params: Readonly<Record<string, string | number>>): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (name === 'sopClass' || name === 'transferSyntax') return [name, sayUid(String(value))];
      return [name, name === 'reason' ? (conversionReasons[value] ?? value) : value];
    }),
  );
}
