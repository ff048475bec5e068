// Windows that a key sets, by modality. The first are what the object says itself; then what is usual for the kind of
// picture, in Hounsfield units; then the whole range of this picture's values.
import { narrowest, type Picture, type Window } from './picture.ts';

/** `id` names it in text/; `name` is what the object calls it. `window` null: as the object says. */
export type Preset = { readonly id: PresetId; readonly name?: string; readonly window: Window | null };
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
  const [first, ...others] = picture.choices;
  const nameOf = ({ name }: Window) => (name === undefined ? {} : { name });
  const own: readonly Preset[] = [
    { id: 'object', window: null, ...(first !== undefined && nameOf(first)) },
    // A table is shown where the object puts it first; a window can be chosen.
    ...others.flatMap((window): Preset[] =>
      window.lut === undefined ? [{ id: 'object', window, ...nameOf(window) }] : [],
    ),
  ];
  const [low, high] = [min * rescale.slope + rescale.intercept, max * rescale.slope + rescale.intercept];
  const whole: Preset = {
    id: 'whole',
    window: { center: (low + high) / 2, width: Math.max(narrowest(picture), Math.abs(high - low)) },
  };
  const usual = modality === 'CT' ? computedTomography : [];
  return [...own.slice(0, 7 - usual.length), ...usual, whole].slice(0, 8);
}
