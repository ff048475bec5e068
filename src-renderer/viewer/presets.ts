// Windows that a key sets, by modality. The first are what the object says itself, tables too; then what is usual for the kind
// of picture, in Hounsfield units; then the whole range of this picture's values. Keys of what is usual stay where hands know
// them: what more the object itself offers is gone through with a key of its own.
import { narrowest, type Picture, type Window } from './picture.ts';

/**
 * `id` names it in text/; `name` is what the object calls it, `number` counts what it offers, from 1. `window` null: as the
 * object says.
 */
export type Preset = {
  readonly id: PresetId;
  readonly name?: string;
  readonly number?: number;
  readonly window: Window | null;
};
export type PresetId = 'object' | 'soft' | 'lung' | 'bone' | 'brain' | 'abdomen' | 'vessels' | 'whole';

const computedTomography: readonly Preset[] = [
  { id: 'soft', window: { center: 50, width: 400 } },
  { id: 'lung', window: { center: -600, width: 1500 } },
  { id: 'bone', window: { center: 500, width: 2000 } },
  { id: 'brain', window: { center: 40, width: 80 } },
  { id: 'abdomen', window: { center: 60, width: 350 } },
  { id: 'vessels', window: { center: 200, width: 600 } },
];

/** At most eight. None for colour, which has no window of its own but the whole one. */
export function presetsFor(modality: string, picture: Picture | undefined): readonly Preset[] {
  if (picture === undefined || picture.samples === 3) return [{ id: 'object', window: null }];
  const { min, max, rescale } = picture.header;
  const own = ownPresets(picture);
  const [low, high] = [min * rescale.slope + rescale.intercept, max * rescale.slope + rescale.intercept];
  const whole: Preset = {
    id: 'whole',
    window: { center: (low + high) / 2, width: Math.max(narrowest(picture), Math.abs(high - low)) },
  };
  const usual = modality === 'CT' ? computedTomography : [];
  return [...own.slice(0, 7 - usual.length), ...usual, whole].slice(0, 8);
}

/** What the object itself offers, what it shows first before all; each once. */
export function ownPresets(picture: Picture): readonly Preset[] {
  const { choices } = picture;
  const others = choices.filter((window, n) => n > 0 && choices.findIndex((one) => isSameWindow(one, window)) === n);
  return [{ window: null, name: choices[0]?.name }, ...others.map((window) => ({ window, name: window.name }))].map(
    ({ window, name }, n) => ({ id: 'object', window, number: n + 1, ...(name === undefined ? {} : { name }) }),
  );
}

/** Which of them is on; 0 is the first. -1: none of them. */
export const ownPresetAt = (picture: Picture, chosen: Window | null): number =>
  ownPresets(picture).findIndex(({ window }) => isSameWindow(window, chosen));

/** The one after it, the first after the last. */
export function nextOwnPreset(picture: Picture, chosen: Window | null): Preset {
  const own = ownPresets(picture);
  return own[(ownPresetAt(picture, chosen) + 1) % own.length] as Preset;
}

/** Of the same place in the object, or with the same ends. */
export function isSameWindow(a: Window | null, b: Window | null): boolean {
  if (a === null || b === null) return a === b;
  return a.lut === b.lut && (a.lut !== undefined || (a.center === b.center && a.width === b.width));
}
