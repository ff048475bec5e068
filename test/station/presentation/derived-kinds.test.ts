// Derived pictures of kinds that are seldom: pixels of one bit, with a point, with colours for every other pixel. And what lies
// elsewhere in an object and shows the same picture: it does not leave with one that was blackened.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { markupShape, type Markup } from '#contract/shapes/markup.ts';
import { nativePixelElement, openFrameReader, type FrameReader } from '#station/dicom/codecs/index.ts';
import {
  encodeElement,
  explicitLittleEndian,
  openPart10,
  walkElements,
  type NewElement,
} from '#station/dicom/index.ts';
import { bake, readPictureFacts } from '#station/presentation/index.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import { writeObject, type Geometry } from '../dicom/codecs/requests.ts';

let folder: string;
let reader: FrameReader;
let files = 0;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kinds-'));
  reader = openFrameReader({ workers: 1 });
});
afterAll(async () => {
  await reader.close();
  rmSync(folder, { recursive: true, force: true });
});

const words = { explicit: true, littleEndian: true, characterSet: [] };

async function derived(geometry: Geometry, pixels: Buffer, chosen: Partial<Markup>, looks = true) {
  const { dataSetOffset, path: source } = writeObject(
    path.join(folder, `${files++}`),
    explicitLittleEndian,
    geometry,
    geometry.bitsAllocated === 32
      ? [encodeElement({ tag: 0x7fe00008, vr: 'OF', value: pixels }, words)]
      : nativePixelElement(pixels, 8),
  );
  const place = { path: source, dataSetOffset, transferSyntaxUid: explicitLittleEndian };
  const facts = await readPictureFacts(reader, place);
  if ('reason' in facts) throw new Error(facts.reason);
  const baked = await bake(
    { path: source, objectId: 'x', frame: facts.frame, SOPClassUID: '1.2.840.10008.5.1.4.1.1.7' },
    {
      ...{ markup: markupShape.parse(chosen), looks, by: 'Kim', at: '20261123100000', wasLossy: false },
      ...{ StudyInstanceUID: '2.25.2', SeriesInstanceUID: '2.25.3', SOPInstanceUID: '2.25.4' },
      source: { SOPClassUID: '1.2.840.10008.5.1.4.1.1.7', SOPInstanceUID: '2.25.1' },
      station: { name: 'ROOM', institution: '', softwareVersion: '1' },
    },
  );
  if ('reason' in baked) throw new Error(baked.reason);
  const pieces: Buffer[] = [];
  for await (const piece of baked.pieces) pieces.push(Buffer.from(piece));
  const bytes = Buffer.concat(pieces);
  expect(bytes.length).toBe(baked.sizeBytes);
  const file = path.join(folder, `${files++}.dcm`);
  writeFileSync(file, bytes);
  const frame = async (n = 0): Promise<RawFrame> => {
    const answer = await reader.frame({
      ...{ path: file, dataSetOffset: baked.dataSetOffset, transferSyntax: explicitLittleEndian, frame: n },
    });
    if (answer.kind !== 'frame') throw new Error(answer.reason);
    return answer;
  };
  return { file, frame, bytes };
}

test('a picture of one bit a pixel is blackened and turned, its frames one behind the other without gaps', async () => {
  // Three frames of 5 by 3: 45 bits, so that no frame but the first begins with a byte.
  const bits = Array.from({ length: 45 }, (_, n) => (n % 3 === 0 || n % 7 === 0 ? 1 : 0));
  const packed = Buffer.alloc(6);
  bits.forEach((bit, n) => (packed[n >> 3] = (packed[n >> 3] ?? 0) | (bit << (n & 7))));
  const { frame } = await derived({ rows: 3, columns: 5, frames: 3, bitsAllocated: 1 }, packed, {
    redactions: [{ left: 0, top: 0, right: 2, bottom: 1 }],
    rotation: 180,
  });
  for (const n of [0, 1, 2]) {
    const before = bits.slice(n * 15, n * 15 + 15).map((bit, at) => (at < 2 ? 0 : bit));
    expect([...(await frame(n)).bytes]).toEqual(before.reverse());
  }
});

test('a picture of floating-point values is cropped and blackened with its least value', async () => {
  const values = Float32Array.from({ length: 12 }, (_, n) => n / 8 - 0.5);
  const geometry: Geometry = { rows: 3, columns: 4, bitsAllocated: 32 };
  const { frame } = await derived(geometry, Buffer.from(values.buffer), {
    crop: { left: 1, top: 0, right: 4, bottom: 2 },
    redactions: [{ left: 2, top: 1, right: 3, bottom: 2 }],
  });
  const { bytes, rows, columns } = await frame();
  expect([rows, columns]).toEqual([2, 3]);
  expect([...new Float32Array(bytes.buffer)]).toEqual([-0.375, -0.25, -0.125, 0.125, -0.5, 0.375]);
});

test('a picture with colours for every other pixel has them for every pixel, so that it can be cut anywhere', async () => {
  const pixels = Buffer.from([10, 20, 100, 150, 30, 40, 90, 200, 50, 60, 128, 128, 70, 80, 60, 70]);
  const geometry: Geometry = { rows: 2, columns: 4, samples: 3, photometric: 'YBR_FULL_422' };
  const whole = await derived(geometry, pixels, { redactions: [{ left: 0, top: 0, right: 1, bottom: 1 }] });
  const cut = await derived(geometry, pixels, { crop: { left: 1, top: 0, right: 4, bottom: 2 } });
  const [before, after] = [(await whole.frame()).bytes, (await cut.frame()).bytes];
  expect([...before.subarray(0, 3)]).toEqual([0, 0, 0]);
  for (const row of [0, 1]) {
    expect([...after.subarray(row * 9, row * 9 + 9)]).toEqual([...before.subarray(row * 12 + 3, row * 12 + 12)]);
  }
});

const preview: NewElement[] = [
  { keyword: 'Rows', value: 16 },
  { keyword: 'Columns', value: 16 },
  { keyword: 'PixelData', vr: 'OB', value: Buffer.alloc(256, 9) },
];
const withPreviews: NewElement[] = [
  { keyword: 'IconImageSequence', items: [preview] },
  {
    keyword: 'ReferencedImageSequence',
    items: [
      [
        { keyword: 'ReferencedSOPInstanceUID', value: '2.25.9' },
        { keyword: 'IconImageSequence', items: [preview] },
      ],
    ],
  },
  { tag: 0x00090010, vr: 'LO', value: 'MAKER' },
  { tag: 0x00091001, vr: 'OB', value: Buffer.alloc(400, 9) },
  { tag: 0x00091002, vr: 'OB', value: Buffer.from([1, 2]) },
  { tag: 0x00091003, vr: 'SQ', items: [[{ tag: 0x00090010, vr: 'LO', value: 'MAKER' }, ...preview]] },
];

/** Words may stay: a picture written in letters may not. */
const withWrittenPictures: NewElement[] = [
  { tag: 0x00090010, vr: 'LO', value: 'MAKER' },
  { tag: 0x00091001, vr: 'UT', value: `<Preview>${Buffer.alloc(300, 0x5a).toString('base64')}</Preview>` },
  {
    tag: 0x00091002,
    vr: 'LT',
    value: Buffer.alloc(300, 0x5a).toString('base64').replace(/.{76}/g, '$&\r\n'),
  },
  { tag: 0x00091003, vr: 'ST', value: Buffer.alloc(300, 0x5a).toString('hex') },
  { tag: 0x00091004, vr: 'LT', value: 'The patient was asked to hold the breath. '.repeat(40) },
  { tag: 0x00091005, vr: 'UT', value: Array.from({ length: 300 }, (_, n) => `1.5;${n}`).join('\r\n') },
  { tag: 0x00091006, vr: 'UT', value: 'word and word '.repeat(6000) },
  { tag: 0x00091007, vr: 'US', value: Array.from({ length: 256 }, (_, n) => n) },
  {
    tag: 0x00091008,
    vr: 'SQ',
    items: [[{ keyword: 'EncapsulatedDocument', vr: 'OB', value: Buffer.alloc(400, 9) }]],
  },
];

test('pictures that a device wrote as text or numbers beside the pixels do not leave with one that was blackened', async () => {
  const geometry: Geometry = { rows: 4, columns: 4, more: withWrittenPictures };
  const chosen = { redactions: [{ left: 0, top: 0, right: 2, bottom: 2 }] };
  const { file, bytes } = await derived(geometry, Buffer.alloc(16, 7), chosen);
  const tags = [...(await tagsIn(file))].map((one) => one.split(' ')[0]);
  expect(tags.filter((tag) => tag?.startsWith('9'))).toEqual(['90010', '91004', '91005']);
  expect(bytes.includes(Buffer.alloc(100, 9))).toBe(false);
  expect(bytes.toString('latin1')).toContain('they may show what was there: 6 private values');
});

async function tagsIn(file: string): Promise<Set<string>> {
  const object = await openPart10(file);
  const tags = new Set<string>();
  try {
    await walkElements(object.elements.reader, object.elements.region, {
      element: ({ tag, depth, length }) => {
        tags.add(`${tag.toString(16)} ${depth} ${length}`);
        return undefined;
      },
    });
  } finally {
    await object.close();
  }
  return tags;
}

test('icons and private previews of a picture that was blackened or cut do not leave with it, and it says so', async () => {
  const geometry: Geometry = { rows: 4, columns: 4, more: withPreviews };
  const box = { left: 0, top: 0, right: 2, bottom: 2 };
  for (const chosen of [{ redactions: [box] }, { crop: box }]) {
    const { file, bytes } = await derived(geometry, Buffer.alloc(16, 7), chosen);
    const found = [...(await tagsIn(file))];
    expect(found.filter((one) => one.startsWith('7fe00010')).length).toBe(1);
    expect(found.filter((one) => one.startsWith('91001'))).toEqual([]);
    expect(found).toContain('91002 0 2');
    expect(bytes.includes(Buffer.alloc(100, 9))).toBe(false);
    expect(bytes.toString('latin1')).toContain(
      'Removed because they show what was there: 1 icon images. Removed because they may show what was there: 2 private values',
    );
  }
  const turned = await derived(geometry, Buffer.alloc(16, 7), { rotation: 90 });
  expect([...(await tagsIn(turned.file))].some((one) => one.startsWith('91001'))).toBe(true);
});
