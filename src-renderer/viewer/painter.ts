// Puts a picture on a canvas at the size it is shown, in two steps: resampling when the view changes, and one look-up
// a pixel when only the window changes. So a drag of the window costs the same for a small picture and a huge one.
import { axesOf, standing, type Turn, type View } from './mapping.ts';
import { levelFor, type Picture, type Values, type Window } from './picture.ts';
import { makeToneRoom, tone } from './tones.ts';

/** What is to be on the canvas; `view` in its own pixels. */
export type Drawing = {
  readonly picture: Picture;
  readonly view: View;
  readonly turn: Turn;
  readonly window: Window;
  readonly inverted: boolean;
};

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
  readonly #room = makeToneRoom();
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

  paint(drawing: Drawing): void {
    const { picture, view, turn } = drawing;
    const { canvas } = this.#context;
    const key = [view.zoom, view.x, view.y, turn.rotation, turn.flipped, canvas.width, canvas.height].join(' ');
    const before = this.#resampled;
    if (before === undefined || before.picture !== picture || before.key !== key) {
      this.#resampled = resample(drawing, canvas, key);
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
    tone(drawing, resampled.values, out, this.#room);
    this.#context.putImageData(this.#image, resampled.left, resampled.top);
  }
}

const sameBox = (a: Resampled, b: Resampled) =>
  a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height;

/** The part of the picture that is on screen, one value for each device pixel. */
function resample({ picture, view, turn }: Drawing, canvas: HTMLCanvasElement, key: string): Resampled {
  const size = standing(picture, turn);
  const edge = (centre: number, half: number) => Math.round(centre + half * view.zoom);
  const left = Math.max(0, edge(view.x, -size.width / 2));
  const top = Math.max(0, edge(view.y, -size.height / 2));
  const width = Math.max(0, Math.min(canvas.width, edge(view.x, size.width / 2)) - left);
  const height = Math.max(0, Math.min(canvas.height, edge(view.y, size.height / 2)) - top);
  const zoomRow = view.zoom * picture.pixelAspect;
  const { level, factor } = levelFor(picture, Math.min(view.zoom, zoomRow));
  const { samples } = picture;
  const columns = { size: picture.width, zoom: view.zoom, most: level.width, stride: samples };
  const rows = { size: picture.height, zoom: zoomRow, most: level.height, stride: level.width * samples };
  const { swapped, alongX, alongY } = axesOf(turn);
  const across = steps({
    from: left,
    count: width,
    centre: view.x,
    factor,
    sign: alongX,
    ...(swapped ? rows : columns),
  });
  const down = steps({ from: top, count: height, centre: view.y, factor, sign: alongY, ...(swapped ? columns : rows) });
  return { picture, key, left, top, width, height, values: pick(level.values, samples, across, down) };
}

/** `at` and `next` count in values, not in pixels. */
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
  /** Values from one pixel to the next. */
  readonly stride: number;
  /** Whether the picture runs with the screen or against it. */
  readonly sign: 1 | -1;
}): Steps {
  const { from, count, centre, size, zoom, factor, most, stride, sign } = along;
  const at = new Int32Array(count);
  const next = new Int32Array(count);
  const share = new Int32Array(count);
  const last = most - 1;
  for (let i = 0; i < count; i += 1) {
    const image = ((sign * (from + i + 0.5 - centre)) / zoom + size / 2) / factor;
    const exact = zoom >= nearestFrom ? Math.floor(image) : image - 0.5;
    const whole = Math.floor(exact);
    at[i] = Math.max(0, Math.min(last, whole)) * stride;
    next[i] = Math.max(0, Math.min(last, whole + 1)) * stride;
    share[i] = Math.round((exact - whole) * 256);
  }
  return { at, next, share };
}

function pick(from: Values, samples: 1 | 3, alongX: Steps, alongY: Steps): Values {
  const width = alongX.at.length;
  const height = alongY.at.length;
  const kind = from.constructor as { new (length: number): Values };
  const out = new kind(width * height * samples);
  let to = 0;
  for (let y = 0; y < height; y += 1) {
    const upper = alongY.at[y] as number;
    const lower = alongY.next[y] as number;
    const down = alongY.share[y] as number;
    for (let x = 0; x < width; x += 1) {
      const left = alongX.at[x] as number;
      const right = alongX.next[x] as number;
      const along = alongX.share[x] as number;
      for (let c = 0; c < samples; c += 1, to += 1) {
        const a = from[upper + left + c] as number;
        const b = from[upper + right + c] as number;
        const d = from[lower + left + c] as number;
        const e = from[lower + right + c] as number;
        const high = a * 256 + (b - a) * along;
        const low = d * 256 + (e - d) * along;
        out[to] = (high * 256 + (low - high) * down) / 65_536;
      }
    }
  }
  return out;
}
