// Split, merge, move, copy, the way back, and the history of an exam.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { examHistoryLineShape, patientGroupShape, rearrangedShape, rearrangeWishShape } from './shapes/rearranging.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');

export const rearranging = {
  apply: oc
    .route({
      method: 'POST',
      path: '/rearrangements',
      summary: 'Splits, merges, moves or copies images; the received bytes stay, and it can be undone until release',
    })
    .input(
      z.strictObject({
        wish: rearrangeWishShape,
        /** The word that images of another patient become images of the target's patient. */
        otherPatient: z.boolean().default(false),
        /** How many objects the screen showed of an exam; with another number now, nothing is done. */
        seen: z.strictObject({ examId: id, objects: z.int().min(0) }).optional(),
        commandId: z.uuid().optional(),
      }),
    )
    .output(rearrangedShape),
  undo: oc
    .route({
      method: 'DELETE',
      path: '/rearrangements/{id}',
      summary: 'Takes a rearrangement back exactly, until release',
    })
    .input(z.strictObject({ id }))
    .output(rearrangedShape),
  patients: oc
    .route({
      method: 'GET',
      path: '/exams/{id}/patients',
      summary: 'The images of an exam by the patient they name',
    })
    .input(z.strictObject({ id }))
    .output(z.array(patientGroupShape)),
  keepHere: oc
    .route({
      method: 'POST',
      path: '/exams/{id}/late-images/stay',
      summary: 'Late images of a divided exam stay in the exam they came to',
    })
    .input(z.strictObject({ id, commandId: z.uuid().optional() }))
    .output(z.array(examHistoryLineShape)),
};

export const historyOfExam = {
  history: oc
    .route({
      method: 'GET',
      path: '/exams/{id}/history',
      summary: 'What was done to an exam, newest first, and what of it can be taken back now',
    })
    .input(z.strictObject({ id }))
    .output(z.array(examHistoryLineShape)),
};
