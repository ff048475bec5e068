// A picture that is nearly nothing on the disk and would fill the memory is said to be too large before it does.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { decodeFrame } from '#station/dicom/codecs/decode-frame.ts';
import { buildFileMeta, encodeElements } from '#station/dicom/index.ts';
import { patient, sopClassUid } from '../objects.ts';
import { requestFor } from './requests.ts';
import { imagePixelElements } from '../../../support/image-pixel.ts';

const side = 8_400;
const elements = [
  ...patient,
  ...imagePixelElements({ rows: side, columns: side, bitsStored: 8 }),
  { keyword: 'PixelData', vr: 'OB', value: Buffer.alloc(side * side) },
];

it('a deflated file of some kilobytes with seventy million pixels is too large', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'bombs-'));
  try {
    const file = path.join(folder, 'bomb.dcm');
    const transferSyntaxUid = '1.2.840.10008.1.2.1.99';
    const meta = buildFileMeta({ sopClassUid, sopInstanceUid: '2.25.1001', transferSyntaxUid });
    const dataSet = encodeElements(elements, { explicit: true, littleEndian: true, characterSet: [] });
    writeFileSync(file, Buffer.concat([meta, deflateRawSync(dataSet, { level: 6 })]));
    expect(statSync(file).size).toBeLessThan(200_000);
    await expect(decodeFrame(await requestFor(file))).rejects.toMatchObject({ reason: 'too-large' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
