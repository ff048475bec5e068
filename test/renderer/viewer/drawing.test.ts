// What is measured on pictures, and what lies on them. Numbers of statistics were worked out by a program of another
// language from the same values (plain Python: sums of the pixels whose centre lies within).
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Annotation, Markup } from '#contract/shapes/markup.ts';
import {
  angleAt,
  angleOfLines,
  areaOfBox,
  areaOfEllipse,
  boxOf,
  lengthBetween,
  scaleOf,
  type Spot,
} from '#contract/shapes/measuring.ts';
import { plainMarkup } from '#ui/state/markup.svelte.ts';
import { sayDrawn, sayMeasured } from '#ui/text/drawing-words.ts';
import { toPicture, type Frame } from '#ui/viewer/picture.ts';
import { onPicture, wholePixels } from '#ui/viewer/tools/geometry.ts';
import { copied, itemsOf, moved, removed, shifted, shutterOf } from '#ui/viewer/tools/items.ts';
import { contradicted, initialsOf } from '#ui/viewer/tools/laterality.ts';
import { measure, sizesOf } from '#ui/viewer/tools/measure.ts';
import { outlineOf } from '#ui/viewer/tools/outline.ts';
import { needs, place, type DrawingTool } from '#ui/viewer/tools/placing.ts';
import { statisticsOf } from '#ui/viewer/tools/statistics.ts';

/** 16 columns, 12 rows; the value of a pixel is (37 * column + 101 * row * row) mod 997, stored with 16 bits. */
const [columns, rows] = [16, 12];
const valueAt = (column: number, row: number) => (37 * column + 101 * row * row) % 997;
const pictureOf = (header: Partial<Frame['header']> = {}) =>
  toPicture({
    header: {
      ...{ rows, columns, samples: 1, bitsAllocated: 16, signed: true, photometric: 'MONOCHROME2' },
      ...{ windows: [], voiFunction: 'LINEAR', rescale: { slope: 2, intercept: -1024 } },
      ...{ min: 0, max: 996, pixelAspect: 1 },
      ...header,
    } as Frame['header'],
    bytes: Int16Array.from({ length: rows * columns }, (_, n) => valueAt(n % columns, Math.floor(n / columns)))
      .buffer as ArrayBuffer,
  });

const coordinate = fc.double({ min: -50, max: 50, noNaN: true, noDefaultInfinity: true });
const spot = fc.tuple(coordinate, coordinate);
const size = fc.record({
  x: fc.double({ min: 0.05, max: 3, noNaN: true }),
  y: fc.double({ min: 0.05, max: 3, noNaN: true }),
});
const turned = ([column, row]: Spot, degrees: number): Spot => {
  const by = (degrees * Math.PI) / 180;
  return [column * Math.cos(by) - row * Math.sin(by), column * Math.sin(by) + row * Math.cos(by)];
};
const square = { x: 1, y: 1 };

describe('lengths and angles', () => {
  test('a distance is that of the ruler: 3 by 4 pixels of 0.2 mm are 1 mm, also where pixels are not square', () => {
    expect(lengthBetween([0, 0], [3, 4], { x: 0.2, y: 0.2 })).toBeCloseTo(1, 12);
    expect(lengthBetween([1, 1], [4, 3], { x: 1, y: 2 })).toBe(5);
  });

  test('a distance is the same from both ends, and no way round is shorter', () =>
    fc.assert(
      fc.property(spot, spot, spot, size, (a, b, c, each) => {
        expect(lengthBetween(a, b, each)).toBe(lengthBetween(b, a, each));
        expect(lengthBetween(a, b, each)).toBeLessThanOrEqual(
          lengthBetween(a, c, each) + lengthBetween(c, b, each) + 1e-9,
        );
      }),
    ));

  test('an angle is that between its arms, however long they are and however the picture lies', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 360 }),
        fc.integer({ min: 0, max: 180 }),
        fc.double({ min: 0.1, max: 90, noNaN: true }),
        fc.double({ min: 0.1, max: 90, noNaN: true }),
        (start, angle, one, other) => {
          const arm = turned([one, 0], start);
          expect(angleAt(arm, [0, 0], turned([other, 0], start + angle), square)).toBeCloseTo(angle, 6);
        },
      ),
    ));

  test('a Cobb angle is never more than a right angle, and does not care which end of a line was drawn first', () =>
    fc.assert(
      fc.property(spot, spot, spot, spot, size, (a, b, c, d, each) => {
        const angle = angleOfLines([a, b], [c, d], each);
        expect(angle).toBeGreaterThanOrEqual(0);
        expect(angle).toBeLessThanOrEqual(90 + 1e-9);
        if (lengthBetween(a, b, each) > 1e-6) expect(angleOfLines([b, a], [c, d], each)).toBeCloseTo(angle, 6);
      }),
    ));

  test('an angle on pixels that are twice as high as wide is that of the patient', () => {
    expect(angleAt([10, 0], [0, 0], [10, 10], { x: 0.5, y: 1 })).toBeCloseTo((Math.atan(2) * 180) / Math.PI, 9);
    expect(
      angleOfLines(
        [
          [0, 0],
          [10, 0],
        ],
        [
          [0, 5],
          [10, 15],
        ],
        square,
      ),
    ).toBeCloseTo(45, 9);
  });
});

describe('values within a shape', () => {
  // Python: v = [(37*c+101*r*r) % 997 * 2 - 1024 for the pixels within], statistics.pstdev for the deviation.
  test.each([
    [
      'rectangle',
      [2, 1],
      [9, 6],
      { pixels: 35, mean: 29.771428571428572, deviation: 547.3927336912312, min: -978, max: 942 },
    ],
    [
      'rectangle',
      [2.6, 1.4],
      [9.49, 5.51],
      { pixels: 30, mean: 9.8, deviation: 547.8319328650591, min: -978, max: 806 },
    ],
    [
      'ellipse',
      [1, 1],
      [13, 10],
      { pixels: 84, mean: 57.857142857142854, deviation: 590.8894655891385, min: -988, max: 954 },
    ],
    [
      'ellipse',
      [-4, -3],
      [7.3, 8.9],
      { pixels: 57, mean: -98.24561403508773, deviation: 590.2105565620243, min: -1024, max: 942 },
    ],
  ] as const)('%s from %j to %j', (kind, from, to, expected) => {
    const found = statisticsOf(pictureOf(), kind, boxOf(from, to));
    expect(found?.pixels).toBe(expected.pixels);
    expect(found?.mean).toBeCloseTo(expected.mean, 9);
    expect(found?.deviation).toBeCloseTo(expected.deviation, 9);
    expect([found?.min, found?.max]).toEqual([expected.min, expected.max]);
  });

  test('boxes side by side share no pixel and leave none out', () =>
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: columns, noNaN: true }),
        fc.double({ min: 0, max: columns, noNaN: true }),
        (one, other) => {
          const [left, right] = [Math.min(one, other), Math.max(one, other)];
          const pixels = (from: number, to: number) =>
            statisticsOf(pictureOf(), 'rectangle', { left: from, right: to, top: 0, bottom: rows })?.pixels ?? 0;
          expect(pixels(0, left) + pixels(left, right) + pixels(right, columns)).toBe(columns * rows);
        },
      ),
    ));

  test('padding is no picture, a slope below zero turns least and greatest, and colour has no value', () => {
    const box = { left: 0, top: 0, right: columns, bottom: rows };
    const all = statisticsOf(pictureOf(), 'rectangle', box);
    const padded = statisticsOf(pictureOf({ padding: { from: 0, to: 100 } }), 'rectangle', box);
    expect(padded?.pixels).toBeLessThan(all?.pixels ?? 0);
    expect(padded?.min).toBeGreaterThan(100 * 2 - 1024);
    const upside = statisticsOf(pictureOf({ rescale: { slope: -1, intercept: 0 } }), 'rectangle', box);
    expect(upside?.min).toBeLessThan(upside?.max ?? 0);
    expect(upside?.deviation).toBeGreaterThan(0);
    expect(statisticsOf({ ...pictureOf(), samples: 3 }, 'rectangle', box)).toBeUndefined();
    expect(statisticsOf(pictureOf(), 'ellipse', { left: 3, top: 3, right: 3, bottom: 3 })).toBeUndefined();
    expect(statisticsOf(pictureOf(), 'ellipse', { left: -90, top: -90, right: -10, bottom: -10 })).toBeUndefined();
  });

  test('the area is that of the shape as it was drawn', () => {
    const box = { left: 1, top: 2, right: 11, bottom: 6 };
    expect(areaOfBox(box, { x: 0.5, y: 0.25 })).toBe(5);
    expect(areaOfEllipse(box, { x: 0.5, y: 0.25 })).toBeCloseTo((5 * Math.PI) / 4, 12);
  });
});

describe('a length says where its millimetres come from', () => {
  const points: Spot[] = [
    [2, 2],
    [6, 5],
  ];
  const region = {
    left: 0,
    top: 0,
    right: 7,
    bottom: 11,
    spatialFormat: 1,
    unitX: 3,
    unitY: 3,
    deltaX: 0.02,
    deltaY: -0.03,
  };
  const curve = { ...region, left: 8, right: 15, spatialFormat: 3, unitX: 4, unitY: 7 };
  const said = (header: Partial<Frame['header']>, calibrationMm: number | null = null, at = points) => {
    const measured = measure(
      { kind: 'distance', points: at.map(([c, r]) => [c, r]) },
      { picture: pictureOf(header), calibrationMm, unit: '' },
    );
    return measured === undefined ? '' : sayMeasured(measured)[0];
  };

  test.each([
    ['pixels, where nobody says it', {}, null, '5.0 px'],
    ['millimetres in the patient', { spacingMm: [0.5, 0.5], spacing: { from: 'PixelSpacing' } }, null, '2.5 mm'],
    [
      'millimetres at the detector',
      { spacingMm: [0.5, 0.5], spacing: { from: 'ImagerPixelSpacing' } },
      null,
      '2.5 mm at the detector',
    ],
    [
      'the device’s own estimate',
      { spacingMm: [0.5, 0.5], spacing: { from: 'ImagerPixelSpacing', magnification: 1.1 } },
      null,
      '2.5 mm, magnification estimated by the device',
    ],
    ['what a person calibrated', { spacingMm: [0.5, 0.5] }, 2, '10.0 mm, calibrated by hand'],
    ['the region of an ultrasound picture', { regions: [region, curve] }, null, '1.2 mm'],
  ] as const)('%s', (_what, header, calibrationMm, expected) =>
    expect(said(header as Partial<Frame['header']>, calibrationMm)).toBe(expected),
  );

  test('over a curve, or from a region to somewhere else, there are no millimetres of the region', () => {
    expect(
      said({ regions: [region, curve], spacingMm: [0.5, 0.5] }, null, [
        [2, 2],
        [12, 2],
      ]),
    ).toBe('10.0 px');
    expect(
      said({ regions: [curve] }, null, [
        [9, 2],
        [12, 6],
      ]),
    ).toBe('5.0 px');
    expect(
      scaleOf(sizesOf(pictureOf({ regions: [region] })), null, [
        [2, 2],
        [12, 2],
      ]).unit,
    ).toBe('px');
  });

  test('values are said with their unit', () => {
    const drawn = {
      kind: 'rectangle',
      points: [
        [2, 1],
        [9, 6],
      ],
    } as Pick<Annotation, 'kind' | 'points'>;
    const measured = measure(drawn, { picture: pictureOf({ spacingMm: [1, 1] }), calibrationMm: null, unit: 'HU' });
    expect(measured && sayMeasured(measured)).toEqual([
      'Mean 29.8 HU, SD 547.4',
      'Min -978.0, max 942.0',
      'Area 35.0 mm²',
    ]);
  });
});

describe('points are placed one after the other', () => {
  test('a tool is done with as many points as it needs, and the same place counts once', () => {
    for (const [tool, { points, orMore }] of Object.entries(needs) as [DrawingTool, (typeof needs)[DrawingTool]][]) {
      let placed: readonly Spot[] = [];
      for (let n = 0; n < points; n += 1) {
        const next = place(tool, placed, [n * 3, n]);
        expect(next.kind).toBe(n === points - 1 && orMore === undefined ? 'done' : 'open');
        if (next.kind === 'open') expect(place(tool, next.points, [n * 3, n]).points).toHaveLength(n + 1);
        placed = next.points;
      }
      expect(placed).toHaveLength(points);
    }
  });

  test('what takes any number of points ends where it was placed twice', () => {
    const points: Spot[] = [
      [0, 0],
      [5, 0],
      [5, 5],
    ];
    expect(place('shutter-polygon', points, [5, 5])).toEqual({ kind: 'done', points });
    expect(place('shutter-polygon', points.slice(0, 2), [5, 0]).kind).toBe('open');
  });
});

describe('what lies on a picture', () => {
  const extent = { width: columns, height: rows };
  const annotation = (id: string, more: Partial<Annotation> = {}): Annotation => ({
    ...{
      id,
      frame: null,
      kind: 'distance',
      points: [
        [1, 1],
        [4, 5],
      ],
      text: '',
    },
    ...more,
  });
  const marked: Markup = {
    ...plainMarkup,
    annotations: [annotation('a'), annotation('b', { frame: 3, kind: 'marker', points: [[2, 2]], side: 'L' })],
    shutter: { kind: 'circle', center: [8, 6], radius: 4 },
    crop: { left: 1, top: 1, right: 12, bottom: 10 },
    redactions: [
      { left: 0, top: 0, right: 5, bottom: 2 },
      { left: 6, top: 6, right: 9, bottom: 9 },
    ],
  };

  test('all of it is one list, and a drawing of another frame is not in it', () => {
    expect(itemsOf(marked, 3).map(({ key }) => key)).toEqual([
      'a',
      'b',
      'shutter',
      'crop',
      'redaction-0',
      'redaction-1',
    ]);
    expect(itemsOf(marked, 1).map(({ key }) => key)).not.toContain('b');
    expect(sayDrawn(marked)).toBe('2 drawings, a shutter, cropped and 2 boxes blacked out');
    expect(sayDrawn(plainMarkup)).toBe('');
  });

  test('each thing can be taken away, and nothing else goes with it', () => {
    for (const { key } of itemsOf(marked, 3)) {
      const rest = itemsOf({ ...marked, ...removed(marked, key) }, 3);
      expect(rest).toHaveLength(itemsOf(marked, 3).length - 1);
    }
  });

  test('what is moved to where it is stays the same', () => {
    for (const { key, points } of itemsOf(marked, 3))
      expect({ ...marked, ...moved(marked, key, points, extent) }).toEqual(marked);
  });

  test('nothing is moved off the picture, and its size stays', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: columns }), fc.integer({ min: 0, max: rows })), {
          minLength: 1,
          maxLength: 5,
        }),
        spot,
        (points, by) => {
          const there = shifted(points, by, extent);
          for (const [column, row] of there) {
            expect(column).toBeGreaterThanOrEqual(-1e-9);
            expect(column).toBeLessThanOrEqual(columns + 1e-9);
            expect(row).toBeGreaterThanOrEqual(-1e-9);
            expect(row).toBeLessThanOrEqual(rows + 1e-9);
          }
          const [a, b] = [points[0] as Spot, there[0] as Spot];
          there.forEach(([column, row], n) => {
            expect(column - (points[n]?.[0] ?? 0)).toBeCloseTo(b[0] - a[0], 9);
            expect(row - (points[n]?.[1] ?? 0)).toBeCloseTo(b[1] - a[1], 9);
          });
        },
      ),
    ));

  test('a crop and a black box are whole pixels of the picture, or are none', () =>
    fc.assert(
      fc.property(spot, spot, (a, b) => {
        const box = onPicture(wholePixels(boxOf(a, b)), columns, rows);
        if (box === undefined) return;
        expect(Object.values(box).every(Number.isInteger)).toBe(true);
        expect(box.right - box.left).toBeGreaterThanOrEqual(1);
        expect(box.bottom - box.top).toBeGreaterThanOrEqual(1);
        expect(box.left >= 0 && box.top >= 0 && box.right <= columns && box.bottom <= rows).toBe(true);
      }),
    ));

  test('a shutter that would leave nothing to see is none', () => {
    expect(
      shutterOf(
        'rectangle',
        [
          [30, 30],
          [40, 40],
        ],
        extent,
      ),
    ).toBeUndefined();
    expect(
      shutterOf(
        'circle',
        [
          [3, 3],
          [3.2, 3],
        ],
        extent,
      ),
    ).toBeUndefined();
    expect(
      shutterOf(
        'polygon',
        [
          [3, 3],
          [5, 3],
        ],
        extent,
      ),
    ).toBeUndefined();
    expect(
      shutterOf(
        'circle',
        [
          [3, 3],
          [6, 7],
        ],
        extent,
      ),
    ).toEqual({ kind: 'circle', center: [3, 3], radius: 5 });
  });

  test('copied twice it is there once, values of another picture are not taken over, and what is there stays', () => {
    let n = 0;
    const newId = () => `new-${(n += 1)}`;
    const from = {
      ...marked,
      annotations: [annotation('a', { label: '5.0 mm' }), annotation('e', { kind: 'ellipse', label: 'Mean 1' })],
    };
    const to = {
      ...plainMarkup,
      rotation: 90 as const,
      annotations: [
        annotation('old', {
          points: [
            [0, 0],
            [1, 1],
          ],
        }),
      ],
    };
    const once = { ...to, ...copied(from, to, newId) };
    expect(once.annotations.map(({ id, label }) => [id, label])).toEqual([
      ['old', undefined],
      ['new-1', '5.0 mm'],
      ['new-2', undefined],
    ]);
    expect(once.rotation).toBe(90);
    expect({ ...once, ...copied(from, once, newId) }).toEqual(once);
  });

  test('every kind has lines from its second point on, letters have none', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 10, y: 5 },
      { x: 3, y: 9 },
      { x: 8, y: 8 },
    ];
    for (const kind of [
      'distance',
      'angle',
      'cobb',
      'ellipse',
      'rectangle',
      'arrow',
      'freehand',
      'crop',
      'redaction',
    ] as const)
      expect(outlineOf(kind, points)).toMatch(/^M[-\d.]+ [-\d.]+/);
    expect(outlineOf('marker', points.slice(0, 1))).toBe('');
  });
});

describe('the side on a picture', () => {
  test('a marker that says another side than the object is found', () => {
    expect(contradicted(['L', undefined, 'L'], 'R')).toEqual(['L']);
    expect(contradicted(['R'], ' r ')).toEqual([]);
    expect(contradicted(['L', 'R'], 'B')).toEqual([]);
    expect(contradicted(['L'], undefined)).toEqual([]);
    expect(contradicted(['L'], '')).toEqual([]);
  });

  test.each([
    ['Anna Weber', 'AW'],
    ['Weber^Anna', 'AW'],
    ['anna-lena weber', 'ALW'],
    ['Иван Петров', 'ИП'],
    ['', ''],
    ['a b c d e f', 'ABCD'],
  ])('the initials of %s are %s', (name, expected) => expect(initialsOf(name)).toBe(expected));
});
