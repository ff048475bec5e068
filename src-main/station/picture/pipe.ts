// Opens sharp. Its cache of finished operations is off: pictures here are seen once, and the station's memory is bounded.
import sharp, { type Sharp, type SharpInput, type SharpOptions } from 'sharp';

export function openPipe(input: SharpInput, options?: SharpOptions): Sharp {
  sharp.cache(false);
  return sharp(input, options);
}
