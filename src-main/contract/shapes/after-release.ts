// What is decided about images that have left: corrected copies in their place, and notes of devices about images.
import { z } from 'zod';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');

/** `same`: the copies stay in the study. `new`: they get a study of their own. `other`: they are in another exam. */
export const studyOfCopiesShape = z.enum(['same', 'new', 'other']);
export type StudyOfCopies = z.infer<typeof studyOfCopiesShape>;

/**
 * What became of it. `copied`: corrected copies wait for approval and what left is rejected. `reopened`: nothing had left,
 * and the images themselves wait again. `repeated`: the command had been carried out before.
 */
export const correctedAfterReleaseShape = z.strictObject({
  kind: z.enum(['copied', 'reopened', 'repeated']),
  /** Where the images wait for approval now. */
  examId: z.string(),
  study: studyOfCopiesShape,
  objects: z.int(),
  /** Ids of the destinations that have the images, or may have them: each is told. */
  told: z.array(z.string()),
});
export type CorrectedAfterRelease = z.infer<typeof correctedAfterReleaseShape>;

/** Titles of CID 7010 under which a device may say something of images. */
export const deviceNoteTitleShape = z.enum(['113001', '113037', '113038', '113039']);
export type DeviceNoteTitle = z.infer<typeof deviceNoteTitleShape>;

export const deviceNoteChoiceShape = z.enum(['follow', 'dismiss']);
export type DeviceNoteChoice = z.infer<typeof deviceNoteChoiceShape>;

export const objectIdsShape = z.array(id).min(1).max(10_000);
