// An object as it leaves is read from its pieces as if it were a file.
import { expect, it } from 'vitest';
import { openPart10 } from '#station/dicom/index.ts';
import { compareHeaders, readTree } from '#station/dicom/documents/index.ts';
import { openAsLeft } from '#station/flow/open-as-left.ts';
import { makeObject, patient } from '../dicom/objects.ts';

const whole = makeObject([
  ...patient,
  { keyword: 'PixelData', vr: 'OW', value: Buffer.alloc(70_000) },
  { tag: 0xfffcfffc, vr: 'OB', value: Buffer.alloc(10) },
]);
const asLeft = {
  sizeBytes: whole.length,
  async *pieces(start = 0) {
    // One buffer for all pieces: what is kept of one must be copied before the next is asked for.
    const piece = Buffer.alloc(7);
    for (let at = start; at < whole.length; at += piece.length) yield piece.subarray(0, whole.copy(piece, 0, at));
  },
};

for (const headBytes of [16, 300, 65_536, 1_048_576]) {
  it(`reads the same whatever lies behind its head of ${headBytes} bytes`, async () => {
    const lines = compareHeaders(await readTree(await openAsLeft(asLeft, 'object', headBytes)), null);
    expect(lines.length).toBeGreaterThan(patient.length);
    expect(lines).toEqual(compareHeaders(await readTree(await openPart10(whole)), null));
  });
}
