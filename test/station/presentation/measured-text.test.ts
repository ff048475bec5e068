// What leaves beside a drawing that nobody has had on the screen yet.
import { expect, test } from 'vitest';
import { annotationShape } from '#contract/shapes/markup.ts';
import { wordsOf, type Measured } from '#station/presentation/measured-text.ts';

const drawn = (kind: 'distance' | 'ellipse', rest: object = {}) =>
  annotationShape.parse({
    ...{ id: 'd', frame: null, kind, ...rest },
    points: [
      [0, 0],
      [30, 40],
    ],
  });
const plain: Measured = { pixelAspect: 1, calibrationMm: null };
const region = {
  left: 0,
  top: 0,
  right: 99,
  bottom: 99,
  spatialFormat: 1,
  unitX: 3,
  unitY: 3,
  deltaX: 0.1,
  deltaY: 0.1,
};

test.each([
  ['in pixels where nobody says how long one is', plain, '50.0 px'],
  ['in millimetres of the patient', { ...plain, spacingMm: [0.5, 0.5] }, '25.0 mm'],
  [
    'at the detector, and it says so',
    { ...plain, spacingMm: [0.5, 0.5], spacing: { from: 'ImagerPixelSpacing' } },
    '25.0 mm at the detector',
  ],
  ['by the hand of a person, and it says so', { ...plain, calibrationMm: 2 }, '100.0 mm, calibrated by hand'],
  ['by the region of an ultrasound picture', { ...plain, regions: [region] }, '50.0 mm'],
  [
    'in pixels where a region says that a pixel is nothing',
    { ...plain, regions: [{ ...region, deltaX: 0 }] },
    '50.0 px',
  ],
] as const)('a distance leaves %s', (_what, measured, expected) => {
  expect(wordsOf(drawn('distance'), measured)).toEqual([expected]);
});

test('what the window showed is what leaves', () => {
  expect(wordsOf(drawn('ellipse', { text: 'cyst', label: 'Mean 3.0, SD 1.0\nArea 9.4 cm²' }), plain)).toEqual([
    ...['cyst', 'Mean 3.0, SD 1.0', 'Area 9.4 cm²'],
  ]);
  expect(wordsOf(drawn('ellipse'), plain)).toEqual(['Area 942.5 px²']);
});
