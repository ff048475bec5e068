// How an image is seen by a presentation state: by what the state says of stored values, whatever the image says itself.
import type { Presentation, PresentedScope, PresentedTable, PresentedVoi } from '#contract/shapes/documents.ts';
import { levelsOf, whiteOf } from './attachments.ts';
import type { StateTones } from './picture.ts';
import type { Look } from './stage.svelte.ts';

/** A frame of an image, counted from 1. */
export type PresentedFrame = { readonly SOPInstanceUID: string; readonly frame: number };

/** Whether a part of a state is for this frame. What names no image is for all of them. */
export function isFor(scope: PresentedScope, { SOPInstanceUID, frame }: PresentedFrame): boolean {
  const isNamed = (one: PresentedScope[number]) =>
    one.SOPInstanceUID === SOPInstanceUID && (one.frames.length === 0 || one.frames.includes(frame));
  return scope.length === 0 || scope.some(isNamed);
}

/** Where the state names no window that can be used for the frame, that of the image holds. */
export function lookBy(presentation: Presentation, of: PresentedFrame): Look {
  const { voi, inverted, rotation, flipped } = presentation;
  const turn = { inverted, rotation, flipped };
  const said = voi.find((one) => one.of.length > 0 && isFor(one.of, of)) ?? voi.find((one) => one.of.length === 0);
  if (said === undefined) return { ...turn, window: null };
  const { center, width, name } = said;
  return {
    ...turn,
    window: { center, width, state: tonesBy(presentation, said), ...(name === '' ? {} : { name }) },
  };
}

/** Tables have up to 65,536 entries: they are worked out once. */
const tonesOfVoi = new WeakMap<PresentedVoi, StateTones>();

function tonesBy({ rescale, modality, presentationLut }: Presentation, voi: PresentedVoi): StateTones {
  const known = tonesOfVoi.get(voi);
  if (known !== undefined) return known;
  const presentation = presentationLut && levelsOf(Uint16Array.from(presentationLut.values), presentationLut.bits);
  const { table, voiFunction } = voi;
  const tones: StateTones = {
    voiFunction,
    ...(rescale ? { rescale } : {}),
    ...(modality ? { modality: { first: modality.first, values: Uint16Array.from(modality.values) } } : {}),
    ...(table ? { table: { first: table.first, levels: throughBoth(table, presentation) } } : {}),
    ...(presentation ? { presentation } : {}),
  };
  tonesOfVoi.set(voi, tones);
  return tones;
}

/** Levels of a table of grey values; where there is a presentation table, what that makes of its whole range. */
function throughBoth({ values, bits }: PresentedTable, presentation: Uint8Array | null): Uint8Array {
  const words = Uint16Array.from(values);
  if (presentation === null) return levelsOf(words, bits);
  const step = (presentation.length - 1) / whiteOf(words, bits);
  return Uint8Array.from(words, (value) => presentation[Math.round(value * step)] ?? 0);
}
