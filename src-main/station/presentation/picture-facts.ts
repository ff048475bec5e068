// What is known of a received picture before anything is made of it: its elements and its first frame, decoded.
import { openPart10 } from '#station/dicom/index.ts';
import type { FrameReader } from '#station/dicom/codecs/index.ts';
import type { NotDrawableReason, RawFrame } from '#station/model/raw-frame.ts';
import { readElements, type FoundElements } from './found-elements.ts';
import { stateTags } from './state-content.ts';

export type PictureFile = {
  readonly path: string;
  readonly dataSetOffset: number;
  readonly transferSyntaxUid: string;
};

export type PictureFacts = { readonly frame: Omit<RawFrame, 'bytes' | 'attached'>; readonly found: FoundElements };

/** The facts, or why there is no picture. @throws Problem 'not-dicom'; what the file system throws */
export async function readPictureFacts(
  frames: Pick<FrameReader, 'frame'>,
  { path, dataSetOffset, transferSyntaxUid }: PictureFile,
): Promise<PictureFacts | { readonly reason: NotDrawableReason }> {
  const answer = await frames.frame({ path, dataSetOffset, transferSyntax: transferSyntaxUid, frame: 0 });
  if (answer.kind === 'not-drawable') return { reason: answer.reason };
  const object = await openPart10(path);
  try {
    const { bytes: _bytes, attached: _attached, ...frame } = answer;
    return { frame, found: await readElements(object, stateTags) };
  } finally {
    await object.close();
  }
}
