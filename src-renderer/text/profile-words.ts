// The words about the examination of a destination, line by line, each with what can be done. Part of en.ts.
import { sayAnswer } from './answers.ts';
import { fill, sayMany, saySize } from './formats.ts';
import type { ProfileLine, ProfileStep } from '#contract/shapes/profile.ts';

type ReportText = { readonly says: string; readonly remedy?: string };

/** `{names}` are filled in. */
const reports = {
  reached: { says: 'There is a machine at {address}, and it takes the call' },
  tls: { says: 'Secure with {version}; certificate of {subject}, good for {days} days' },
  'tls-web': { says: 'Secure with {version}; certificate of {subject}' },
  'tls-ends-soon': {
    says: 'Secure with {version}, but the certificate of {subject} is good for {days} days only',
    remedy: 'Ask those who run it for a new certificate before it ends.',
  },
  accepted: { says: 'It takes associations of this station. It calls itself {implementation}' },
  echo: { says: 'It answers an echo in {ms} ms' },
  'echo-not-taken': {
    says: 'It takes no echo',
    remedy: 'Images can go all the same; only the test is of no use here.',
  },
  pdu: { says: 'It takes {bytes} bytes at a time' },
  'pdu-unlimited': { says: 'It takes any length at a time' },
  'pdu-odd': {
    says: 'It says that it takes {bytes} bytes at a time, which is odd',
    remedy: 'Sending is slow with less than 16,384. Ask those who run it to set the maximum PDU length.',
  },
  'window-one': { says: 'One message at a time, as usual' },
  window: { says: 'It would take {invoked} messages at a time; this station sends one after the other' },
  'called-refused': { says: 'A wrong title of its own is refused, so a mistake would show' },
  'called-not-looked-at': { says: 'It does not look at the title by which it is called' },
  'called-refused-otherwise': {
    says: 'A wrong title of its own is refused for another reason (result {result}, source {source}, reason {reason})',
    remedy: 'Remember this answer: it may mean a wrong title here.',
  },
  'calling-refused': { says: 'Stations that it does not know are refused' },
  'calling-not-looked-at': { says: 'It takes images from anybody, whatever they are called' },
  'calling-refused-otherwise': {
    says: 'A station that it does not know is refused for another reason (result {result}, source {source}, reason {reason})',
    remedy: 'Remember this answer: it may mean that the AE title of this station is not set up there.',
  },
  'nothing-held': {
    says: 'There are no images here yet to compare with what it takes',
    remedy: 'Examine it again when images have come.',
  },
  'takes-all': { says: 'It takes every kind of image that is held here ({kinds})' },
  'takes-some': { says: 'It takes {taken} of {kinds} kinds of images that are held here' },
  'class-refused-here': {
    says: 'It does not take images of the class {sopClass}; {objects} here',
    remedy: 'Have the class set up there, or send such exams elsewhere by a rule.',
  },
  'syntax-refused-here': {
    says: 'It does not take {sopClass} in the transfer syntax {transferSyntax}; {objects} here',
    remedy: 'They go if they can be converted without loss. Else have the syntax set up there.',
  },
  'commitment-offered': { says: 'It offers storage commitment' },
  'query-offered': { says: 'It answers queries' },
  'suggest-commitment': {
    says: 'Storage commitment would be the better proof',
    remedy: 'Choose “Storage commitment” above.',
  },
  'suggest-query': { says: 'A query would be a proof', remedy: 'Choose “A query” above.' },
  'web-reached': { says: 'The service answers at {address}' },
  'web-let-in': { says: 'The service answers at {address} and lets this station in' },
  'store-offered': { says: 'It takes images (STOW-RS)' },
  'test-not-taken': {
    says: 'It takes no Secondary Capture, so no test image was sent',
    remedy: 'Nothing needs to be done unless such images are to go there.',
  },
  'test-not-sent': {
    says: 'It takes so little at a time that no test image was sent',
    remedy: 'Ask those who run it to set the maximum PDU length.',
  },
  'test-stored': {
    says: 'The test image is there, at {speedBytes} a second (study {study})',
    remedy: 'Have it deleted there: patient SAFELIGHT^TEST.',
  },
  'test-refused': { says: 'It did not take the test image ({status})', remedy: 'Ask those who run it for the reason.' },
  'twice-taken': { says: 'The same image a second time is taken' },
  'twice-said': { says: 'The same image a second time is taken, and said to be known ({status})' },
  'twice-refused': {
    says: 'The same image a second time is refused ({status})',
    remedy: 'After a broken connection images could stay blocked. Ask those who run it to accept images again.',
  },
  'text-same': { says: 'Names and letters of other scripts come back as they went' },
  'text-not-told': { says: 'It does not tell the text of the test image, so nothing is known about letters' },
  'text-changed': {
    says: 'Letters come back changed when it is asked: sent “{sent}”, told “{got}”',
    remedy: 'The images are as they were sent. Ask those who run it to answer in UTF-8.',
  },
  'committed-here': { says: 'It vouches for the test image at once, on the same association' },
  'committed-by-call': { says: 'It vouches for the test image, and calls this station to say so' },
  'commitment-broke-off': {
    says: 'It broke off when it was asked whether it vouches',
    remedy: 'See that it knows the AE title, address and port of this station.',
  },
  'no-report-yet': {
    says: 'It took the question whether it vouches, and has not answered within {seconds} seconds',
    remedy: 'Some answer later. See that it knows the AE title, address and port of this station.',
  },
  'time-over': {
    says: 'It took longer than {seconds} seconds, the rest was not looked at',
    remedy: 'Try again later.',
  },
} as const satisfies Readonly<Record<string, ReportText>>;

const steps: Readonly<Record<ProfileStep, string>> = {
  reach: 'Network',
  tls: 'TLS',
  association: 'Association',
  echo: 'Echo',
  pdu: 'Length',
  window: 'Window',
  called: 'Its title',
  calling: 'Our title',
  classes: 'Images',
  commitment: 'Commitment',
  query: 'Query',
  web: 'Service',
  'store-web': 'Storing',
  'query-web': 'Query',
  'test-image': 'Test image',
  twice: 'Twice',
  'character-set': 'Letters',
  'test-commitment': 'Vouching',
  time: 'Time',
};

export const profileWords = {
  examine: 'Examine',
  examining: 'Examining',
  sendTestImage: 'Send one test image as well (patient SAFELIGHT^TEST; it stays there until it is deleted)',
  never: 'Finds out what it takes and how it can prove it.',
  at: (when: string) => `Examined ${when}.`,
  notCurrent: 'It was set otherwise then: examine it again.',
  bad: (n: number) => (n === 0 ? 'All is well.' : `${sayMany(n, 'thing')} to look at.`),
  report: 'Report',
  useSuggested: 'Use it',
  results: { well: 'well', note: 'worth knowing', bad: 'to be put right' },
  ask: 'Ask those who run it.',
  steps,
};

/** One line of a report, and what can be done. */
export function sayProfileLine({ key, params, result }: ProfileLine): {
  readonly says: string;
  readonly remedy: string;
} {
  const known = (reports as Readonly<Record<string, ReportText>>)[key];
  const shown = Object.fromEntries(
    Object.entries(params).map(([name, value]) => {
      if (name === 'objects') return [name, sayMany(Number(value), 'image')];
      if (typeof value === 'number' && name.endsWith('Bytes')) return [name, saySize(value)];
      return [name, typeof value === 'number' ? value.toLocaleString('en-GB') : value];
    }),
  );
  if (known === undefined) {
    const answer = sayAnswer({ key, params: shown });
    const says = answer.charAt(0).toUpperCase() + answer.slice(1);
    return { says: `${says}.`, remedy: result === 'bad' ? profileWords.ask : '' };
  }
  return { says: `${fill(known.says, shown)}.`, remedy: known.remedy ?? '' };
}

export const profileReportKeys = Object.keys(reports);
