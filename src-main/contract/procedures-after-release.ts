// Decisions about images that have left, and about what devices say of images.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { correctedAfterReleaseShape, deviceNoteChoiceShape, objectIdsShape } from './shapes/after-release.ts';
import { objectRowShape } from './shapes/exam.ts';
import { attributesShape, correctionReasonShape } from './shapes/identity.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');

export const afterRelease = {
  correct: oc
    .route({
      method: 'POST',
      path: '/exams/{id}/corrections-after-release',
      summary: 'Corrected copies under new UIDs take the place of what left; who has it is told by a rejection note',
    })
    .input(
      z.strictObject({
        id,
        /** What is other than it left with. Empty only with `toExamId`. */
        attributes: attributesShape,
        reason: correctionReasonShape,
        /** The images belong to this exam, and take its identity. */
        toExamId: id.optional(),
        /** Some of the images; only where they go to another study. All that left when absent. */
        objectIds: objectIdsShape.optional(),
        /** How many objects the screen showed; with another number now, nothing is done. */
        seenObjects: z.int().min(0).optional(),
        commandId: z.uuid().optional(),
      }),
    )
    .output(correctedAfterReleaseShape),
  answerNote: oc
    .route({
      method: 'POST',
      path: '/objects/{id}/note-answer',
      summary: 'Follows what a device said of images in a rejection note, or dismisses it; the note itself stays here',
    })
    .input(z.strictObject({ id, choice: deviceNoteChoiceShape, commandId: z.uuid().optional() }))
    .output(objectRowShape),
};
