// How an image is seen by a presentation state: by what the state says of stored values, whatever the image says itself.
import type { Presentation } from '#contract/shapes/documents.ts';
import { levelsOf } from './attachments.ts';
import type { Look } from './stage.svelte.ts';

/** Of the image with this SOPInstanceUID. Where the state names no window that can be used, that of the image holds. */
export function lookBy({ voi, rescale, inverted, rotation, flipped }: Presentation, SOPInstanceUID: string): Look {
  const turn = { inverted, rotation, flipped };
  const said =
    voi.find(({ images }) => images.includes(SOPInstanceUID)) ?? voi.find(({ images }) => images.length === 0);
  if (said === undefined) return { ...turn, window: null };
  const { center, width, name, voiFunction, table } = said;
  const levels = table && { first: table.first, levels: levelsOf(Uint16Array.from(table.values), table.bits) };
  const state = { voiFunction, ...(rescale ? { rescale } : {}), ...(levels ? { table: levels } : {}) };
  return { ...turn, window: { center, width, state, ...(name === '' ? {} : { name }) } };
}
