// Pictures whose overlays and shutters were made to harm: what is baked of them, or said of them, is bounded.
import { expect, it } from 'vitest';
import { overlaysAfter } from '#station/presentation/baked-overlays.ts';
import { shutterElements, shuttersOf, shutterTags } from '#station/presentation/shutter-elements.ts';
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
