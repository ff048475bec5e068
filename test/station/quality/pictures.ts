// Radiographs drawn for tests: a limb of soft tissue with a bone, on a black ground, with a lead letter; and what can go wrong.
import type { RawFrame } from '#station/model/raw-frame.ts';
import type { NewElement } from '#station/dicom/index.ts';
import type { AboutImage } from '#station/quality/checks/about.ts';
import { noiseFrom } from '../../support/noise.ts';
import { imagePixelElements } from '../../support/image-pixel.ts';

export type Drawn = { readonly columns: number; readonly rows: number; readonly values: Uint16Array };

const side = 420;

/** Twelve bits, light is dense. Always the same. */
export function drawLimb({ marker = true, columns = side, rows = side } = {}): Drawn {
  const values = new Uint16Array(columns * rows);
  const noise = noiseFrom(7);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const across = Math.abs(x - columns / 2 - 20 * Math.sin(y / 90)) / columns;
      // Trabeculae and a fracture line give edges in every direction.
      const grain = Math.sign(Math.sin(x / 5) * Math.sin(y / 6)) * 110;
      const bone = across < 0.07 ? 2000 + grain : 0;
      const tissue = across < 0.2 ? 900 : 0;
      const isJoint = y % 70 < 14;
      values[y * columns + x] = 120 + Math.max(isJoint ? 0 : bone, tissue) + noise(60);
    }
  const drawn = { columns, rows, values };
  if (marker) drawLetter(drawn, { left: 40, top: 60, height: 30 }, 3900);
  return drawn;
}

/** An L. */
export function drawLetter(
  { columns, values }: Drawn,
  { left, top, height }: { readonly left: number; readonly top: number; readonly height: number },
  value: number,
): void {
  const stroke = Math.max(2, Math.round(height / 6));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < Math.round(height * 0.6); x++)
      if (x < stroke || y >= height - stroke) values[(top + y) * columns + left + x] = value;
}

/** The mean along a line: what movement does. */
export function move({ columns, rows, values }: Drawn, pixels: number, vertically = false): Drawn {
  const moved = new Uint16Array(values.length);
  const half = Math.floor(pixels / 2);
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      let [sum, count] = [0, 0];
      for (let k = -half; k <= half; k++) {
        const [u, v] = vertically ? [x, y + k] : [x + k, y];
        if (u < 0 || v < 0 || u >= columns || v >= rows) continue;
        sum += values[v * columns + u]!;
        count++;
      }
      moved[y * columns + x] = sum / count;
    }
  return { columns, rows, values: moved };
}

export const aRadiograph: AboutImage = {
  Modality: 'DX',
  frames: 1,
  BurnedInAnnotation: '',
  ImageLaterality: '',
  PhotometricInterpretation: 'MONOCHROME2',
  bitsStored: 12,
};

export function frameOf({ columns, rows, values }: Drawn, over: Partial<RawFrame> = {}): RawFrame {
  let [min, max] = [65_535, 0];
  for (const value of values) [min, max] = [Math.min(min, value), Math.max(max, value)];
  return {
    ...{ kind: 'frame', rows, columns, ofRows: rows, ofColumns: columns, samples: 1, bitsAllocated: 16, signed: false },
    bytes: new Uint8Array(values.buffer.slice(0) as ArrayBuffer),
    photometric: 'MONOCHROME2',
    windows: [{ center: 2048, width: 4096 }],
    windowsFrom: 'object',
    voiFunction: 'LINEAR',
    rescale: { slope: 1, intercept: 0 },
    ...{ min, max, pixelAspect: 1 },
    ...over,
  } as RawFrame;
}

/** Elements of a DX image of it. */
export function elementsOf({ columns, rows, values }: Drawn): NewElement[] {
  return [
    ...imagePixelElements({ rows, columns, bitsStored: 12 }),
    { keyword: 'WindowCenter', value: '2048' },
    { keyword: 'WindowWidth', value: '4096' },
    { keyword: 'PixelData', vr: 'OW', value: Buffer.from(values.buffer, values.byteOffset, values.byteLength) },
  ];
}
