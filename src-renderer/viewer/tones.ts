// The table from stored values to what a screen shows: one look-up a pixel, whatever the window (PS3.3 C.11.2).
import type { Picture, Window } from './picture.ts';

const opaque = 0xff000000;

/** 65,536 entries, by the low 16 bits of a stored value; each is an opaque grey as ImageData wants it. */
export function greyTable(picture: Picture, window: Window, inverted: boolean, into: Uint32Array): void {
  const { rescale, voiFunction, photometric, padding, min, max } = picture.header;
  const flip = (photometric === 'MONOCHROME1') !== inverted;
  const tone = toneOf(window, voiFunction);
  for (let value = Math.floor(min); value <= max; value += 1) {
    const level = tone(value * rescale.slope + rescale.intercept);
    const grey = flip ? 255 - level : level;
    into[value & 0xffff] = opaque | (grey << 16) | (grey << 8) | grey;
  }
  if (padding === undefined) return;
  // What is not picture is ground, in either tone.
  const from = Math.max(padding.from, -32_768);
  for (let value = from; value <= Math.min(padding.to, 65_535); value += 1) into[value & 0xffff] = opaque;
}

/** 256 entries for each of three colours. */
export function colourTable(window: Window, inverted: boolean, into: Uint8Array): void {
  const tone = toneOf(window, 'LINEAR_EXACT');
  for (let value = 0; value < 256; value += 1) {
    const level = window.width === 256 && window.center === 128 ? value : tone(value);
    into[value] = inverted ? 255 - level : level;
  }
}

function toneOf({ center, width }: Window, kind: Picture['header']['voiFunction']): (value: number) => number {
  if (kind === 'SIGMOID') return (value) => Math.round(255 / (1 + Math.exp((-4 * (value - center)) / width)));
  const exact = kind === 'LINEAR_EXACT';
  const span = exact ? width : Math.max(width - 1, 1e-6);
  const low = exact ? center - width / 2 : center - 0.5 - span / 2;
  const step = 255 / span;
  return (value) => {
    const level = (value - low) * step;
    return level <= 0 ? 0 : level >= 255 ? 255 : (level + 0.5) | 0;
  };
}
