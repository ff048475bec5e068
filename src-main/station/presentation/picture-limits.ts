// What could not leave of what a person is about to draw on a picture, told when the tool is taken up: by the questions that are
// asked when it is made. Reads elements, and no pixels.
import { markupShape, type Markup } from '#contract/shapes/markup.ts';
import { foreseeNativePixels } from '#station/dicom/codecs/index.ts';
import { openPart10 } from '#station/dicom/index.ts';
import { refusalOf } from './bake-limits.ts';
import { bakedTags } from './baked-header.ts';
import { readElements } from './found-elements.ts';

/** Why each cannot be put into the pixels; null where it can. */
export type PictureLimits = {
  /** No presentation state can window or invert it. */
  readonly colour: boolean;
  readonly crop: string | null;
  readonly redaction: string | null;
  /** Shutters and drawings. */
  readonly marks: string | null;
  /** A window, or the tone inverted; of grey pictures the header says it. */
  readonly tone: string | null;
};

const box = { left: 0, top: 0, right: 1, bottom: 1 };
const wishes = {
  crop: { crop: box },
  redaction: { redactions: [box] },
  marks: { shutter: { kind: 'circle', center: [0, 0], radius: 1 } },
  tone: { inverted: true },
} as const;

/** @throws Problem 'not-dicom'; what the file system throws */
export async function readPictureLimits(path: string): Promise<PictureLimits> {
  const object = await openPart10(path);
  try {
    const pixels = await foreseeNativePixels(object);
    if ('reason' in pixels) {
      const { reason } = pixels;
      return { colour: false, crop: reason, redaction: reason, marks: reason, tone: reason };
    }
    const found = await readElements(object, bakedTags);
    const limitOf = (wish: Partial<Markup> | object) =>
      refusalOf(pixels, found, { markup: markupShape.parse(wish), looks: true });
    return {
      colour: pixels.samples === 3 || pixels.photometric === 'PALETTE COLOR',
      crop: limitOf(wishes.crop),
      redaction: limitOf(wishes.redaction),
      marks: limitOf(wishes.marks),
      tone: limitOf(wishes.tone),
    };
  } finally {
    await object.close();
  }
}
