// The orders of the hospital: what is expected, how old what is known of it is, and asking for more.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { orderShape } from './shapes/order.ts';
import { destinationTestShape } from './shapes/settings.ts';
import {
  orderAnswerShape,
  orderFilterShape,
  orderPageShape,
  orderSourceShape,
  worklistSettingShape,
} from './shapes/worklists.ts';

export const ordersOfHospital = {
  list: oc
    .route({
      method: 'GET',
      path: '/orders',
      summary: 'Orders by time of their schedule, and how old what is known is',
    })
    .input(
      orderFilterShape
        .extend({
          limit: z.coerce.number().int().min(1).max(1000).default(200),
          offset: z.coerce.number().int().min(0).default(0),
        })
        .prefault({}),
    )
    .output(orderPageShape),
  read: oc
    .route({ method: 'GET', path: '/orders/{id}', summary: 'One order, with the exams that it was given to' })
    .input(z.strictObject({ id: z.string().max(64) }))
    .output(orderShape),
  refresh: oc
    .route({ method: 'POST', path: '/orders/refresh', summary: 'Fetches the lists of all worklists, or of one, now' })
    .input(z.strictObject({ sourceId: z.string().max(32).optional() }).prefault({}))
    .output(z.array(orderSourceShape)),
  ask: oc
    .route({
      method: 'POST',
      path: '/orders/search',
      summary: 'Asks the worklists themselves; what they answer is in the list then',
    })
    .input(
      z.strictObject({
        /** Of one window: its next search takes the place of this one. */
        searchId: z.string().min(1).max(64),
        text: z.string().max(128),
      }),
    )
    .output(orderAnswerShape),
  test: oc
    .route({
      method: 'POST',
      path: '/setup/worklist-test',
      summary: 'One C-ECHO and one small query to a worklist, saved or not',
    })
    .input(worklistSettingShape)
    .output(destinationTestShape),
};
