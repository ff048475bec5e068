// Puts a picture on a canvas at the size it is shown, in two steps: resampling when the view changes, and one look-up
// a pixel when only the window changes. So a drag of the window costs the same for a small picture and a huge one.
import type { Turn, View } from './mapping.ts';
import type { Picture, Window } from './picture.ts';
import { resample, type Resampled } from './resample.ts';
import { makeToneRoom, tone } from './tones.ts';

/** What is to be on the canvas; `view` in its own pixels. */
export type Drawing = {
  readonly picture: Picture;
  readonly view: View;
  readonly turn: Turn;
  readonly window: Window;
  readonly inverted: boolean;
};

type Kept = Resampled & { readonly picture: Picture; readonly key: string };

export class Painter {
  readonly #context: CanvasRenderingContext2D;
  readonly #room = makeToneRoom();
  #kept: Kept | undefined;
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
    this.#kept = undefined;
    this.#image = undefined;
  }

  paint(asked: Drawing): void {
    // A state begins with what is stored.
    const drawing =
      asked.window.state === undefined ? asked : { ...asked, picture: asked.picture.stored ?? asked.picture };
    const { picture, view, turn } = drawing;
    const { canvas } = this.#context;
    const key = [view.zoom, view.x, view.y, turn.rotation, turn.flipped, canvas.width, canvas.height].join(' ');
    const before = this.#kept;
    if (before === undefined || before.picture !== picture || before.key !== key) {
      this.#kept = { ...resample(drawing, canvas), picture, key };
      if (before === undefined || !sameBox(before, this.#kept)) {
        this.#context.fillStyle = '#000';
        this.#context.fillRect(0, 0, canvas.width, canvas.height);
        this.#image = undefined;
      }
    }
    const kept = this.#kept;
    if (kept === undefined || kept.width < 1 || kept.height < 1) return;
    this.#image ??= this.#context.createImageData(kept.width, kept.height);
    const out = new Uint32Array(this.#image.data.buffer);
    tone(drawing, kept.values, out, this.#room);
    this.#context.putImageData(this.#image, kept.left, kept.top);
  }
}

const sameBox = (a: Resampled, b: Resampled) =>
  a.left === b.left && a.top === b.top && a.width === b.width && a.height === b.height;
