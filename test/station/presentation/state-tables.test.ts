// Look-up tables in presentation states: only those that the picture was seen through.
import { expect, it } from 'vitest';
import { markupShape } from '#contract/shapes/markup.ts';
import type { FoundElement } from '#station/presentation/found-elements.ts';
import { stateElements, stateKey, type StatePicture } from '#station/presentation/state-content.ts';

const us = (...numbers: number[]): Buffer => Buffer.from(Uint16Array.from(numbers).buffer);
const table: FoundElement = {
  ...{ tag: 0x00283000, vr: 'SQ', value: Buffer.alloc(0) },
  items: [
    [
      { tag: 0x00283002, vr: 'US', value: us(2, 0, 16) },
      { tag: 0x00283004, vr: 'LO', value: Buffer.from('US') },
      { tag: 0x00283006, vr: 'US', value: us(0, 4095) },
    ],
  ],
};

function picture(seenThrough: boolean): StatePicture {
  return {
    ...{ SOPClassUID: '1.2.840.10008.5.1.4.1.1.12.1', SOPInstanceUID: '1.2.3', SeriesInstanceUID: '1.2' },
    ...{ frames: 1, markup: markupShape.parse({ inverted: true }), found: new Map([[table.tag, table]]) },
    frame: {
      ...{ kind: 'frame', rows: 8, columns: 8, ofRows: 8, ofColumns: 8, samples: 1, bitsAllocated: 8, signed: false },
      ...{ photometric: 'MONOCHROME2', windows: [{ center: 127, width: 255 }], windowsFrom: 'object' },
      ...{ voiFunction: 'LINEAR', rescale: { slope: 1, intercept: 0 }, min: 0, max: 255, pixelAspect: 1 },
      ...(seenThrough ? { modalityLutApplied: true } : {}),
    },
  };
}

const names = (one: StatePicture) =>
  stateElements([one]).map((element) => ('keyword' in element ? element.keyword : element.tag));

it('an angiogram is not seen through the table that is for subtracting', () => {
  expect(names(picture(false))).not.toContain(table.tag);
  expect(names(picture(true))).toContain(table.tag);
  expect(stateKey(picture(false))).not.toBe(stateKey(picture(true)));
});
