// What is said of earlier exams: whose, from where, how much of them is here, and why not.
import type { Prior, PriorDoubt, PriorHere, PriorsOfExam, PriorsSource, PriorWord } from '#contract/shapes/priors.ts';
import { answerTexts } from './answers.ts';
import { fill, sayCount, sayDate, sayList, sayMany } from './formats.ts';

const doubts: Readonly<Record<PriorDoubt, string>> = {
  name: 'another name',
  'birth-date': 'another date of birth',
  sex: 'another sex',
  issuer: 'an ID of another place',
  'id-spelling': 'an ID written otherwise',
  'in-images': 'its images name somebody else',
};

/** Each can stand behind 'Archive: ' and before a full stop. `{param}` stands for a parameter. */
const words: Readonly<Record<string, string>> = {
  'query-not-offered':
    'it does not answer questions of this station; its administrator can allow that (Study Root FIND)',
  'query-refused': 'it refused the question ({status} {comment})',
  'retrieve-not-offered': 'it gives no images to this station; its administrator can allow that (Study Root GET)',
  'retrieve-refused': 'it refused to give the images ({status} {comment})',
  'retrieve-broken-off':
    'it broke off when it was asked for images; its administrator may have to allow that to this station (Study Root GET)',
  'too-slow': 'it is too slow to answer',
  stopped: 'fetching was stopped',
  'no-room': 'this station has no room for it at the moment',
  'larger-than-cache': 'it is larger than what this station may keep of earlier exams, look at Setup',
  'did-not-come': '{count} of its images did not come',
  cut: 'only the first {count} images are fetched',
  'not-kept': 'this station could not keep it',
  'not-asked': 'this station could not ask',
  'no-longer-asked': 'it is no longer asked for earlier exams',
  'web-status': 'its DICOMweb service does not do this (HTTP {status})',
};

export function sayPriorWord({ key, params }: PriorWord): string {
  const text =
    words[key] ?? (key in answerTexts ? answerTexts[key as keyof typeof answerTexts] : key.replaceAll('-', ' '));
  return fill(text, params);
}

const notAsked: Readonly<Record<NonNullable<PriorsOfExam['notAsked']>, string>> = {
  'no-patient': 'No archive is asked: this exam has no patient ID yet.',
  'unclear-patient': 'No archive is asked: it is not clear whose exam this is.',
  'id-not-askable': 'No archive is asked: the patient ID has signs that would ask for others too.',
};

/** '3 May 2020', or words for none. */
export const sayPriorDate = ({ StudyDate }: Pick<Prior, 'StudyDate'>): string =>
  StudyDate === '' ? priorTexts.noDate : sayDate(StudyDate);

/** Who has it. */
export const sayPriorFrom = ({ from }: Pick<Prior, 'from'>): string =>
  from.kind === 'here' ? priorTexts.here : priorTexts.from(from.name);

/** What stands on its picture. @param newDate StudyDate of the new exam: what is later is not called earlier. */
export const sayPriorKind = ({ StudyDate }: Pick<Prior, 'StudyDate'>, newDate: string): string =>
  newDate !== '' && StudyDate > newDate ? priorTexts.frameOther : priorTexts.frame;

/** What stands over its picture. */
export const sayPriorFrame = (prior: Prior, newDate: string): string =>
  `${sayPriorKind(prior, newDate)}, ${sayPriorDate(prior)}, ${sayPriorFrom(prior)}`;

export const sayDoubts = (list: readonly PriorDoubt[]): string =>
  list.length === 0 ? '' : `${priorTexts.doubtful}: ${sayList(list.map((doubt) => doubts[doubt]))}`;

/** 'CT, Thorax, 120 images'. */
export const sayPriorContents = ({ modalities, StudyDescription, images }: Prior): string =>
  [modalities.join('/'), StudyDescription, images === null ? '' : sayMany(images, 'image')]
    .filter((part) => part !== '')
    .join(', ');

/** How much of it is here; '' when there is nothing to say. */
export function sayPriorHere(here: PriorHere): string {
  const trouble = here.trouble === null ? '' : sayPriorWord(here.trouble);
  switch (here.state) {
    case 'fetching':
      return here.expected === null
        ? priorTexts.fetching
        : `${sayCount(here.objects)} of ${sayCount(here.expected)} fetched`;
    case 'failed':
      return `Not fetched: ${trouble}`;
    case 'part':
      return `${sayCount(here.objects)} of ${here.expected === null ? '?' : sayCount(here.expected)} here${trouble === '' ? '' : `: ${trouble}`}`;
    default:
      return trouble;
  }
}

/** What came of asking an archive; '' when all is well. */
export function sayPriorSource({ name, state, word, more, leftOut }: PriorsSource): string {
  if (state === 'asking') return `Asking ${name}…`;
  if (state === 'failed') return `${name}: ${word === null ? '' : sayPriorWord(word)}.`;
  return [
    more ? `${name} has more earlier exams than are listed.` : '',
    leftOut > 0
      ? `${name} gave ${sayMany(leftOut, 'answer')} that ${leftOut === 1 ? 'is' : 'are'} of another patient or cannot be read.`
      : '',
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

export const priorTexts = {
  title: 'Earlier exams',
  notAsked,
  none: (names: readonly string[]) => (names.length === 0 ? 'None here.' : `None here, and none in ${sayList(names)}.`),
  noDate: 'No date',
  here: 'from here',
  from: (name: string) => `from ${name}`,
  frame: 'EARLIER EXAM',
  frameOther: 'ANOTHER EXAM',
  doubtful: 'May be another patient',
  fetching: 'Fetching the earlier exam…',
  again: 'Ask again',
  stop: 'Stop fetching',
  older: 'Earlier exam',
  newer: 'Later exam, or none',
  setup: {
    use: 'Earlier exams of a patient',
    uses: {
      off: 'Not asked for',
      'on-request': 'Fetched when looked at',
      ahead: 'Fetched with the order too',
    },
    title: 'Earlier exams',
    more: 'What is fetched from an archive to be looked at beside a new exam. It is kept apart, never sent anywhere, and goes again by itself.',
    megabytes: 'Kept at most (MB)',
    days: 'Kept for days',
    daysHint: 'Then it goes, whoever looked at it.',
  },
} as const;
