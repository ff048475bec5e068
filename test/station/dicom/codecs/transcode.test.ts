// What a transcode keeps, what it has to change, and what it refuses: small objects made on the spot.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  openTranscoder,
  transcodesOf,
  type TranscodeAnswer,
  type TranscodeRequest,
} from '#station/dicom/codecs/index.ts';
import { openPart10, readerOfBuffer, walkElements } from '#station/dicom/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../../../peers/programs/temporary-folder.ts';

const implicit = '1.2.840.10008.1.2';
const explicit = '1.2.840.10008.1.2.1';
const bigEndian = '1.2.840.10008.1.2.2';
const rle = '1.2.840.10008.1.2.5';

let folder: TemporaryFolder;
const transcoder = openTranscoder();
let number = 0;
beforeAll(async () => void (folder = await temporaryFolder('transcode')));
beforeEach(() => void number++);
afterAll(async () => {
  await transcoder.close();
  await folder.close();
});

const hex = (text: string) => Buffer.from(text.replaceAll(/[\s|]/g, ''), 'hex');

async function make(
  from: string,
  to: string,
  dataSet: Buffer,
  more: Pick<TranscodeRequest, 'mayLeaveOutPrivatePictures'> = {},
): Promise<{ answer: TranscodeAnswer; bytes: Buffer }> {
  const source = path.join(folder.path, `${number}.source`);
  const file = path.join(folder.path, `${number}.dcm`);
  writeFileSync(source, dataSet);
  const uids = { sopClassUid: '1.2.840.10008.5.1.4.1.1.7', sopInstanceUid: '2.25.1' };
  const answer = await transcoder.transcode({
    ...{ ...uids, source, dataSetOffset: 0, transferSyntaxUid: from, targetSyntaxUid: to, file },
    ...{ mayDecompressLossy: false, ...more },
  });
  if (answer.kind === 'cannot') return { answer, bytes: Buffer.alloc(0) };
  const opened = await openPart10(file);
  await opened.close();
  expect(opened.meta?.transferSyntaxUid).toBe(to);
  expect(opened.dataSetOffset).toBe(answer.dataSetOffset);
  expect(opened.flaws).toEqual([]);
  return { answer, bytes: readFileSync(file).subarray(answer.dataSetOffset) };
}

async function made(from: string, to: string, dataSet: Buffer): Promise<string> {
  const { answer, bytes } = await make(from, to, dataSet);
  expect(answer).toMatchObject({ kind: 'made', dataSetLength: bytes.length });
  return bytes.toString('hex');
}

/** A last element, so that there is enough to tell by how the elements are written. */
const last = { implicit: `10000040 10000000 ${'20'.repeat(16)}`, explicit: `10000040 4c54 1000 ${'20'.repeat(16)}` };

describe('from implicit to explicit', () => {
  it('known elements get the VR of the dictionary, private ones without a name become UN, their creators LO', async () => {
    const from = hex(`08006000 02000000 4354 | 09001000 04000000 41434d45 | 09000110 02000000 0102 | ${last.implicit}`);
    const to = `08006000 4353 0200 4354 | 09001000 4c4f 0400 41434d45 | 09000110 554e 0000 02000000 0102 | ${last.explicit}`;
    expect(await made(implicit, explicit, from)).toBe(hex(to).toString('hex'));
  });

  it('what is US or SS is SS in an object with signed pixels', async () => {
    const more = `32000040 10000000 ${'20'.repeat(16)}`;
    const from = hex(`28000301 02000000 0100 | 28000601 02000000 feff | ${more}`);
    expect(await made(implicit, explicit, from)).toContain(hex('28000601 5353 0200 feff').toString('hex'));
  });

  it('a private sequence of undefined length becomes UN with its inside as it was', async () => {
    const inside = 'feff00e0 ffffffff 08000201 02000000 4142 feff0de0 00000000 feffdde0 00000000';
    const from = hex(`08006000 02000000 4354 | 09000110 ffffffff ${inside}`);
    expect(await made(implicit, explicit, from)).toBe(
      hex(`08006000 4353 0200 4354 | 09000110 554e 0000 ffffffff ${inside}`).toString('hex'),
    );
  });

  it('a value that is too long for its VR becomes UN', async () => {
    const head = Buffer.from('3800004000000000', 'hex');
    head.writeUInt16LE(0x0010, 0);
    head.writeUInt16LE(0x1090, 2);
    head.writeUInt32LE(70_000, 4);
    const from = Buffer.concat([hex('08006000 02000000 4354'), head, Buffer.alloc(70_000, 0x20)]);
    expect(await made(implicit, explicit, from)).toContain(hex('10009010 554e 0000 70110100').toString('hex'));
  });
});

it('a sequence keeps its items and their order in every layout', async () => {
  const from = hex(
    '08001511 5351 0000 24000000 feff00e0 0a000000 08005011 5549 0200 3130 feff00e0 0a000000 08005011 5549 0200 3230',
  );
  const there = Buffer.from(await made(explicit, implicit, from), 'hex');
  number++;
  const back = Buffer.from(await made(implicit, explicit, there), 'hex');
  const values: string[] = [];
  await walkElements(
    readerOfBuffer(back),
    { explicit: true, littleEndian: true, start: 0, end: back.length },
    { wants: () => 8, element: (spot, value) => void values.push(`${spot.parent?.index} ${value?.toString()}`) },
  );
  expect(values).toEqual(['0 10', '1 20']);
});

it('words are turned by their VR on the way from big endian, bytes and texts are not', async () => {
  const from = hex(
    '00080060 4353 0002 4354 | 00189305 554c 0004 00000102 | 00280010 5553 0002 0001 | 00420011 4f42 0000 00000004 01020304',
  );
  expect(await made(bigEndian, explicit, from)).toBe(
    hex(
      '08006000 4353 0200 4354 | 18000593 554c 0400 02010000 | 28001000 5553 0200 0100 | 42001100 4f42 0000 04000000 01020304',
    ).toString('hex'),
  );
});

/** 2 x 2 pixels of 8 bits in RGB, run-length coded by plane, as the header says. */
function runLength(frame = hex('03000000 40000000 46000000 4c000000'.padEnd(144, '0'))): Buffer {
  const planes = hex('03 01020304 00 | 03 11121314 00 | 03 21222324 00');
  const head = hex(
    '28000200 5553 0200 0300 | 28000400 4353 0400 52474220 | 28000600 5553 0200 0100 | 28001000 5553 0200 0200 | 28001100 5553 0200 0200 ' +
      '28000001 5553 0200 0800 | 28000101 5553 0200 0800 | 28000201 5553 0200 0700 | 28000301 5553 0200 0000',
  );
  const value = Buffer.concat([frame.subarray(0, 64), planes]);
  const item = Buffer.alloc(8);
  item.writeUInt32LE(0xe000fffe);
  item.writeUInt32LE(value.length + (value.length % 2), 4);
  return Buffer.concat([
    head,
    hex('e07f1000 4f42 0000 ffffffff feff00e0 00000000'),
    item,
    value,
    Buffer.alloc(value.length % 2),
    hex('feffdde0 00000000 fcfffcff 4f42 0000 02000000 0000'),
  ]);
}

describe('compressed pixels', () => {
  it('become interleaved ones, the header says so, and what stands behind them stays', async () => {
    const { answer, bytes } = await make(rle, explicit, runLength());
    expect(answer).toMatchObject({ kind: 'made', framesCompared: 1 });
    const text = bytes.toString('hex');
    expect(text).toContain(hex('28000600 5553 0200 0000').toString('hex'));
    expect(text).toContain(hex('e07f1000 4f42 0000 0c000000 | 011121 021222 031323 041424').toString('hex'));
    expect(text.endsWith(hex('fcfffcff 4f42 0000 02000000 0000').toString('hex'))).toBe(true);
  });

  it('that are cut off or lie about their size are refused, and nothing is left behind', async () => {
    const whole = runLength();
    const cut = await make(rle, explicit, whole.subarray(0, whole.length - 30));
    expect(cut.answer).toEqual({ kind: 'cannot', reason: 'truncated' });
    number++;
    const lying = await make(rle, explicit, runLength(hex('02000000 40000000'.padEnd(144, '0'))));
    expect(lying.answer).toEqual({ kind: 'cannot', reason: 'geometry-lies' });
    expect(readdirSync(folder.path).filter((name) => name === `${number}.dcm` || name.endsWith('.inflated'))).toEqual(
      [],
    );
  });

  const fragment = 'feff00e0 00000000 feff00e0 04000000 01020304';
  const picture = `feff00e0 ffffffff 28001000 5553 0200 0100 e07f1000 4f42 0000 ffffffff ${fragment} feffdde0 00000000 feff0de0 00000000`;

  it('inside of a sequence are refused', async () => {
    const nested = `88000402 5351 0000 ffffffff ${picture} feffdde0 00000000`;
    const { answer } = await make(rle, implicit, hex(`08006000 4353 0200 4354 | ${nested}`));
    expect(answer).toEqual({ kind: 'cannot', reason: 'nested-picture' });
  });

  it('inside of a private sequence are refused, and go with it where somebody says so', async () => {
    const [whole, head, owner] = [runLength().toString('hex'), '08006000435302004354', '090010004c4f06004d414b455220'];
    const sequence = `09000110 5351 0000 ffffffff ${picture} feffdde0 00000000`;
    const from = hex(`${head} ${owner} ${sequence} ${whole}`);
    expect((await make(rle, explicit, from)).answer).toEqual({ kind: 'cannot', reason: 'nested-picture' });
    number++;
    const { answer, bytes } = await make(rle, explicit, from, { mayLeaveOutPrivatePictures: true });
    expect(answer).toMatchObject({ kind: 'made', privateLeftOut: 1 });
    number++;
    expect(bytes.toString('hex')).toBe(await made(rle, explicit, hex(`${head} ${owner} ${whole}`)));
  });

  it.each([explicit, implicit])('of an icon go with it, and all else stays (%s)', async (to) => {
    const whole = runLength().toString('hex');
    const without = await made(rle, to, hex(`08006000 4353 0200 4354 ${whole}`));
    number++;
    const at = whole.indexOf('e07f1000');
    const icon = `88000000 554c 0400 10000000 88000002 5351 0000 ffffffff ${picture} feffdde0 00000000`;
    const from = hex(`08006000 4353 0200 4354 ${whole.slice(0, at)} ${icon} ${whole.slice(at)}`);
    expect(await made(rle, to, from)).toBe(without);
  });

  it('of an icon go also where its object has none', async () => {
    const icon = `88000002 5351 0000 ffffffff ${picture} feffdde0 00000000`;
    expect(await made(rle, explicit, hex(`08006000 4353 0200 4354 | ${icon} | ${last.explicit}`))).toBe(
      hex(`08006000 4353 0200 4354 | ${last.explicit}`).toString('hex'),
    );
  });
});

it('nothing is decompressed that lost something, without leave; nothing at all where that is forbidden', () => {
  const baseline = '1.2.840.10008.1.2.4.50';
  expect(transcodesOf(baseline, 'lossless')).toEqual([]);
  expect(transcodesOf(baseline, 'decompress')).toEqual([explicit, implicit]);
  expect(transcodesOf(rle, 'never')).toEqual([]);
  expect(transcodesOf(implicit, 'lossless')).toEqual([explicit]);
  expect(transcodesOf('1.2.840.10008.1.2.4.102', 'decompress')).toEqual([]);
});

it.skipIf(process.env['SAFELIGHT_SOAK'] !== '1')('a small file that swells beyond all bounds is refused', async () => {
  const { deflateRawSync } = await import('node:zlib');
  const bomb = deflateRawSync(Buffer.alloc(600 * 1024 * 1024));
  const { answer } = await make('1.2.840.10008.1.2.1.99', explicit, bomb);
  expect(answer).toEqual({ kind: 'cannot', reason: 'too-large' });
  expect(readdirSync(folder.path).filter((name) => name.endsWith('.inflated'))).toEqual([]);
});

describe('a thread', () => {
  const script = `
import { parentPort } from 'node:worker_threads';
import { writeFileSync } from 'node:fs';
parentPort.on('message', ({ source, file }) => {
  writeFileSync(file, 'half');
  if (source === 'hang') for (;;);
  if (source === 'throw') throw new Error('boom');
  if (source === 'eat') { const all = []; for (;;) all.push(new Array(1e5).fill(all.length + 0.5)); }
  const tell = () => parentPort.postMessage({ kind: 'going-on' });
  const timer = setInterval(tell, 100);
  setTimeout(() => { clearInterval(timer); parentPort.postMessage({ kind: 'cannot', reason: 'differs' }); }, source === 'slow' ? 2400 : 0);
});`;

  it('that hangs, dies or eats memory harms its own object only; one that goes on is waited for', async () => {
    const worker = path.join(folder.path, 'worker.mjs');
    writeFileSync(worker, script);
    // A thread of a loaded machine needs its time to start.
    const own = openTranscoder({ workerUrl: pathToFileURL(worker), stalledMs: 2000, memoryMiB: 32 });
    const file = path.join(folder.path, 'half.dcm');
    const ask = async (source: string) => {
      const answer = await own.transcode({
        ...{ source, file, dataSetOffset: 0, transferSyntaxUid: rle, targetSyntaxUid: explicit },
        ...{ sopClassUid: '1', sopInstanceUid: '1', mayDecompressLossy: false },
      });
      return answer.kind === 'cannot' ? answer.reason : 'made';
    };
    const answers = await Promise.all(['hang', 'fine', 'throw', 'slow', 'eat', 'fine'].map(ask));
    expect(answers.filter((reason) => reason === 'differs').length).toBe(3);
    expect([answers[0], answers[2]]).toEqual(['took-too-long', 'decoder-crashed']);
    expect(['decoder-crashed', 'took-too-long']).toContain(answers[4]);
    expect(await ask('throw')).toBe('decoder-crashed');
    expect(existsSync(file)).toBe(false);
    await own.close();
    expect(await ask('fine')).toBe('closed');
  });
});
