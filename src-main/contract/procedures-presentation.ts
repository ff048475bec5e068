// What a person chose and drew on the pictures of an object, and where a device burns in its text.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import {
  boxShape,
  deviceRedactionsShape,
  keptMarkupShape,
  markupShape,
  markupsOfExamShape,
  pictureLimitsShape,
  presentationWayShape,
} from './shapes/markup.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');

export const markupOfObjects = {
  markup: oc
    .route({ method: 'GET', path: '/objects/{id}/markup', summary: 'What was chosen and drawn on an object' })
    .input(z.strictObject({ id }))
    .output(keptMarkupShape),
  markups: oc
    .route({
      method: 'GET',
      path: '/exams/{examId}/markups',
      summary: 'What was chosen and drawn on objects of an exam',
    })
    .input(z.strictObject({ examId: id }))
    .output(markupsOfExamShape),
  pictureLimits: oc
    .route({
      method: 'GET',
      path: '/objects/{id}/picture-limits',
      summary: 'What could not leave if it were drawn on an object, and why; without a way by that of the site',
    })
    .input(z.strictObject({ id, way: presentationWayShape.optional() }))
    .output(pictureLimitsShape),
  saveMarkup: oc
    .route({
      method: 'PUT',
      path: '/objects/{id}/markup',
      summary: 'Keeps what was chosen and drawn on an object, in place of what was kept; the received bytes stay',
    })
    .input(z.strictObject({ id, markup: markupShape }))
    .output(keptMarkupShape),
};

export const redactionsOfDevices = {
  redactions: oc
    .route({
      method: 'GET',
      path: '/objects/{id}/device-redactions',
      summary: 'Boxes of burned-in text that were remembered for the device and the size of this picture',
    })
    .input(z.strictObject({ id }))
    .output(deviceRedactionsShape),
  rememberRedactions: oc
    .route({
      method: 'PUT',
      path: '/objects/{id}/device-redactions',
      summary: 'Remembers boxes for pictures of this device and size; none forgets them',
    })
    .input(z.strictObject({ id, boxes: z.array(boxShape).max(100) }))
    .output(deviceRedactionsShape),
};
