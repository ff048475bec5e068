// Where the fragments of every frame of encapsulated pixel data lie, found in one pass: who wants all frames of a long
// film does not look for each of them from the beginning. The rules are those of the frame locator (PS3.5 A.4).
//
// Refuses by CannotDraw when frames cannot be told apart.
import type { ByteReader } from '../byte-reader.ts';
import { fragmentsOfFrame, joinFragments, listFragments, readBasicOffsets, type Fragment } from './frame-locator.ts';
import { CannotDraw } from './not-drawable.ts';
import { beginsCodestream } from './codestream.ts';
import type { PixelHeader } from './pixel-header.ts';

export type FrameTable = {
  /** The compressed bytes of a frame, all its fragments joined. */
  read(frame: number): Promise<Buffer>;
};

export async function openFrameTable(reader: ByteReader, header: PixelHeader): Promise<FrameTable> {
  const frames = await framesOf(reader, header);
  return {
    read: (frame) => {
      const own = frames[frame];
      if (!own || own.length === 0) throw new CannotDraw('frames-not-found');
      return joinFragments(reader, own);
    },
  };
}

async function framesOf(reader: ByteReader, header: PixelHeader): Promise<readonly (readonly Fragment[])[]> {
  const table = await readBasicOffsets(reader, header);
  const extended = header.extendedOffsets;
  if (extended && extended.offsets.length === header.frames) {
    return extended.offsets.map((offset, frame) => {
      const [at, length] = [table.firstItem + offset + 8, extended.lengths[frame] ?? 0];
      if (!(length > 0) || !(at + length <= reader.sizeBytes)) throw new CannotDraw('frames-not-found');
      return [{ offset: at, length }];
    });
  }
  const all = await listFragments(reader, header, table.firstItem, Infinity);
  if (header.frames === 1) return [await fragmentsOfFrame(reader, header, all, 0)];
  const rising = table.offsets.every((offset, frame) => frame === 0 || offset > (table.offsets[frame - 1] ?? 0));
  if (table.offsets.length === header.frames && rising) {
    const frames = groupBy(all, (fragment) => lastAtOrBefore(table.offsets, fragment.offset - 8 - table.firstItem));
    if (frames.length === header.frames) return frames;
  }
  if (all.length === header.frames) return all.map((fragment) => [fragment]);
  let frame = -1;
  const starts: number[] = [];
  for (const fragment of all) {
    const head = await reader.read(fragment.offset, Math.min(4, fragment.length));
    if (beginsCodestream(header.syntax.uid, head)) frame++;
    starts.push(frame);
  }
  const found = groupBy(all, (_, index) => starts[index] ?? -1);
  if (found.length !== header.frames) throw new CannotDraw('frames-not-found');
  return found;
}

function groupBy(all: readonly Fragment[], frameOf: (fragment: Fragment, index: number) => number): Fragment[][] {
  const frames: Fragment[][] = [];
  for (const [index, fragment] of all.entries()) {
    const frame = frameOf(fragment, index);
    if (frame >= 0) (frames[frame] ??= []).push(fragment);
  }
  return frames;
}

/** Index of the last of the rising `offsets` that is not beyond `at`. */
function lastAtOrBefore(offsets: readonly number[], at: number): number {
  let [low, high] = [0, offsets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] ?? Infinity) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
