// What other systems were told, what still waits, and telling it once more.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { noticePageShape } from './shapes/notices.ts';

export const noticeProcedures = {
  notices: {
    list: oc
      .route({
        method: 'GET',
        path: '/notices',
        summary: 'What the RIS and others are told of exams, and what they said',
      })
      .input(
        z
          .strictObject({ examId: z.string().optional(), limit: z.coerce.number().int().min(1).max(500).default(50) })
          .prefault({}),
      )
      .output(noticePageShape),
    resend: oc
      .route({ method: 'POST', path: '/notices/{number}/resend', summary: 'Tells it once more, or at once' })
      .input(z.strictObject({ number: z.coerce.number().int().min(1) }))
      .output(noticePageShape),
  },
};
