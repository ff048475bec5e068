// A station with an exam of three small images and a destination where nobody answers, for what is drawn before it leaves.
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { call } from '@orpc/server';
import { expect } from 'vitest';
import { markupShape, type Markup } from '#contract/shapes/markup.ts';
import { openPart10, readHeader } from '#station/dicom/index.ts';
import { openNativePixels } from '#station/dicom/codecs/index.ts';
import { silentLog } from '#station/kit/log.ts';
import { openStation, type Station } from '#station/station.ts';
import { received } from '../../peers/after-release-around.ts';

const none = { redBytes: 0, redShare: 0, redInodeShare: 0, amberShare: 0, reserveBytes: 0 };

export const drawn = (chosen: Partial<Markup>): Markup => markupShape.parse(chosen);

export async function openDrawnExam(settings: object = {}, picture?: Parameters<typeof received>[2]) {
  const home = await mkdtemp(path.join(os.tmpdir(), 'drawn-'));
  const open = () =>
    openStation({
      ...{ home, log: silentLog, spaceLimits: none },
      settings: {
        station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim' },
        devices: [{ id: 'us', name: 'US', aeTitle: 'DEVICE' }],
        destinations: [{ id: 'a', name: 'A', kind: 'archive', aeTitle: 'A', host: '127.0.0.1', port: 1 }],
        ...settings,
      },
    });
  let station: Station = await open();
  const { examId } = await received(station, undefined, picture);
  const exam = () => call(station.router.exams.read, { id: examId });
  const objects = async () => (await exam()).series.flatMap((series) => series.objects);
  const ids = (await objects()).map(({ id }) => id);
  return {
    home,
    examId,
    ids: ids as [string, string, string],
    station: () => station,
    exam,
    objects,
    save: (id: string, chosen: Partial<Markup>) =>
      call(station.router.objects.saveMarkup, { id, markup: drawn(chosen) }),
    approve: (more: object = {}) => call(station.router.exams.approve, { id: examId, ...more }),
    deliveries: async () => (await call(station.router.deliveries.list, { examId, limit: 100, offset: 0 })).deliveries,
    /** The file as it leaves. */
    async asLeaves(objectId: string): Promise<Buffer> {
      const pathname = `/api/objects/${objectId}/file`;
      const query = new URLSearchParams({ revision: 'latest' });
      const answer = await station.bytes({ method: 'GET', pathname, query, body: nothing() });
      if (answer?.status !== 200) throw new Error(`${objectId}: ${answer?.status}`);
      return answer.body instanceof Uint8Array ? Buffer.from(answer.body) : bytesOf(answer.body);
    },
    filesInStore: async () =>
      (await readdir(path.join(home, 'objects'), { recursive: true })).filter((name) => name.endsWith('.dcm')).length,
    async reopen(between: () => unknown = () => undefined) {
      await station.close();
      await between();
      station = await open();
    },
    async close() {
      await station.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function* nothing(): AsyncGenerator<Uint8Array, void, void> {}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces);
}

export async function pixelsOf(file: Buffer | string) {
  const object = await openPart10(file);
  const header = await readHeader(object);
  const pixels = await openNativePixels(object.reader, object.dataSetOffset, object.syntax.uid);
  if ('reason' in pixels) throw new Error(pixels.reason);
  const bytes = await pixels.read(0);
  await object.close();
  expect(pixels.bitsAllocated).toBe(16);
  const values = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  return { header, ...pixels, at: (column: number, row: number) => values[row * pixels.columns + column] };
}
