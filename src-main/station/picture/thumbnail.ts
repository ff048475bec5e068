// Small pictures for lists: the first window applied, pixels made square, as JPEG.
import { openPipe } from './pipe.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import { toScreen } from './voi.ts';

/** Longer side of a thumbnail, pixels. Ask the frame reader for a frame reduced to this. */
export const thumbnailSide = 192;

/** A JPEG with its longer side at most `thumbnailSide` pixels. `frame` may be reduced already and should be. */
export async function makeThumbnail(frame: RawFrame): Promise<Buffer> {
  const height = frame.rows * frame.pixelAspect;
  const scale = Math.min(1, thumbnailSide / Math.max(frame.columns, height));
  const pipe = await openPipe(toScreen(frame), {
    raw: { width: frame.columns, height: frame.rows, channels: frame.samples },
  });
  return pipe
    .resize(Math.max(1, Math.round(frame.columns * scale)), Math.max(1, Math.round(height * scale)), { fit: 'fill' })
    .jpeg({ quality: 80 })
    .toBuffer();
}
