// Judging single images: accepted, to be taken again, or rejected; what exposure and checks say beside it.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { checkCodeShape, examQualityShape } from './shapes/judging.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');
const objectIds = z.array(id).min(1).max(2000);

export const judgingProcedures = {
  judging: {
    ofExam: oc
      .route({
        method: 'GET',
        path: '/exams/{id}/quality',
        summary: 'What was judged of each image, its exposure, and what checks noticed',
      })
      .input(z.strictObject({ id }))
      .output(examQualityShape),
    judge: oc
      .route({
        method: 'POST',
        path: '/objects/judgement',
        summary: 'Accepts images of one exam, rejects them, has them taken again, or takes that back; all or none',
      })
      .input(
        z.strictObject({
          objectIds,
          verdict: z.enum(['accepted', 'repeated', 'rejected', 'none']),
          /** A code of the list of reasons; for `repeated` and `rejected`. */
          reason: z.string().max(16).default(''),
          ownLabel: z.string().max(64).default(''),
          text: z.string().max(1024).default(''),
          commandId: z.uuid().optional(),
        }),
      )
      .output(examQualityShape),
    linkRepeat: oc
      .route({
        method: 'POST',
        path: '/objects/{id}/repeat',
        summary: 'Says which image was taken instead of a repeated one; null: it waits for it',
      })
      .input(z.strictObject({ id, repeatedBy: id.nullable() }))
      .output(examQualityShape),
    lookAtHint: oc
      .route({
        method: 'PUT',
        path: '/objects/{id}/hints/{code}',
        summary: 'A person has looked at what a check noticed, and it is no longer said; or it is said again',
      })
      .input(z.strictObject({ id, code: checkCodeShape, lookedAt: z.boolean() }))
      .output(examQualityShape),
  },
};
