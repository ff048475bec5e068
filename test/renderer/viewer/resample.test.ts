// What is put on the screen of a picture: each device pixel between the image pixels it lies among, however the picture
// is turned, and whatever its values are stored as.
import { expect, test } from 'vitest';
import { axesOf, mappingOf, standing, type Rotation } from '#ui/viewer/mapping.ts';
import { toPicture, type Frame, type Picture } from '#ui/viewer/picture.ts';
import { resample } from '#ui/viewer/resample.ts';

const [columns, rows] = [13, 11];
const turns = ([0, 90, 180, 270] as const).flatMap((rotation: Rotation) =>
  [false, true].map((flipped) => ({ rotation, flipped })),
);

/** A picture of noise with both ends of what its bits can hold. */
function noise(bits: 8 | 16 | 32, signed: boolean, samples: 1 | 3 = 1): Picture {
  const [least, most] = signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
  const values = Array.from({ length: columns * rows * samples }, (_, n) =>
    n % 7 === 0 ? most : n % 5 === 0 ? least : least + ((n * 7919) % 251) * ((most - least) / 251),
  );
  const kinds = signed ? [Int8Array, Int16Array, Int32Array] : [Uint8Array, Uint16Array, Uint32Array];
  const Kind = kinds[Math.log2(bits / 8)] as typeof Uint8Array;
  const header = {
    ...{ rows, columns, samples, bitsAllocated: bits, signed, windows: [], voiFunction: 'LINEAR' },
    ...{ photometric: samples === 3 ? 'RGB' : 'MONOCHROME2', rescale: { slope: 1, intercept: 0 } },
    ...{ min: least, max: most, pixelAspect: 1 },
  } as Frame['header'];
  return toPicture({ header, bytes: Kind.from(values).buffer as ArrayBuffer });
}

const kinds = [
  ['8 bits', noise(8, false), 1],
  ['8 bits with a sign', noise(8, true), 1],
  ['16 bits', noise(16, false), 65_535 / 256],
  ['16 bits with a sign', noise(16, true), 65_535 / 256],
  ['32 bits', noise(32, false), 2 ** 32 / 256],
  ['colour', noise(8, false, 3), 1],
] as const;

test.each(kinds)(
  'a pixel of the screen lies between those of the picture: %s, however it is turned',
  (_, picture, near) => {
    const { values } = picture.levels[0]!;
    const { samples } = picture;
    const valueAt = (column: number, row: number, c: number) => {
      const x = Math.max(0, Math.min(columns - 1, column));
      const y = Math.max(0, Math.min(rows - 1, row));
      return values[(y * columns + x) * samples + c] as number;
    };
    for (const turn of turns) {
      for (const zoom of [1, 1.62, 7.3]) {
        const view = { zoom, x: 40, y: 42 };
        const found = resample({ picture, view, turn }, { width: 90, height: 88 });
        const mapping = mappingOf(picture, view, turn);
        for (let y = 0; y < found.height; y += 1) {
          for (let x = 0; x < found.width; x += 1) {
            const [column, row] = mapping.toImage(found.left + x + 0.5, found.top + y + 0.5);
            const [left, top] = [Math.floor(column - 0.5), Math.floor(row - 0.5)];
            const [across, down] = [column - 0.5 - left, row - 0.5 - top];
            for (let c = 0; c < samples; c += 1) {
              const high = valueAt(left, top, c) * (1 - across) + valueAt(left + 1, top, c) * across;
              const low = valueAt(left, top + 1, c) * (1 - across) + valueAt(left + 1, top + 1, c) * across;
              const wanted = high * (1 - down) + low * down;
              const got = found.values[(y * found.width + x) * samples + c] as number;
              if (Math.abs(got - wanted) > near * 2) expect({ turn, zoom, x, y, got }).toEqual({ wanted });
            }
          }
        }
      }
    }
  },
);

test('at its own size a picture is on the screen as it is stored, and nothing of it beyond the edge', () => {
  const picture = noise(16, true);
  for (const turn of turns) {
    const { width, height } = standing(picture, turn);
    const canvas = { width: width + 4, height: height + 6 };
    const found = resample({ picture, view: { zoom: 1, x: 2 + width / 2, y: 3 + height / 2 }, turn }, canvas);
    expect([found.left, found.top, found.width, found.height]).toEqual([2, 3, width, height]);
    const { swapped } = axesOf(turn);
    expect([...found.values].sort()).toEqual([...picture.levels[0]!.values].sort());
    if (!swapped && !turn.flipped && turn.rotation === 0) expect(found.values).toEqual(picture.levels[0]!.values);
  }
  const away = resample({ picture, view: { zoom: 1, x: -500, y: 5 }, turn: turns[0]! }, { width: 50, height: 50 });
  expect(away.values.length).toBe(0);
});
