// Opens sharp. Its cache of finished operations is off: pictures here are seen once, and the station's memory is bounded.
// It is loaded at the first picture: a station that only receives and sends does without its 18 MiB.
import type { Sharp, SharpInput, SharpOptions } from 'sharp';

/** @param input a picture, or what is to be made without one */
export async function openPipe(input: SharpInput | Pick<SharpOptions, 'text'>, options?: SharpOptions): Promise<Sharp> {
  const { default: sharp } = await import('sharp');
  sharp.cache(false);
  // Its types know the second form only without options.
  return sharp(input as SharpInput, options);
}
