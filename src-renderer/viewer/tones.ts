// From stored values to what a screen shows (PS3.3 C.11.2, C.7.6.19): one look-up a pixel, whatever the window. Values of
// more than 16 bits and floating-point numbers, which seldom come, are worked out one by one. The only place where it
// is decided how light a pixel is; nothing that was read is changed.
import type { Picture, Values, Window } from './picture.ts';

const opaque = 0xff000000;
/** For windows dragged on colour; what colour is shown with at first changes nothing. */
const wholeColour = { center: 128, width: 256 };

/** Room that is used again for every drawing. */
export type ToneRoom = { readonly grey: Uint32Array; readonly colour: Uint8Array };

export const makeToneRoom = (): ToneRoom => ({ grey: new Uint32Array(65_536), colour: new Uint8Array(256) });

/** Fills `out`, as ImageData wants it, with what `values` of `picture` look like. */
export function tone(
  { picture, window, inverted }: { readonly picture: Picture; readonly window: Window; readonly inverted: boolean },
  values: Values,
  out: Uint32Array,
  room: ToneRoom,
): void {
  if (picture.samples === 3) return toneColour(values, out, window, inverted, room.colour);
  if (values.BYTES_PER_ELEMENT > 2) return toneWide(picture, values, out, window, inverted);
  const table = room.grey;
  greyTable(picture, window, inverted, table);
  const { buffer, byteOffset, length, BYTES_PER_ELEMENT: size } = values;
  // Of 16 bits the table is asked by what is stored, whatever its sign.
  const stored = size === 2 ? new Uint16Array(buffer, byteOffset, length) : values;
  for (let i = 0; i < out.length; i += 1) out[i] = table[(stored[i] as number) & 0xffff] as number;
}

/** 65,536 entries, by the low 16 bits of a stored value; each is an opaque grey as ImageData wants it. */
export function greyTable(picture: Picture, window: Window, inverted: boolean, into: Uint32Array): void {
  const { padding, min, max } = picture.header;
  const modal = modalOf(picture, window);
  const flip = isFlipped(picture, window, inverted);
  const level = levelOf(picture, window);
  for (let value = Math.floor(min); value <= max; value += 1) {
    const light = level(modal(value));
    const grey = flip ? 255 - light : light;
    into[value & 0xffff] = opaque | (grey << 16) | (grey << 8) | grey;
  }
  const { supplemental } = picture;
  if (supplemental !== undefined) {
    const { first, rgb } = supplemental;
    const last = rgb.length - 3;
    // Beyond its end the last colour holds (PS3.3 C.7.6.3.1.5).
    for (let value = first, i = 0; last >= 0 && (value <= max || i < last); value += 1, i = Math.min(last, i + 3)) {
      into[value & 0xffff] = opaque | ((rgb[i + 2] ?? 0) << 16) | ((rgb[i + 1] ?? 0) << 8) | (rgb[i] ?? 0);
    }
  }
  if (padding === undefined) return;
  // What is not picture is ground, in either tone.
  const from = Math.max(padding.from, -32_768);
  for (let value = from; value <= Math.min(padding.to, 65_535); value += 1) into[value & 0xffff] = opaque;
}

/** 256 entries for each of three colours. */
export function colourTable(window: Window, inverted: boolean, into: Uint8Array): void {
  const level = windowed(window, 'LINEAR_EXACT');
  for (let value = 0; value < 256; value += 1) {
    const isWhole = window.width === wholeColour.width && window.center === wholeColour.center;
    const light = isWhole ? value : level(value);
    into[value] = inverted ? 255 - light : light;
  }
}

function toneColour(values: Values, out: Uint32Array, window: Window, inverted: boolean, table: Uint8Array): void {
  colourTable(window, inverted, table);
  for (let i = 0, at = 0; i < out.length; i += 1, at += 3) {
    const red = table[values[at] as number] as number;
    const green = table[values[at + 1] as number] as number;
    const blue = table[values[at + 2] as number] as number;
    out[i] = opaque | (blue << 16) | (green << 8) | red;
  }
}

function toneWide(picture: Picture, values: Values, out: Uint32Array, window: Window, inverted: boolean): void {
  const { padding } = picture.header;
  const modal = modalOf(picture, window);
  const flip = isFlipped(picture, window, inverted);
  const level = levelOf(picture, window);
  const { from, to } = padding ?? { from: Infinity, to: -Infinity };
  for (let i = 0; i < out.length; i += 1) {
    const value = values[i] as number;
    // What is no number is no picture.
    const isGround = value !== value || (value >= from && value <= to);
    const light = isGround ? 0 : level(modal(value));
    const grey = flip && !isGround ? 255 - light : light;
    out[i] = opaque | (grey << 16) | (grey << 8) | grey;
  }
}

/** From a stored value to the one that windows are for. */
function modalOf(picture: Picture, { state }: Window): (stored: number) => number {
  const { slope, intercept } = state?.rescale ?? picture.header.rescale;
  if (state?.modality === undefined) return (stored) => stored * slope + intercept;
  const { values } = state.modality;
  const last = values.length - 1;
  // Whoever writes no sign means that of the picture.
  const isUnsaid = picture.header.signed && state.modality.first > 0x7fff;
  const first = isUnsaid ? state.modality.first - 0x10000 : state.modality.first;
  return (stored) => values[Math.max(0, Math.min(last, Math.round(stored) - first))] as number;
}

/** A presentation state says itself which end is light, and does not look at the photometric interpretation (PS3.3 C.11.6). */
const isFlipped = (picture: Picture, { state }: Window, inverted: boolean): boolean =>
  state === undefined ? (picture.header.photometric === 'MONOCHROME1') !== inverted : inverted;

function levelOf(picture: Picture, { state, ...window }: Window): (value: number) => number {
  const own = window.lut === undefined ? undefined : picture.luts.find(({ item }) => item === window.lut);
  const table = state?.table ?? own;
  const kind = state?.voiFunction ?? picture.header.voiFunction;
  if (table === undefined && state?.presentation !== undefined) {
    const { presentation } = state;
    const entry = windowed(window, kind, presentation.length - 1);
    return (value) => presentation[entry(value)] as number;
  }
  if (table === undefined) return windowed(window, kind);
  const { first, levels } = table;
  const last = levels.length - 1;
  return (value) => levels[Math.max(0, Math.min(last, Math.round(value) - first))] as number;
}

/** Whole numbers from 0 to `most`. */
function windowed(
  { center, width }: Window,
  kind: Picture['header']['voiFunction'],
  most = 255,
): (value: number) => number {
  if (kind === 'SIGMOID') return (value) => Math.round(most / (1 + Math.exp((-4 * (value - center)) / width)));
  const exact = kind === 'LINEAR_EXACT';
  // One step wide it is a threshold (PS3.3 C.11.2.1.2.1).
  if (!exact && width <= 1) return (value) => (value <= center - 0.5 ? 0 : most);
  const span = exact ? width : width - 1;
  const low = exact ? center - width / 2 : center - 0.5 - span / 2;
  const step = most / span;
  return (value) => {
    const light = (value - low) * step;
    return light <= 0 ? 0 : light >= most ? most : (light + 0.5) | 0;
  };
}
