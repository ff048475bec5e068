// What other systems are told of exams, in words.
import type { NoticeReceiver, NoticeRow } from '#contract/shapes/notices.ts';
import { fill } from './formats.ts';

const receivers: Readonly<Record<NoticeReceiver, string>> = {
  mpps: 'Procedure steps (MPPS)',
  ian: 'Availability (IAN)',
  hl7: 'Status by HL7',
};

const kinds: Readonly<Record<NoticeRow['kind'], string>> = {
  begun: 'exam begun',
  completed: 'exam completed',
  discontinued: 'exam discontinued',
  available: 'images available',
};

/** `{status}`, `{comment}` and `{code}` are filled in. */
const answers: Readonly<Record<string, string>> = {
  success: 'taken',
  'taken-with-warning': 'taken with a warning ({status})',
  'known-already': 'taken: it knew it already',
  'probably-taken-before': 'taken before: it says that the step has ended',
  'connection-lost': 'the connection was lost before an answer came',
  unreachable: 'cannot be reached ({code})',
  'called-ae-unknown': 'does not know itself by the AE title that is set here',
  'calling-ae-unknown': 'does not know this station by its AE title',
  'association-refused': 'refused the connection',
  'class-not-accepted': 'does not offer this service',
  'out-of-resources': 'has no room now ({status})',
  'not-authorised': 'does not take it from this station ({status}) {comment}',
  'processing-failed': 'could not process it ({status}) {comment}',
  'no-such-step': 'does not know the step any more ({status})',
  'instance-invalid': 'refused it ({status}) {comment}',
};

export const toldTexts = {
  open: 'Told to others',
  title: 'Told to others',
  none: 'Nobody is set to be told. An administrator does that in Setup.',
  empty: 'Nothing was told yet.',
  again: 'Tell again',
  close: 'Close',
  waitingSince: 'waits',
  receiver: (receiver: NoticeReceiver, waiting: number, refused: number): string =>
    `${receivers[receiver]}: ${waiting === 0 ? 'nothing waits' : `${waiting} waiting`}${refused === 0 ? '' : `, ${refused} refused`}`,
  setup: {
    title: 'Telling others',
    more: 'What the RIS is told of exams: begun with the first decision, completed with the approved images only, or discontinued when all are rejected. What cannot be told waits, in order.',
    receivers,
    kind: 'Message',
    kinds: { orm: 'ORM, order status', oru: 'ORU, result status' },
    receivingApplication: 'Receiving application (MSH-5)',
    receivingFacility: 'Receiving facility (MSH-6)',
  },
};

/** One line: what, and what was said to it. */
export function sayNotice({ receiver, kind, state, answer, attempts }: NoticeRow): string {
  const what = `${receivers[receiver]}: ${kinds[kind]}`;
  const template = answer === null ? undefined : (answers[answer.key] ?? answer.key.replaceAll('-', ' '));
  const said =
    template === undefined ? '' : fill(template, { status: '', comment: '', code: '', ...answer?.params }).trim();
  if (state === 'sent') return `${what}, ${said || 'taken'}`;
  if (state === 'refused') return `${what}, refused: ${said}`;
  return attempts === 0
    ? `${what}, waits`
    : `${what}, waits after ${attempts === 1 ? 'one try' : `${attempts} tries`}: ${said}`;
}
