// Which order an exam may belong to, the guard in front of a change of patient, drafts, and who else looks at it.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import {
  candidatesShape,
  draftFieldsShape,
  examDraftShape,
  typedHintShape,
  typedPatientShape,
  visitorShape,
} from './shapes/matching.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');
/** What a window calls itself; the same until it is closed. */
const window = z.uuid();

export const matchingOfExam = {
  candidates: oc
    .route({
      method: 'GET',
      path: '/exams/{id}/candidates',
      summary: 'Orders the exam may belong to, each explained; what the hospital says of the patient; what cannot be',
    })
    .input(z.strictObject({ id }))
    .output(candidatesShape),
  checkIdentity: oc
    .route({
      method: 'POST',
      path: '/exams/{id}/identity-checks',
      summary: 'A second identifier of the patient, typed or scanned, compared with the one who would go out',
    })
    .input(
      z.strictObject({
        id,
        text: z.string().min(1).max(256),
        how: z.enum(['typed', 'scanned']),
        /** The patient as typed and not yet saved; what stands on the exam where it is left out. */
        patient: typedPatientShape.optional(),
      }),
    )
    .output(
      z.strictObject({
        /** `unknown`: there is nothing to compare it with. */
        outcome: z.enum(['matches', 'differs', 'unknown']),
        keyword: z.enum(['PatientID', 'PatientBirthDate', '']),
      }),
    ),
  judgeTyped: oc
    .route({
      method: 'POST',
      path: '/exams/{id}/typed-patient',
      summary: 'Whether a typed patient ID is somebody else’s, or nearly that of the patient who is meant',
    })
    .input(typedPatientShape.extend({ id }))
    .output(z.strictObject({ hints: z.array(typedHintShape) })),
  readDraft: oc
    .route({
      method: 'GET',
      path: '/exams/{id}/draft',
      summary: 'What was typed and not saved: by this window, or by one that is no longer there',
    })
    .input(z.strictObject({ id, window }))
    .output(z.strictObject({ draft: examDraftShape.nullable() })),
  saveDraft: oc
    .route({ method: 'PUT', path: '/exams/{id}/draft', summary: 'Keeps what is typed; without fields it is dropped' })
    .input(z.strictObject({ id, window, fields: draftFieldsShape }))
    .output(z.strictObject({ savedAt: z.string() })),
  visit: oc
    .route({
      method: 'POST',
      path: '/exams/{id}/visits',
      summary: 'Says that a window shows the exam, or leaves it; answers who else has it open',
    })
    .input(z.strictObject({ id, window, leaves: z.boolean().default(false), typing: z.boolean().default(false) }))
    .output(z.array(visitorShape)),
};
