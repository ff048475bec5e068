// Words about the hospital's messages (HL7): the set-up of the listener, its last messages, and what they mean for an exam.
import type { Hl7MessageRow, Hl7Status } from '#contract/shapes/hl7.ts';
import { sayAge, sayCount, sayMany, sayWhen } from './formats.ts';

const characterSetNames = {
  ASCII: 'ASCII',
  '8859/1': 'Western Europe (8859/1)',
  '8859/2': 'Central Europe (8859/2)',
  '8859/3': 'Southern Europe (8859/3)',
  '8859/4': 'Northern Europe (8859/4)',
  '8859/5': 'Cyrillic (8859/5)',
  '8859/6': 'Arabic (8859/6)',
  '8859/7': 'Greek (8859/7)',
  '8859/8': 'Hebrew (8859/8)',
  '8859/9': 'Turkish (8859/9)',
  '8859/15': 'Western Europe with euro (8859/15)',
  'UNICODE UTF-8': 'Unicode (UTF-8)',
  'ISO IR87': 'Japanese (ISO IR87)',
  'GB 18030-2000': 'Chinese (GB 18030)',
  'KS X 1001': 'Korean (KS X 1001)',
  'BIG-5': 'Chinese, traditional (Big5)',
};

const dropped: Readonly<Record<string, string>> = {
  'not-allowed': 'its address is not that of a sender set here',
  'too-many': 'too many connections from there',
  'too-much-at-once': 'too much at once',
  'too-slow': 'a message was begun and did not go on',
  'does-not-read': 'it does not take its answers',
  'not-mllp': 'what it says is no HL7',
  'tls-here': 'it wants TLS, and this port is plain',
  'no-end': 'a message had no end and was given up',
};

const doubts: Readonly<Record<Hl7MessageRow['doubts'][number], string>> = {
  'looks-like-utf8': 'its letters may be UTF-8: look at the character set of this sender',
  'escape-not-read': 'something in it could not be read and was left out',
  'future-time': 'it bears a time that has not come yet',
  older: 'a newer one had come before: it changed nothing',
  'merged-id': 'it names a number that was merged into another',
};

const outcomes: Readonly<Record<Hl7MessageRow['outcome'], string>> = {
  patient: 'patient',
  merge: 'merge of patients',
  order: 'order',
  ignored: 'nothing for this station',
  refused: 'refused',
};

export const hl7Texts = {
  title: 'Messages of the hospital (HL7)',
  more: 'Orders, admissions and merged patients, as the hospital’s own systems tell them. A message is answered when it is safe here.',
  enabled: 'Listen for messages',
  port: 'Port',
  host: 'Address it listens on',
  tls: 'Only over TLS, with the certificate of this station',
  clientCertificates: 'Certificates of senders',
  policies: {
    required: 'Every sender must show one',
    optional: 'If one is shown it must be good',
    none: 'Not asked for',
  },
  senders: 'Senders',
  noSender: 'Nobody is listened to before a sender is added.',
  add: 'Add a sender',
  newName: 'Hospital',
  remove: 'Remove',
  removeNamed: (name: string) => `Remove ${name}`,
  name: 'Name',
  fromHost: 'Its address',
  fromHostHint: 'Empty: any',
  application: 'Sending application (MSH-3)',
  facility: 'Sending facility (MSH-4)',
  any: 'Empty: any',
  characterSet: 'Letters, when a message does not say',
  characterSetNames,
  ourAuthority: 'Authority of our patient IDs',
  ourAuthorityHint: 'As in PID-3, such as HOSP. Empty: the first ID',
  issuer: 'Write as Issuer of Patient ID',
  issuerHint: 'Empty: as the message says it',
  accession: 'Accession number stands in',
  accessionHint: 'The first that says something: IPC-1, OBR-18, OBR-3, OBR-2, ORC-3, ORC-2, OBR-19, OBR-20',
  takesTests: 'Take messages for testing and training as well',
  messages: 'Last messages',
  show: 'Show',
  showNamed: (id: string) => `Show message ${id}`,
  asItCame: 'The message as it came',
  gone: 'Its text is no longer kept; only the last 500 are.',
  close: 'Close',
  apply: 'Give it to the patient the hospital names',
};

/** How the listener stands, in one sentence. */
export function sayHl7State({ state, port, secure, connections, lastAt }: Hl7Status, now: number): string {
  if (state === 'off') return 'It does not listen.';
  const where = `port ${port}${secure ? ' with TLS' : ''}`;
  if (state === 'down') return `It cannot listen on ${where}. It is tried again by itself.`;
  const heard = lastAt === null ? 'nothing heard yet' : `last message ${sayAge(lastAt, now)}`;
  return `Listens on ${where}; ${sayCount(connections)} connected, ${heard}.`;
}

export const sayHl7Counts = ({ taken, refused, repeated, patients }: Hl7Status): string =>
  `Since the start: ${sayCount(taken)} taken, ${sayCount(refused)} refused, ${sayCount(repeated)} said again. ${sayMany(patients, 'patient')} known.`;

/** One message in words, without anything of a patient. */
export function sayHl7Message(
  { at, type, event, answer, outcome, fault, doubts: found, repeats }: Hl7MessageRow,
  now: number,
): string {
  const kind = [type, event].filter((part) => part !== '').join(' ') || 'No message';
  const what = answer === 'AA' ? outcomes[outcome] : `refused at ${fault?.place ?? 'MSH'}: ${fault?.words ?? ''}`;
  const more = [
    ...found.map((doubt) => doubts[doubt]),
    ...(repeats > 0 ? [`said ${sayCount(repeats)} times more`] : []),
  ];
  return [`${sayWhen(at, now)}, ${kind}: ${what}`, ...more].join('; ');
}

export const sayHl7Dropped = ({ at, address, why }: Hl7Status['dropped'][number], now: number): string =>
  `${sayWhen(at, now)}, ${address}: ${dropped[why] ?? `no connection over TLS came about (${why})`}`;
