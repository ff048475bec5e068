// The HL7 feed and the patients it speaks of.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { examShape } from './shapes/exam.ts';
import { hl7MessageShape, hl7StatusShape, hospitalPatientShape } from './shapes/hl7.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');

export const hl7Feed = {
  status: oc
    .route({ method: 'GET', path: '/hl7', summary: 'How the HL7 listener stands, and the last messages' })
    .output(hl7StatusShape),
  message: oc
    .route({ method: 'GET', path: '/hl7/messages/{id}', summary: 'One message as it came' })
    .input(z.strictObject({ id: z.coerce.number().int().min(1) }))
    .output(hl7MessageShape),
  patients: oc
    .route({ method: 'GET', path: '/patients', summary: 'Patients of the HL7 feed in whom all words are found' })
    .input(z.strictObject({ search: z.string().min(1).max(128) }))
    .output(z.array(hospitalPatientShape)),
};

export const patientOfExam = {
  applyPatient: oc
    .route({
      method: 'POST',
      path: '/exams/{id}/patient',
      summary: 'The exam is given to its patient as the hospital knows them today, merges followed (COERCE)',
    })
    .input(z.strictObject({ id, seenObjects: z.int().min(0).optional(), commandId: z.uuid().optional() }))
    .output(examShape),
};
