// Earlier exams of the patient, to be looked at beside the new one.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { openPriorShape, priorsOfExamShape } from './shapes/priors.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');

export const priorProcedures = {
  priors: {
    ofExam: oc
      .route({ method: 'GET', path: '/exams/{id}/priors', summary: 'What is known of earlier exams; asks nobody' })
      .input(z.strictObject({ id }))
      .output(priorsOfExamShape),
    ask: oc
      .route({
        method: 'POST',
        path: '/exams/{id}/priors',
        summary: 'Asks the archives for earlier exams of the patient, unless they were asked; answers without waiting',
      })
      .input(
        z.strictObject({
          id,
          /** Also those that have answered. */
          again: z.boolean().default(false),
        }),
      )
      .output(priorsOfExamShape),
    open: oc
      .route({
        method: 'POST',
        path: '/exams/{id}/priors/{priorId}',
        summary: 'Somebody looks at an earlier exam beside this one: it is fetched if need be, and it is in the trail',
      })
      .input(z.strictObject({ id, priorId: id }))
      .output(openPriorShape),
    read: oc
      .route({ method: 'GET', path: '/priors/{id}', summary: 'What is here of an earlier exam that an archive has' })
      .input(z.strictObject({ id }))
      .output(openPriorShape),
    stop: oc
      .route({ method: 'DELETE', path: '/priors/{id}', summary: 'Fetches no more of an earlier exam' })
      .input(z.strictObject({ id }))
      .output(openPriorShape),
  },
};
