// What is said when something is decided about images that have left, and when a device takes images back.
import type { CorrectedAfterRelease } from '#contract/shapes/after-release.ts';
import { sayList, sayMany } from './formats.ts';

const images = (count: number) => sayMany(count, 'image', 'images');
const corrected = (count: number) => sayMany(count, 'corrected image', 'corrected images');

export const afterReleaseWords = {
  explanation:
    'This image has been sent. It will be marked as rejected here, and every destination that has it, or may have it, is sent a note that says so. This cannot be taken back.',
  confirm: 'Reject and tell everybody',
  typeWhatIsWrong: 'Is something wrong in it? Type it over in the form: it is said here what is done then.',
  correct: (count: number, hasLeft: boolean) =>
    hasLeft ? `Correct ${sayMany(count, 'sent image', 'sent images')}` : 'Take the approval back',
  kept: 'What the device said is kept inside each corrected image.',
  whatCorrectingDoes: (count: number, told: readonly string[], stays: boolean) =>
    told.length === 0
      ? 'As far as is known nothing has left yet: the exam waits for you again, and nobody is told.'
      : `${sayList(told)} ${told.length === 1 ? 'is' : 'are'} told that what was sent must not be used. The ${corrected(count)} ${
          count === 1 ? 'gets an identifier of its own' : 'get identifiers of their own'
        }, ${
          stays ? 'in the same study' : 'in a new study, because it is another patient or order'
        }, and ${count === 1 ? 'leaves' : 'leave'} when you have approved.`,
  done: ({ kind, objects, study, told }: CorrectedAfterRelease, nameOf: (id: string) => string) =>
    kind === 'reopened'
      ? 'Nothing had left. The exam waits for your approval again.'
      : kind === 'repeated'
        ? 'Done before.'
        : `${corrected(objects)} ${objects === 1 ? 'waits' : 'wait'} for your approval${
            study === 'new' ? ' in a new study' : ''
          }. ${told.length === 0 ? 'Nobody had it.' : `${sayList(told.map(nameOf))} ${told.length === 1 ? 'is' : 'are'} told.`}`,
  give: {
    title: (count: number) =>
      `Which exam ${count === 1 ? 'does' : 'do'} ${sayMany(count, 'sent image', 'sent images')} belong to?`,
    hint: 'Corrected copies go there and take on the patient and the order of that exam. Whoever has the sent ones is told not to use them.',
    askTitle: (count: number, whose: string) =>
      `${count === 1 ? 'Does this image belong' : `Do ${count} images belong`} to ${whose}?`,
    what: (count: number, from: string, told: readonly string[]) =>
      `${count === 1 ? 'It was' : 'They were'} sent as ${count === 1 ? 'an image' : 'images'} of ${from}. ${
        told.length === 0
          ? 'As far as is known nobody has them yet.'
          : `${sayList(told)} ${told.length === 1 ? 'is' : 'are'} told that what was sent must not be used.`
      } ${corrected(count)} ${count === 1 ? 'waits' : 'wait'} there for your approval.`,
    confirm: (told: number) => (told === 0 ? 'Move and correct' : 'Correct and tell everybody'),
  },
  noteChoices: {
    follow: (count: number) => (count === 0 ? 'Take note of it' : `Reject ${images(count)} here`),
    dismiss: () => 'Dismiss it',
  },
  noteTitles: {
    '113001': 'rejected for quality reasons',
    '113037': 'rejected for reasons of patient safety',
    '113038': 'taken under the wrong entry of the worklist',
    '113039': 'no longer to be kept',
  } as Readonly<Record<string, string>>,
  history: {
    'corrected-after-release/within': '{objects} corrected after sending: copies here wait for approval',
    'corrected-after-release/out': '{objects} corrected after sending: copies are in an exam of their own',
    'corrected-after-release/in': 'Made of {objects} that were sent and are corrected here',
    'exam-reopened': 'Approval taken back before anything had left',
    'device-note-came': 'The device says of {objects} that they must not be used',
    'device-note-answered': 'What the device said of {objects}: {choice}',
  } as Readonly<Record<string, string>>,
  answered: { follow: 'followed', dismiss: 'dismissed' } as Readonly<Record<string, string>>,
  correctedAt: (n: number, name: string) => `Image ${n}, corrected, ${name}`,
  noteAt: (name: string) => `Note that images must not be used, ${name}`,
} as const;

/** What was done, for the history; undefined for what this part has no words for. */
export function sayReleasedLine(action: string, params: Readonly<Record<string, string | number>>): string | undefined {
  const { history, answered } = afterReleaseWords;
  const template = history[`${action}/${params['way'] ?? ''}`] ?? history[action];
  return template
    ?.replace('{objects}', images(Number(params['objects'] ?? 0)))
    .replace('{choice}', answered[params['choice'] ?? ''] ?? '');
}
