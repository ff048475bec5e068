// The proof of an exam: what the verifier finds when it reads what left, or what would leave.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { verificationShape } from './shapes/verification.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');

export const verificationOfExam = {
  verification: oc
    .route({
      method: 'GET',
      path: '/exams/{id}/verification',
      summary:
        'Reads every object of an exam again as it left, or as it would leave, and says what was proved and found',
    })
    .input(z.strictObject({ id }))
    .output(verificationShape),
};
