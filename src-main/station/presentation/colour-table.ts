// Colour that is windowed or inverted, in the pixels themselves: no presentation state can say it of colour (PS3.3 A.33.2), so it
// leaves in a derived picture or not at all. Red, green and blue of 8 bits; YBR_FULL becomes that first. Pure.
import type { Markup } from '#contract/shapes/markup.ts';
import type { NativeOutlook } from '#station/dicom/codecs/index.ts';

/** Every sample by this table, as the viewer does it: LINEAR_EXACT, then inverted. Null when nothing changes. */
export function colourTableOf(
  { window, inverted }: Pick<Markup, 'window' | 'inverted'>,
  { samples, photometric, bitsAllocated }: Pick<NativeOutlook, 'samples' | 'photometric' | 'bitsAllocated'>,
): Uint8Array | null | 'cannot' {
  if ((samples === 1 && photometric !== 'PALETTE COLOR') || (!window && !inverted)) return null;
  if (!['RGB', 'YBR_FULL'].includes(photometric) || bitsAllocated !== 8) return 'cannot';
  const { center, width } = window ?? { center: 128, width: 256 };
  return Uint8Array.from({ length: 256 }, (_, value) => {
    const isWhole = center === 128 && width === 256;
    const light = isWhole
      ? value
      : Math.min(255, Math.max(0, Math.floor(((value - center) / width + 0.5) * 255 + 0.5)));
    return inverted ? 255 - light : light;
  });
}
