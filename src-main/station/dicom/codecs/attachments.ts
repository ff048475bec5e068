// What goes with a frame beside its values: words about it for the header, tables and overlay planes as bytes behind it.
import type {
  FrameLack,
  FrameLut,
  FrameOverlay,
  FramePalette,
  FrameStored,
  RawFrame,
} from '#station/model/raw-frame.ts';
import { eightBitEntries } from './colour.ts';
import type { DisplayHeader, NamedTable } from './display-header.ts';
import type { Palette } from './lookup-tables.ts';
import type { OverlayBits } from './overlays.ts';

/** What a viewer is told of how a frame lies and how long it stays; only what is known. */
export function displayOf(display: DisplayHeader) {
  const { spacing, regions, orientation, positionMm, frameOfReferenceUid, timing, unit, laterality } = display;
  return {
    ...(spacing ? { spacing, spacingMm: spacing.mm } : {}),
    ...(regions.length > 0 ? { regions } : {}),
    ...(orientation ? { orientation } : {}),
    ...(positionMm ? { positionMm } : {}),
    ...(frameOfReferenceUid ? { frameOfReferenceUid } : {}),
    ...(timing ? { timing } : {}),
    ...(unit ? { unit } : {}),
    ...(laterality ? { laterality } : {}),
  } satisfies Partial<RawFrame>;
}

type Tables = {
  readonly luts: readonly NamedTable[];
  readonly overlays: readonly OverlayBits[];
  readonly supplemental?: Palette;
  readonly stored?: Omit<FrameStored, 'at'> & { readonly bytes: Uint8Array };
  readonly lacks: readonly FrameLack[];
};

/** Lays tables and planes one behind the other, each at an even place. */
export function attach({ luts, overlays, supplemental, stored, lacks }: Tables) {
  const parts: Uint8Array[] = [];
  let at = 0;
  const lay = (bytes: Uint8Array): number => {
    const start = at;
    parts.push(bytes);
    at += bytes.length + (bytes.length % 2);
    return start;
  };
  const laidLuts = luts.map(({ item, name, first, bits, values }): FrameLut => {
    const where = { item, first, bits, entries: values.length, at: lay(new Uint8Array(values.slice().buffer)) };
    return { ...(name ? { name } : {}), ...where };
  });
  const laidOverlays = overlays.map(({ header, bits }): FrameOverlay => {
    const { group, name, rows, columns, x, y, kind } = header;
    return { group, ...(name ? { name } : {}), rows, columns, x, y, kind, at: lay(bits), sizeBytes: bits.length };
  });
  const palette = supplemental && layPalette(supplemental, lay);
  const laidStored = stored && layStored(stored, lay);
  const attached = new Uint8Array(at);
  let to = 0;
  for (const part of parts) {
    attached.set(part, to);
    to += part.length + (part.length % 2);
  }
  return {
    ...(laidLuts.length > 0 ? { luts: laidLuts } : {}),
    ...(laidOverlays.length > 0 ? { overlays: laidOverlays } : {}),
    ...(palette ? { supplemental: palette } : {}),
    ...(laidStored ? { stored: laidStored } : {}),
    ...(lacks.length > 0 ? { lacks } : {}),
    ...(at > 0 ? { attached } : {}),
  } satisfies Partial<RawFrame>;
}

const layStored = ({ bytes, ...said }: NonNullable<Tables['stored']>, lay: (bytes: Uint8Array) => number) =>
  ({ ...said, at: lay(bytes) }) satisfies FrameStored;

function layPalette(palette: Palette, lay: (bytes: Uint8Array) => number): FramePalette {
  const [red, green, blue] = palette.map(eightBitEntries);
  const entries = Math.min(red!.length, green!.length, blue!.length);
  const rgb = new Uint8Array(entries * 3);
  for (let i = 0; i < entries; i++) rgb.set([red![i]!, green![i]!, blue![i]!], i * 3);
  return { first: palette[0].first, entries, at: lay(rgb) };
}
