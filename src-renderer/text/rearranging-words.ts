// What is said about splitting, moving, copying and joining, and about what was done to an exam.
import type { PatientGroup, RearrangedAnswer } from '#contract/shapes/rearranging.ts';
import { sayMany, sayName } from './formats.ts';

const images = (count: number) => sayMany(count, 'image', 'images');

export const rearrangingTexts = {
  arrange: 'Images to go elsewhere',
  picked: (count: number) => `${images(count)} picked`,
  unpick: 'None',
  showAll: 'Rearrange',
  showLess: 'Fewer',
  splitOff: 'Split off',
  ownSeries: 'Own series',
  move: 'Move to…',
  copy: 'Copy to…',
  merge: 'Join with…',
  undo: 'Undo',
  places: 'Where the images go',
  newExam: 'A new exam',
  newSeries: 'A series of their own',
  dropHere: 'Let go over the exam they belong to.',
  titles: {
    move: (count: number) => `Where ${count === 1 ? 'does' : 'do'} ${images(count)} go?`,
    copy: (count: number) => `Where ${count === 1 ? 'is' : 'are'} ${images(count)} needed too?`,
    merge: () => 'With which exam is this one to be joined?',
  },
  hints: {
    move: 'They get the study of that exam and a series of their own there.',
    copy: 'They stay here. There they get identifiers of their own.',
    merge: 'All images of this exam go there. This exam is then empty and no longer listed.',
  },
  search: 'Name, ID, accession number, device',
  nothingFound: 'No exam is found by these words.',
  choices: 'Exams',
  wordTitle: 'Another patient',
  word: (first: string, second: string) =>
    `The images are of ${first}. The exam they would go to is of ${second}. If they are of that patient, say so: they take on that identity. What the device said is kept in them.`,
  wordYes: (second: string) => `They are images of ${second}`,
  splitByPatient: 'Split by patient',
  groups: (groups: readonly PatientGroup[]) =>
    groups
      .map(
        ({ PatientName, PatientID, objectIds }) =>
          `${images(objectIds.length)} of ${sayName(PatientName) || PatientID || 'nobody'}`,
      )
      .join('; '),
  keepHere: 'It stays here',
  giveToCorrected: 'Give it there too',
  undoThis: 'Undo',
  history: {
    'exam-split/out': '{objects} split off to another exam',
    'exam-split/in': 'Made of {objects} split off from another exam',
    'images-moved/out': '{objects} moved to another exam',
    'images-moved/in': '{objects} moved here from another exam',
    'exams-merged/out': 'Joined with another exam',
    'exams-merged/in': 'Another exam with {objects} joined to this one',
    'series-split/within': '{objects} made a series of their own',
    'images-copied/out': '{objects} copied to another exam',
    'images-copied/in': '{objects} copied here from another exam',
    'late-image-followed/in': 'A late image came here, where the rest of its series had been put',
    'late-image-followed/out': 'A late image went where the rest of its series had been put',
    'late-images-stay': '{objects} that came late stay here',
    'rearrangement-undone': 'Taken back: {objects} where they were before',
  },
} as const;

/** The sentence after it was done. */
export function sayRearranged({ what, objects, toExamIds, patient }: RearrangedAnswer, undone: boolean): string {
  if (what === null) return 'Done before.';
  const some = images(objects);
  if (undone)
    return `Taken back: ${some} ${objects === 1 ? 'is' : 'are'} where ${objects === 1 ? 'it was' : 'they were'}.`;
  const of = sayName(patient);
  const whose = of === '' ? '' : ` of ${of}`;
  switch (what) {
    case 'split':
      return toExamIds.length > 1
        ? `${some} split off to ${toExamIds.length} new exams.`
        : `${some} split off to a new exam${whose}.`;
    case 'move':
    case 'late':
      return `${some} moved to the exam${whose}.`;
    case 'merge':
      return `${some} joined to the exam${whose}.`;
    case 'split-series':
      return `${some} in a series of ${objects === 1 ? 'its' : 'their'} own.`;
    case 'copy':
      return `${some} copied to the exam${whose}.`;
  }
}

/** What was done, for the history; undefined for what this part has no words for. */
export function sayRearrangedLine(
  action: string,
  params: Readonly<Record<string, string | number>>,
): string | undefined {
  const texts: Readonly<Record<string, string>> = rearrangingTexts.history;
  const template = texts[`${action}/${params['way'] ?? ''}`] ?? texts[action];
  return template?.replace('{objects}', images(Number(params['objects'] ?? 0)));
}
