// Split, merge, move and copy: what may be asked, and what became of it.
import { z } from 'zod';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');
const objectIds = z.array(id).min(1).max(10_000);

/**
 * `split`: each group becomes an exam of its own. `split-by-patient`: the images of every patient but the first.
 * `move`: to another exam. `merge`: all of one exam into another. `split-series`: part of a series becomes one of its
 * own. `copy`: the images are in two exams, under new UIDs in the second.
 */
export const rearrangeWishShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('split'), groups: z.array(objectIds).min(1).max(100) }),
  z.strictObject({ kind: z.literal('split-by-patient'), examId: id }),
  z.strictObject({ kind: z.literal('move'), objectIds, toExamId: id }),
  z.strictObject({ kind: z.literal('merge'), fromExamId: id, toExamId: id }),
  z.strictObject({ kind: z.literal('split-series'), objectIds }),
  z.strictObject({ kind: z.literal('copy'), objectIds, toExamId: id }),
]);
export type RearrangeWish = z.infer<typeof rearrangeWishShape>;

export const rearrangementKindShape = z.enum(['split', 'move', 'merge', 'split-series', 'copy', 'late']);

/** What was done. `id` is null when the command had been carried out before. */
export const rearrangedShape = z.strictObject({
  id: id.nullable(),
  what: rearrangementKindShape.nullable(),
  objects: z.int(),
  fromExamIds: z.array(z.string()),
  toExamIds: z.array(z.string()),
  /** How the images say whom they are of in the target, for the sentence on screen. */
  patient: z.string(),
  /** Former exams that have no images any more. */
  emptied: z.array(z.string()),
});
export type RearrangedAnswer = z.infer<typeof rearrangedShape>;

/** Images of an exam that name one patient, in the order of arrival. */
export const patientGroupShape = z.strictObject({
  PatientName: z.string(),
  PatientID: z.string(),
  PatientBirthDate: z.string(),
  objectIds: z.array(z.string()),
});
export type PatientGroup = z.infer<typeof patientGroupShape>;

/** One line of the history of an exam; `undo` names the rearrangement that it can take back now. */
export const examHistoryLineShape = z.strictObject({
  at: z.string(),
  by: z.string(),
  /** A key into text/. */
  action: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  undo: id.nullable(),
});
export type ExamHistoryLine = z.infer<typeof examHistoryLineShape>;

type Uids = {
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
};

/** An object with the UIDs it came with ('' where it had none) and those it is filed under. Stays in the station. */
export type MovedObject = {
  readonly objectId: string;
  readonly examId: string;
  /** The rearrangement that made it, when it is a copy. */
  readonly copiedIn: string | null;
  readonly was: Uids;
  readonly is: Uids;
};
