// The words about room on the disk and what may be forgotten here. Part of en.ts.
import type { RetentionReason } from '#contract/shapes/space.ts';
import { sayMany, saySize } from './formats.ts';

const images = (n: number) => sayMany(n, 'image');

/** `{destination}` and `{when}` are filled in. */
const reasons: Readonly<Record<RetentionReason, string>> = {
  'not-automatic': 'kept: nothing is removed from here by itself',
  pinned: 'kept for ever: pinned',
  held: 'kept: the exam is held',
  undecided: 'kept: not everything is decided',
  problem: 'kept: a problem stands against the exam',
  'no-required-destination': 'kept: no destination has to have it',
  'not-confirmed': 'kept: {destination} has not proved yet that it holds it',
  'confirmed-by-word-only': 'kept: {destination} said that it took it, and that is no proof',
  'confirmed-by-query-only': 'kept: {destination} was only asked by query, which does not count as proof here',
  cancelled: 'kept: sending to {destination} was cancelled',
  'still-leaving': 'kept: still leaving for {destination}',
  'kept-until': 'proved everywhere; may go from here {when}',
  'rejected-until': 'rejected; kept for analysis until {when}',
  'rejected-for-ever': 'rejected; kept for analysis',
  'goes-now': 'may go from here now: proved everywhere, its days are over',
  'goes-for-room': 'may go from here now: proved everywhere, and room is short',
  'on-its-way-out': 'being removed from here',
  'only-at-destination': 'no longer on this disk since {when}; proved at every required destination',
  'rejected-removed': 'rejected; removed from here {when}',
};

export const roomWords = {
  title: 'Room on this disk',
  more: 'Exams stay here until every required destination has proved that it holds them, and for some days more. Nothing that is not proved is ever removed.',
  automatic: 'Remove exams from this disk when their days are over',
  keepDays: 'Days after everything is proved',
  keepDaysHint: 'Counted from the last proof of the exam',
  shortDays: 'Days while room is short',
  rejectedDays: 'Days that rejected images stay',
  rejectedDaysHint: 'Empty: for ever. Shortage of room does not shorten it.',
  queryProves: 'What counts as proof',
  queryProvesMore: 'A storage commitment always does. An answer to a query does only where you say so:',
  queryProvesOf: (name: string) => `${name}: a query is proof enough to remove an exam here`,
  amber: 'Room is short below, % free',
  red: 'Nothing new is taken below, % free',
  reserve: 'Kept back for the station itself, MB',
  preview: 'What would go now',
  previewNothing: 'Nothing would go now.',
  previewSum: (exams: number, objects: number, bytes: number, more: boolean) =>
    `${more ? 'At least ' : ''}${sayMany(exams, 'exam')}, ${images(objects)}, ${saySize(bytes)}`,
  previewLine: (objects: number, bytes: number) => `${images(objects)}, ${saySize(bytes)}`,
  gone: (objects: number, bytes: number) =>
    objects === 0
      ? 'Nothing has gone from here yet.'
      : `${images(objects)}, ${saySize(bytes)} have gone from here. Their proof stays.`,
  find: 'Find the proof of what is gone',
  findHint: 'A UID, a digest, or a name or ID',
  found: (n: number) => (n === 0 ? 'Nothing that is gone answers to this.' : images(n)),
  proof: (name: string, by: 'commitment' | 'query', when: string) =>
    by === 'commitment' ? `${name} committed ${when}` : `${name} answered a query ${when}`,
  lookAgain: 'Look again',
  hours: (hours: number) =>
    hours < 48
      ? `about ${sayMany(hours, 'hour')} at today’s rate`
      : `about ${sayMany(Math.round(hours / 24), 'day')} at today’s rate`,
  keeping: 'On this disk',
  reasons,
  note: (objects: number, words: string) => `${images(objects)}: ${words}`,
  pin: 'Keep here for ever',
  unpin: 'No longer keep for ever',
  commitment: 'When it asks whether its images are safe',
  commitments: {
    immediate: 'Answer at once for this station',
    deferred: 'Answer when the archives hold them',
    off: 'Do not offer it',
  },
  commitmentPort: 'Port for late answers',
};
