import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSplicedStream, readInPieces, type Recipe } from '#station/dicom/index.ts';
import { PieceBuffers } from '#station/kit/piece-buffers.ts';
import { temporaryFolder } from '../../peers/programs/temporary-folder.ts';

const received = randomBytes(3_500_000);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let file: string;

beforeAll(async () => {
  folder = await temporaryFolder('pieces');
  file = path.join(folder.path, 'received.dcm');
  await writeFile(file, received);
});
afterAll(() => rm(folder.path, { recursive: true, force: true }));

const segments: Recipe['segments'] = [
  { kind: 'bytes', bytes: randomBytes(700) },
  { kind: 'range', offset: 600, length: 1_048_000 },
  { kind: 'bytes', bytes: randomBytes(1_300_000) },
  { kind: 'range', offset: 1_048_700, length: 2_451_300 },
];
const sizeBytes = 700 + 1_048_000 + 1_300_000 + 2_451_300;
const recipe: Recipe = {
  ...{ segments, sizeBytes, dataSetOffset: 350, transferSyntaxUid: '', sopClassUid: '', sopInstanceUid: '' },
};

async function joined(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const copies: Buffer[] = [];
  for await (const piece of pieces) copies.push(Buffer.from(piece));
  return Buffer.concat(copies);
}

describe('an object that leaves', () => {
  it('is the same in pieces as in one stream, from its beginning and from its data set', async () => {
    const buffers = new PieceBuffers();
    for (const from of [0, recipe.dataSetOffset, 1_048_700, sizeBytes - 1, sizeBytes]) {
      const stream = await joined(openSplicedStream(recipe, file, from));
      expect(stream).toHaveLength(sizeBytes - from);
      expect((await joined(readInPieces({ file, segments, from, name: '' }, buffers))).equals(stream)).toBe(true);
    }
  });

  it('is read into the same memory as the one before it', async () => {
    const buffers = new PieceBuffers();
    const memory = buffers.take();
    buffers.giveBack(memory);
    for await (const piece of readInPieces({ file, segments, from: 0, name: '' }, buffers)) {
      expect(piece.buffer).toBe(memory.buffer);
    }
    expect(buffers.take()).toBe(memory);
  });

  it('keeps its memory to itself when it was left early, because a socket may still look at it', async () => {
    const buffers = new PieceBuffers();
    let memory: Buffer | undefined;
    for await (const piece of readInPieces({ file, segments, from: 0, name: '' }, buffers)) {
      memory = piece;
      break;
    }
    expect(buffers.take().buffer).not.toBe(memory?.buffer);
  });

  it('ends early when its file has become shorter, and is a problem when it has gone', async () => {
    const buffers = new PieceBuffers();
    const longer: Recipe['segments'] = [{ kind: 'range', offset: 0, length: received.length + 1000 }];
    const read = await joined(readInPieces({ file, segments: longer, from: 0, name: 'x' }, buffers));
    expect(read.equals(received)).toBe(true);
    const gone = joined(readInPieces({ file: `${file}.gone`, segments, from: 0, name: 'x' }, buffers));
    await expect(gone).rejects.toMatchObject({ code: 'object-file-missing', params: { object: 'x' } });
  });
});
