// Puts a picture on a canvas at the size it is shown, in two steps: resampling when the view changes, and one look-up
// a pixel when only the window changes. So a drag of the window costs the same for a small picture and a huge one.
import { levelFor, type Picture, type Values, type Window } from './picture.ts';
import { colourTable, greyTable } from './tones.ts';

/** Where the picture lies, in device pixels: its centre point and how many device pixels one image pixel takes. */
export type View = { readonly zoom: number; readonly x: number; readonly y: number };

type Resampled = {
  readonly picture: Picture;
  readonly key: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly values: Values;
};

/** From this zoom on each image pixel is shown as the square it is. */
const nearestFrom = 24;

export class Painter {
  readonly #context: CanvasRenderingContext2D;
  readonly #grey = new Uint32Array(65_536);
  readonly #colour = new Uint8Array(256);
  #resampled: Resampled | undefined;
  #image: ImageData | undefined;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d', { alpha: false, desynchronized: false });
    if (context === null) throw new Error('no canvas');
    this.#context = context;
  }

  /** Nothing is left of any picture when it returns. */
  clear(): void {
    const { canvas } = this.#context;
    this.#context.fillStyle = '#000';
    this.#context.fillRect(0, 0, canvas.width, canvas.height);
    this.#resampled = undefined;
    this.#image = undefined;
  }

  paint(picture: Picture, view: View, window: Window, inverted: boolean): void {
    const { canvas } = this.#context;
    const key = `${view.zoom} ${view.x} ${view.y} ${canvas.width} ${canvas.height}`;
    const before = this.#resampled;
    if (before === undefined || before.picture !== picture || before.key !== key) {
      this.#resampled = resample(picture, view, canvas, key);
      if (before === undefined || !sameBox(before, this.#resampled)) {
        this.#context.fillStyle = '#000';
        this.#context.fillRect(0, 0, canvas.width, canvas.height);
        this.#image = undefined;
      }
    }
    const resampled = this.#resampled;
    if (resampled === undefined || resampled.width < 1 || resampled.height < 1) return;
    this.#image ??= this.#context.createImageData(resampled.width, resampled.height);
    const out = new Uint32Array(this.#image.data.buffer);
    if (picture.samples === 1) this.#toneGrey(picture, resampled.values, out, window, inverted);
    else this.#toneColour(resampled.values, out, window, inverted);
    this.#context.putImageData(this.#image, resampled.left, resampled.top);
  }

  #toneGrey(picture: Picture, values: Values, out: Uint32Array, window: Window, inverted: boolean): void {
    const table = this.#grey;
    greyTable(picture, window, inverted, table);
    for (let i = 0; i < out.length; i += 1) out[i] = table[(values[i] as number) & 0xffff] as number;
  }

  #toneColour(values: Values, out: Uint32Array, window: Window, inverted: boolean): void {
    const table = this.#colour;
    colourTable(window, inverted, table);
    for (let i = 0, at = 0; i < out.length; i += 1, at += 3) {
      const red = table[values[at] as number] as number;
      const green = table[values[at + 1] as number] as number;
      const blue = table[values[at + 2] as number] as number;
      out[i] = 0xff000000 | (blue << 16) | (green << 8) | red;
    }
  }
}

const sameBox = (a: Resampled, b: Resampled) =>
  a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height;

/** The part of the picture that is on screen, one value for each device pixel. */
function resample(picture: Picture, view: View, canvas: HTMLCanvasElement, key: string): Resampled {
  const zoomY = view.zoom * picture.pixelAspect;
  const edge = (centre: number, at: number, size: number, zoom: number) => Math.round(centre + (at - size / 2) * zoom);
  const left = Math.max(0, edge(view.x, 0, picture.width, view.zoom));
  const top = Math.max(0, edge(view.y, 0, picture.height, zoomY));
  const right = Math.min(canvas.width, edge(view.x, picture.width, picture.width, view.zoom));
  const bottom = Math.min(canvas.height, edge(view.y, picture.height, picture.height, zoomY));
  const width = Math.max(0, right - left);
  const height = Math.max(0, bottom - top);
  const { level, factor } = levelFor(picture, Math.min(view.zoom, zoomY));
  const alongX = steps({
    from: left,
    count: width,
    centre: view.x,
    size: picture.width,
    zoom: view.zoom,
    factor,
    most: level.width,
  });
  const alongY = steps({
    from: top,
    count: height,
    centre: view.y,
    size: picture.height,
    zoom: zoomY,
    factor,
    most: level.height,
  });
  const values = pick(level.values, level.width, picture.samples, alongX, alongY);
  return { picture, key, left, top, width, height, values };
}

type Steps = { readonly at: Int32Array; readonly next: Int32Array; readonly share: Int32Array };

/** For each device pixel along one direction: the two image pixels it lies between, and the second one's share of 256. */
function steps(along: {
  readonly from: number;
  readonly count: number;
  readonly centre: number;
  readonly size: number;
  readonly zoom: number;
  readonly factor: number;
  readonly most: number;
}): Steps {
  const { from, count, centre, size, zoom, factor, most } = along;
  const at = new Int32Array(count);
  const next = new Int32Array(count);
  const share = new Int32Array(count);
  const last = most - 1;
  for (let i = 0; i < count; i += 1) {
    const image = ((from + i + 0.5 - centre) / zoom + size / 2) / factor;
    const exact = zoom >= nearestFrom ? Math.floor(image) : image - 0.5;
    const whole = Math.floor(exact);
    at[i] = Math.max(0, Math.min(last, whole));
    next[i] = Math.max(0, Math.min(last, whole + 1));
    share[i] = Math.round((exact - whole) * 256);
  }
  return { at, next, share };
}

function pick(from: Values, stride: number, samples: 1 | 3, alongX: Steps, alongY: Steps): Values {
  const width = alongX.at.length;
  const height = alongY.at.length;
  const kind = from.constructor as { new (length: number): Values };
  const out = new kind(width * height * samples);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    const upper = (alongY.at[y] as number) * stride;
    const lower = (alongY.next[y] as number) * stride;
    const down = alongY.share[y] as number;
    for (let x = 0; x < width; x += 1) {
      const left = alongX.at[x] as number;
      const right = alongX.next[x] as number;
      const along = alongX.share[x] as number;
      for (let c = 0; c < samples; c += 1, to += 1) {
        const a = from[(upper + left) * samples + c] as number;
        const b = from[(upper + right) * samples + c] as number;
        const d = from[(lower + left) * samples + c] as number;
        const e = from[(lower + right) * samples + c] as number;
        const high = a * 256 + (b - a) * along;
        const low = d * 256 + (e - d) * along;
        out[to] = (high * 256 + (low - high) * down) / 65_536;
      }
    }
  }
  return out;
}
