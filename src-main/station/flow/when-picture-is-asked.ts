// A picture is asked for: a frame as raw values, or a thumbnail. Thumbnails are made once and kept below the home; they
// can always be made again, so they are not synced and may be deleted at any time.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { FrameReader } from '#station/dicom/codecs/index.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import { makeThumbnail, thumbnailSide } from '#station/picture/index.ts';

export type PictureRooms = {
  readonly catalog: Catalog;
  readonly frames: FrameReader;
  readonly pathOf: (file: string) => string;
  /** Folder of the kept thumbnails. */
  readonly folder: string;
};

export type Pictures = {
  /** @throws Problem 'not-found', 'picture-undecodable' with the reason */
  frame(objectId: string, frame: number): Promise<RawFrame>;
  /** A JPEG. @throws as `frame` */
  thumbnail(objectId: string): Promise<Uint8Array>;
};

export async function openPictures(rooms: PictureRooms): Promise<Pictures> {
  await mkdir(rooms.folder, { recursive: true });
  const underWay = new Map<string, Promise<Uint8Array>>();

  const readFrame = async (objectId: string, frame: number, longestSide?: number): Promise<RawFrame> => {
    const object = rooms.catalog.objectFile(objectId);
    const answer = await rooms.frames.frame(
      {
        path: rooms.pathOf(object.file),
        dataSetOffset: object.dataSetOffset,
        transferSyntax: object.transferSyntaxUid,
        frame,
        ...(longestSide === undefined ? {} : { longestSide }),
      },
      longestSide === undefined ? 'urgent' : 'later',
    );
    if (answer.kind === 'not-drawable') throw new Problem('picture-undecodable', { reason: answer.reason });
    return answer;
  };

  const makeAndKeep = async (objectId: string): Promise<Uint8Array> => {
    const kept = path.join(rooms.folder, `${objectId}.jpg`);
    const found = await readFile(kept).catch(() => undefined);
    if (found) return found;
    const { frames } = rooms.catalog.objectRow(objectId);
    // The middle of a cine shows more than its first frame, which is often black.
    const jpeg = await makeThumbnail(await readFrame(objectId, Math.floor(Math.max(0, frames - 1) / 2), thumbnailSide));
    const part = `${kept}.${newId()}.part`;
    await writeFile(part, jpeg)
      .then(() => rename(part, kept))
      .catch(() => rm(part, { force: true }));
    return jpeg;
  };

  return {
    frame: (objectId, frame) => readFrame(objectId, frame),
    thumbnail: (objectId) => {
      const running = underWay.get(objectId);
      if (running) return running;
      const made = makeAndKeep(objectId).finally(() => underWay.delete(objectId));
      underWay.set(objectId, made);
      return made;
    },
  };
}
