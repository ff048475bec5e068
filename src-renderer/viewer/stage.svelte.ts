// What is on the stage: which slide of which stack, how it is seen, which tool the mouse and Shift with arrows use.
// One stage belongs to one owner for its whole life; a slide of another owner is refused.
import { FrameCache, type Slide } from './frame-cache.ts';
import type { View } from './painter.ts';
import type { Picture, Window } from './picture.ts';

export const tools = ['window', 'zoom', 'pan', 'scroll'] as const;
export type Tool = (typeof tools)[number];

type Spot = { readonly zoom: number | 'fit'; readonly dx: number; readonly dy: number };

const fitted: Spot = { zoom: 'fit', dx: 0, dy: 0 };

export class Stage {
  readonly owner: string;
  slides = $state.raw<readonly Slide[]>([]);
  index = $state(0);
  tool = $state<Tool>('window');
  inverted = $state(false);
  playing = $state(false);
  /** The picture on stage with the slide it is of, always together; undefined while it is fetched or cannot be drawn. */
  shown = $state.raw<{ readonly slide: Slide; readonly picture: Picture } | undefined>();
  /** What was thrown instead of a picture. */
  failure = $state.raw<unknown>();
  /** Of the canvas, in device pixels. */
  size = $state.raw<{ readonly width: number; readonly height: number }>({ width: 1, height: 1 });

  readonly #cache = new FrameCache();
  #typedWindow = $state.raw<Window | undefined>();
  #spot = $state.raw<Spot>(fitted);
  #asked = 0;

  constructor(owner: string) {
    this.owner = owner;
  }

  readonly slide: Slide | undefined = $derived(this.slides[this.index]);
  readonly picture: Picture | undefined = $derived(this.shown?.picture);
  readonly window: Window | undefined = $derived(this.#typedWindow ?? this.picture?.window);
  readonly view: View = $derived.by(() => {
    const { width, height } = this.size;
    const zoom = this.#spot.zoom === 'fit' ? this.#fitting() : this.#spot.zoom;
    return { zoom, x: width / 2 + this.#spot.dx, y: height / 2 + this.#spot.dy };
  });

  /** Puts a stack on stage. Windows and zoom stay when the stack is the one that was there. */
  show(slides: readonly Slide[], index: number): void {
    if (slides.some((slide) => slide.owner !== this.owner)) throw new Error('a slide of another owner');
    const same = slides[0]?.key === this.slides[0]?.key;
    this.slides = slides;
    this.index = Math.max(0, Math.min(slides.length - 1, index));
    if (!same) {
      this.#typedWindow = undefined;
      this.#spot = fitted;
      this.playing = false;
    }
    this.#fetch();
  }

  go(index: number): void {
    if (this.slides.length === 0) return;
    const at = Math.max(0, Math.min(this.slides.length - 1, index));
    if (at === this.index) return;
    this.index = at;
    this.#fetch();
  }

  /** One step of a cine, round and round; waits for a picture that is not here yet. */
  step(from: number, to: number): void {
    const next = this.index >= to ? from : this.index + 1;
    const slide = this.slides[next];
    if (slide === undefined) return;
    if (this.#cache.peek(slide.key) !== undefined) this.go(next);
    else void this.#cache.get(slide).catch(() => (this.playing = false));
  }

  /** Uses the tool for a movement in device pixels. */
  use(tool: Tool, dx: number, dy: number): void {
    if (tool === 'window') this.#turnWindow(dx, dy);
    else if (tool === 'pan') this.#spot = { zoom: this.view.zoom, dx: this.#spot.dx + dx, dy: this.#spot.dy + dy };
    else if (tool === 'zoom') this.zoomBy(Math.exp(-dy / 200));
  }

  /** Zooms around a point of the canvas in device pixels; around the middle when it is left out. */
  zoomBy(factor: number, x = this.size.width / 2, y = this.size.height / 2): void {
    const { zoom, x: centreX, y: centreY } = this.view;
    const to = Math.max(0.01, Math.min(64, zoom * factor));
    const grown = to / zoom;
    const dx = x + (centreX - x) * grown - this.size.width / 2;
    const dy = y + (centreY - y) * grown - this.size.height / 2;
    this.#spot = { zoom: to, dx, dy };
  }

  fit(): void {
    this.#spot = fitted;
  }

  /** One image pixel is one device pixel. */
  oneToOne(): void {
    this.#spot = { ...fitted, zoom: 1 };
  }

  reset(): void {
    this.#spot = fitted;
    this.#typedWindow = undefined;
    this.inverted = false;
  }

  close(): void {
    this.playing = false;
    this.#asked += 1;
    this.#cache.close();
    this.shown = undefined;
  }

  #fitting(): number {
    const { picture, size } = this;
    if (picture === undefined) return 1;
    return Math.min(size.width / picture.width, size.height / (picture.height * picture.pixelAspect));
  }

  #turnWindow(dx: number, dy: number): void {
    const { window, picture } = this;
    if (window === undefined || picture === undefined) return;
    const step = Math.max(picture.window.width / 600, 0.25);
    this.#typedWindow = { center: window.center + dy * step, width: Math.max(1, window.width + dx * step) };
  }

  #fetch(): void {
    const { slide } = this;
    const asked = (this.#asked += 1);
    this.failure = undefined;
    const kept = slide === undefined ? undefined : this.#cache.peek(slide.key);
    this.shown = slide === undefined || kept === undefined ? undefined : { slide, picture: kept };
    const near = this.#near();
    this.#cache.want(new Set(near.map((other) => other.key)));
    if (slide === undefined) return;
    const isLate = () => asked !== this.#asked;
    void this.#cache.get(slide).then(
      (picture) => {
        if (isLate()) return;
        this.shown = { slide, picture };
        for (const other of near) void this.#cache.get(other).catch(() => undefined);
      },
      (thrown: unknown) => {
        if (isLate()) return;
        this.failure = thrown;
        this.playing = false;
      },
    );
  }

  /** The slide and its neighbours, nearest first: more of them when they are small. */
  #near(): readonly Slide[] {
    const reach = (this.picture?.sizeBytes ?? 0) > 4e6 ? 1 : this.playing ? 12 : 4;
    const indexes = [this.index];
    for (let n = 1; n <= reach; n += 1) indexes.push(this.index + n, this.index - n);
    return indexes.flatMap((at) => this.slides[at] ?? []);
  }
}
