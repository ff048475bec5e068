// Proves a transcode by reading it again: every element but the pixels says the same, byte for byte in little endian, in
// the same order and nesting, with the same VR where both have one; and every frame shows the same stored values.
import { createHash, type Hash } from 'node:crypto';
import { readSync } from 'node:fs';
import { openFileReader } from '../byte-reader.ts';
import { pixelDataTag, undefinedLength, type Spot } from '../element-walk.ts';
import type { TransferSyntax } from '../transfer-syntax.ts';
import { CannotTranscode } from './cannot-transcode.ts';
import { decodeNative, digestDecoded } from './decode-frame.ts';
import { readNativeFrame } from './frame-locator.ts';
import { readPixelHeader } from './pixel-header.ts';
import { turned, type WordBytes } from './transcode-sink.ts';
import {
  isGroupLength,
  isOfLeftOut,
  photometricTag,
  planarTag,
  speaksOfFragments,
  walk,
  wordOf,
  type Source,
  type Survey,
} from './transcode-survey.ts';

const mostWantedBytes = 65_536;
const chunkBytes = 1024 * 1024;

export type PrintOptions = {
  readonly survey: Survey;
  /** Leaves out the pixels and what follows from how they are written. */
  readonly withoutPixels: boolean;
  /** Leaves out compressed pictures in sequences: on the side that has them. */
  readonly withoutPictures: boolean;
  /** Counts VRs: both sides have them. */
  readonly withVrs: boolean;
  /** Sequences of defined length are values: our own writer keeps only those that it did not look into. */
  readonly closedAreValues: boolean;
  onProgress(): void;
};

/** SHA-256 of what a data set says, the same in every layout. */
export async function printElements(source: Source, options: PrintOptions): Promise<string> {
  const { survey, withoutPixels, withVrs, closedAreValues, onProgress } = options;
  const hash = createHash('sha256');
  const late: { readonly spot: Spot; readonly word: WordBytes }[] = [];
  const isLeftOut = (spot: Spot) =>
    isGroupLength(spot.tag) ||
    (options.withoutPictures && isOfLeftOut(spot, survey)) ||
    (withoutPixels &&
      spot.parent === null &&
      (spot.tag === pixelDataTag ||
        spot.tag === photometricTag ||
        spot.tag === planarTag ||
        speaksOfFragments(spot.tag)));
  await walk(source, {
    wants: (spot) => (isLeftOut(spot) ? 0 : mostWantedBytes),
    sequence: (spot) => {
      if (closedAreValues && spot.length !== undefinedLength) return 'skip';
      if (!isLeftOut(spot)) hash.update(`s${spot.tag};`);
      return 'enter';
    },
    item: (spot) => void (isLeftOut(spot) || hash.update('i;')),
    closed: (spot) => void (isLeftOut(spot) || hash.update('c;')),
    element: (spot, value) => {
      if (isLeftOut(spot)) return undefined;
      hash.update(`e${spot.tag}:${withVrs && spot.vrWritten ? spot.vr : ''}:${spot.length};`);
      const word = wordOf(spot, survey);
      if (value) hash.update(word === 1 ? value : turned(Buffer.from(value), word));
      else if (spot.length > 0) late.push({ spot, word });
      return undefined;
    },
  });
  for (const { spot, word } of late) hashRange(source.fd, spot, word, hash, onProgress);
  return hash.digest('hex');
}

function hashRange(fd: number, spot: Spot, word: WordBytes, hash: Hash, onProgress: () => void): void {
  const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, spot.length));
  for (let at = 0; at < spot.length;) {
    const count = readSync(fd, chunk, 0, Math.min(chunk.length, spot.length - at), spot.valueOffset + at);
    if (count === 0 || count % word !== 0) throw new CannotTranscode('truncated');
    hash.update(turned(chunk.subarray(0, count), word));
    at += count;
    onProgress();
  }
}

/**
 * Digests of the frames of a file with native pixels, one by one, as digestFrame gives them.
 * @throws CannotDraw
 */
export async function* framesShown(
  file: { readonly path: string; readonly dataSetOffset: number },
  syntax: TransferSyntax,
): AsyncGenerator<string, void, void> {
  const reader = await openFileReader(file.path);
  try {
    const header = await readPixelHeader(reader, file.dataSetOffset, syntax.uid, 0);
    if (header.pixels.length === null) throw new CannotTranscode('differs');
    for (let frame = 0; frame < header.frames; frame++) {
      const { bytes, firstBit } = await readNativeFrame(reader, header, frame);
      yield digestDecoded(header, decodeNative(header, bytes, firstBit, true));
    }
  } finally {
    await reader.close();
  }
}
