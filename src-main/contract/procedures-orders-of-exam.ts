// What people decide about an exam beyond its texts: which order it belongs to, and values of single objects.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { objectAttributesShape, objectCodesShape } from './shapes/applied-order.ts';
import { examShape } from './shapes/exam.ts';
import { correctionReasonShape } from './shapes/identity.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');
const commandId = z.uuid().optional();
const seenObjects = z.int().min(0).optional();

export const ordersOfExam = {
  applyOrder: oc
    .route({
      method: 'POST',
      path: '/exams/{id}/order',
      summary: 'The exam belongs to an order: patient and order of all its objects are those of the order',
    })
    .input(
      z.strictObject({
        id,
        orderId: z.string().min(1).max(64),
        /** Worked out when it is not said: CORRECT when the images bear the accession of another order. */
        reason: correctionReasonShape.optional(),
        seenObjects,
        commandId,
      }),
    )
    .output(examShape),
  removeOrder: oc
    .route({
      method: 'DELETE',
      path: '/exams/{id}/order',
      summary: 'Takes the order back, until the exam is approved; what was typed after it stays',
    })
    .input(z.strictObject({ id, seenObjects, commandId }))
    .output(examShape),
  keepOrder: oc
    .route({
      method: 'POST',
      path: '/exams/{id}/order/confirmation',
      summary: 'Keeps what was applied of the order, whatever the hospital has said of it since',
    })
    .input(z.strictObject({ id, commandId }))
    .output(examShape),
};

export const correctionsOfObjects = {
  correct: oc
    .route({
      method: 'POST',
      path: '/objects/corrections',
      summary: 'Records body part, side, view and descriptions of objects of one exam; the received bytes stay',
    })
    .input(
      z.strictObject({
        objectIds: z.array(id).min(1).max(5000),
        attributes: objectAttributesShape.default({}),
        codes: objectCodesShape.default({}),
        reason: correctionReasonShape,
        commandId,
      }),
    )
    .output(examShape),
};
