// What comes behind the values of a frame: VOI look-up tables, overlay planes, a palette for values beyond grey. What does
// not lie within the bytes is left out.

import type { Attached } from '#contract/shapes/frame-header.ts';

/** A VOI look-up table: values after rescale from `first` on, each as the level of 0 to 255 that it is shown with. */
export type Lut = {
  /** Its place in the VOI LUT Sequence of the object, from 0. */
  readonly item: number;
  readonly name: string;
  readonly first: number;
  readonly levels: Uint8Array;
};

/** Lines, writing or a region over a picture; bit `row * columns + column`, lowest bit of a byte first. */
export type Overlay = {
  readonly group: number;
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** Where its first pixel lies on the picture, from 0; may be outside. */
  readonly x: number;
  readonly y: number;
  readonly kind: 'graphic' | 'region';
  readonly bits: Uint8Array;
};

export type Supplement = { readonly first: number; readonly rgb: Uint8Array };

export type Attachments = {
  readonly luts: readonly Lut[];
  readonly overlays: readonly Overlay[];
  readonly supplemental?: Supplement;
  /** Values as they are stored, where those of the frame came out of a modality table. */
  readonly stored?: ArrayBuffer;
};

/** @param count values of the frame */
export function readAttachments(
  header: Attached,
  { bytes, from, count }: { readonly bytes: ArrayBuffer; readonly from: number; readonly count: number },
): Attachments {
  const part = (at: number, length: number) =>
    at >= 0 && length >= 0 && from + at + length <= bytes.byteLength ? new Uint8Array(bytes, from + at, length) : null;
  const luts = (header.luts ?? []).flatMap(({ item, name = '', first, bits, entries, at }) => {
    const found = part(at, entries * 2);
    return found === null || entries < 1
      ? []
      : [{ item, name, first, levels: levelsOf(new Uint16Array(found.slice().buffer), bits) }];
  });
  const overlays = (header.overlays ?? []).flatMap(({ at, sizeBytes, name = '', ...rest }) => {
    const found = part(at, sizeBytes);
    const isWhole = found !== null && rest.rows * rest.columns <= sizeBytes * 8;
    return isWhole ? [{ ...rest, name, bits: found }] : [];
  });
  const palette = header.supplemental;
  const rgb = palette === undefined ? null : part(palette.at, palette.entries * 3);
  const stored = header.stored && part(header.stored.at, (count * header.stored.bitsAllocated) / 8);
  return {
    ...{ luts, overlays },
    ...(rgb && palette ? { supplemental: { first: palette.first, rgb } } : {}),
    ...(stored ? { stored: stored.slice().buffer } : {}),
  };
}

/** Entries of a table as levels of 0 to 255; `bits` is what its descriptor says that they have. */
export function levelsOf(values: Uint16Array, bits: number): Uint8Array {
  const white = whiteOf(values, bits);
  return Uint8Array.from(values, (value) => Math.round((value * 255) / white));
}

/** The entry that is as light as it gets. */
export function whiteOf(values: Uint16Array, bits: number): number {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  // Some writers say fewer bits than their entries have.
  const deepest = 2 ** Math.max(1, Math.min(16, bits)) - 1;
  return most > deepest ? 2 ** Math.ceil(Math.log2(most + 1)) - 1 : deepest;
}
