// Pictures whose overlays and shutters were made to harm: what is baked of them, or said of them, is bounded.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { overlaysAfter } from '#station/presentation/baked-overlays.ts';
import {
  isShown,
  shownInRow,
  shutterElements,
  shuttersOf,
  shutterTags,
  type Shutters,
} from '#station/presentation/shutter-elements.ts';
import type { FoundElement, FoundElements } from '#station/presentation/found-elements.ts';

const us = (...numbers: number[]): Buffer => Buffer.from(Uint16Array.from(numbers).buffer);
const found = (...elements: FoundElement[]): FoundElements =>
  new Map(elements.map((element) => [element.tag, element]));
const text = (tag: number, value: string): FoundElement => ({ tag, vr: 'IS', value: Buffer.from(value) });
const whole = { crop: { left: 0, top: 0, right: 8192, bottom: 8192 }, rotation: 90, flipped: false } as const;

it('ten thousand overlays of one pixel are not made as large as the picture, ten thousand times', () => {
  const planes = found(
    { tag: 0x60000010, vr: 'US', value: us(1) },
    { tag: 0x60000011, vr: 'US', value: us(1) },
    text(0x60000015, '10000'),
    { tag: 0x60003000, vr: 'OW', value: Buffer.alloc(1250, 0xff) },
  );
  expect(overlaysAfter(planes, whole, [])).toBeNull();
});

it('an overlay of frames that are none is not followed', () => {
  const planes = found(
    { tag: 0x60000010, vr: 'US', value: us(1) },
    { tag: 0x60000011, vr: 'US', value: us(1) },
    text(0x60000015, '1.5'),
    { tag: 0x60003000, vr: 'OW', value: Buffer.alloc(2, 0xff) },
  );
  expect(overlaysAfter(planes, whole, [])).toBeNull();
});

it.each([
  ['beyond all numbers', '1e300'],
  ['that are broken', '-9999999'],
])('edges %s are no shutter of what leaves', (_what, edge) => {
  const lies = found(
    text(shutterTags.shape, 'RECTANGULAR\\CIRCULAR\\POLYGONAL'),
    text(shutterTags.left, edge),
    text(shutterTags.right, '10'),
    text(shutterTags.upper, '1'),
    text(shutterTags.lower, '10'),
    text(shutterTags.centre, `5\\${edge}`),
    text(shutterTags.radius, '4'),
    text(shutterTags.vertices, `1\\1\\1\\${edge}\\5\\5`),
  );
  expect(shutterElements(shuttersOf(null, lies))).toEqual([]);
});

it('a shutter of more corners than an element can hold is not said', () => {
  const corners = Array.from({ length: 50_000 }, (_, n) => `${n}\\${n % 7}`).join('\\');
  const lies = found(text(shutterTags.shape, 'POLYGONAL'), text(shutterTags.vertices, corners));
  expect(shutterElements(shuttersOf(null, lies))).toEqual([]);
});

it('a row of a picture is shut as each of its pixels is, whatever the outline', () => {
  const place = fc.integer({ min: -3, max: 14 });
  const corners = fc.array(fc.tuple(place, place), { minLength: 3, maxLength: 12 });
  const box = fc.record({ left: place, right: place, upper: place, lower: place });
  const circle = fc.record({ centre: fc.tuple(place, place), radius: fc.integer({ min: 1, max: 9 }) });
  const shutters = fc.record({ polygon: corners, rectangle: box, circle }, { requiredKeys: [] });
  fc.assert(
    fc.property(shutters, fc.integer({ min: 0, max: 11 }), (some, row) => {
      const each = Array.from({ length: 12 }, (_, column) => Number(isShown(some as Shutters, column, row)));
      expect([...shownInRow(some as Shutters, row, 12)]).toEqual(each);
    }),
    { numRuns: 200 },
  );
});
