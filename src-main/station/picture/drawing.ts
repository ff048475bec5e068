// Lines and words as a mask over a picture: 0 nothing, 1 the dark rim that keeps them readable, 2 the drawing itself.
//
// The picture is drawn as SVG, without edges that are smoothed away: a pixel belongs to it or not. Refuses nothing: where
// words leave no trace `isWordless` says so. Letters are DejaVu Sans, which comes with the station: a picture says the same on every
// machine, whatever is installed there.
import { createRequire } from 'node:module';
import path from 'node:path';
import { openPipe } from './pipe.ts';

type Point = readonly [column: number, row: number];

export type MaskThing =
  | { readonly kind: 'line'; readonly points: readonly Point[] }
  | { readonly kind: 'ellipse'; readonly centre: Point; readonly radii: Point }
  | { readonly kind: 'words'; readonly at: Point; readonly lines: readonly string[] };

export type Mask = { readonly values: Uint8Array; readonly isWordless: boolean };

export async function drawMask(things: readonly MaskThing[], width: number, height: number): Promise<Mask> {
  const size = Math.max(10, Math.round(Math.min(width, height) / 40));
  const words = things.filter((thing) => thing.kind === 'words');
  if (words.length > 0) await loadLetters();
  const values = await paint(things, { width, height, size });
  const isWordless = words.length > 0 && !(await paint(words, { width, height, size })).some((value) => value === 2);
  return { values, isWordless };
}

/**
 * What draws SVG knows no files of letters, but finds what was loaded into the process beside it. It must be there before the
 * first word is drawn; a second time costs nothing.
 */
async function loadLetters(): Promise<void> {
  const inPackage = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf');
  // A foreign library cannot look into the archive of an installed program.
  const fontfile = inPackage.replace(`app.asar${path.sep}`, `app.asar.unpacked${path.sep}`);
  const pipe = await openPipe({ text: { text: 'a', font: 'DejaVu Sans', fontfile } });
  await pipe.raw().toBuffer();
}

type Sheet = { readonly width: number; readonly height: number; readonly size: number };

async function paint(things: readonly MaskThing[], sheet: Sheet): Promise<Uint8Array> {
  const { width, height, size } = sheet;
  const stroke = Math.max(1, Math.round(size / 10));
  const shapes = things.map((thing) => shapeOf(thing, sheet)).join('');
  const layer = (colour: string, wide: number) =>
    `<g fill="none" stroke="${colour}" stroke-width="${wide}" stroke-linejoin="round">${shapes}</g>`;
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" shape-rendering="crispEdges" ` +
    `font-family="'DejaVu Sans', sans-serif" font-size="${size}">${layer('#000', stroke + 2)}${layer('#fff', stroke)}` +
    `<g fill="#fff">${things.map((thing) => (thing.kind === 'words' ? shapeOf(thing, sheet) : '')).join('')}</g></svg>`;
  const pipe = await openPipe(Buffer.from(svg), { limitInputPixels: false });
  const rgba = await pipe.ensureAlpha().raw().toBuffer();
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) {
    if ((rgba[i * 4 + 3] ?? 0) >= 128) values[i] = (rgba[i * 4] ?? 0) >= 128 ? 2 : 1;
  }
  return values;
}

function shapeOf(thing: MaskThing, { width, height, size }: Sheet): string {
  if (thing.kind === 'line') {
    return `<polyline points="${thing.points.map(([x, y]) => `${number(x)},${number(y)}`).join(' ')}"/>`;
  }
  if (thing.kind === 'ellipse') {
    const [[cx, cy], [rx, ry]] = [thing.centre, thing.radii];
    return `<ellipse cx="${number(cx)}" cy="${number(cy)}" rx="${number(rx)}" ry="${number(ry)}"/>`;
  }
  const { at, lines } = thing;
  const longest = Math.max(...lines.map(({ length }) => length)) * size * 0.6;
  const left = Math.max(1, Math.min(at[0] + size / 3, width - longest));
  return lines
    .map((line, n) => {
      const base = Math.max(size, Math.min(at[1] + n * size * 1.2, height - (lines.length - n - 1) * size * 1.2 - 2));
      return `<text stroke-width="2" x="${number(left)}" y="${number(base)}">${escaped(line)}</text>`;
    })
    .join('');
}

const number = (value: number): string => value.toFixed(2);
const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`).replace(/[^\x20-\u{10ffff}]/gu, ' ');
