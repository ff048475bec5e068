// What objects say that are not pictures, or beside their pictures: header, reports, documents, waveforms.
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { headerShape, paperShape, waveformShape } from './shapes/documents.ts';

const id = z.string().regex(/^[0-9a-hjkmnp-tv-z]{26}$/, 'an id of this station');

export const documentsOfObject = {
  header: oc
    .route({
      method: 'GET',
      path: '/objects/{id}/header',
      summary: 'Every element of an object as received and, where that differs, as it leaves; long values are cut',
    })
    .input(z.strictObject({ id, search: z.string().max(128).default('') }))
    .output(headerShape),
  text: oc
    .route({
      method: 'GET',
      path: '/objects/{id}/text',
      summary: 'What an object that is no picture says: report, key objects, presentation state, document; or why not',
    })
    .input(z.strictObject({ id }))
    .output(paperShape),
  waveform: oc
    .route({
      method: 'GET',
      path: '/objects/{id}/waveform',
      summary: 'Groups and channels of a waveform; its samples are at /objects/{id}/samples/{group}',
    })
    .input(z.strictObject({ id }))
    .output(waveformShape),
};
