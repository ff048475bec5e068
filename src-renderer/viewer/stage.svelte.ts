// What is on one stage: which slide of which stack, and how it is seen. One stage belongs to one owner for its whole
// life; a slide of another owner is refused. How an object is looked at (window, turn, tone) is kept by whoever hands
// in the looks; zoom and place are the stage's own.
import type { FrameCache, Slide } from './frame-cache.ts';
import { mappingOf, scaled, standing, type Mapping, type Rotation, type Turn, type View } from './mapping.ts';
import { CannotShow, finestStep, narrowest, type Picture, type Window } from './picture.ts';
import type { Tool } from './hand.svelte.ts';

/** How an object is looked at. */
export type Look = Turn & {
  /** In units after rescale; null: as the object says. */
  readonly window: Window | null;
  readonly inverted: boolean;
};

/** Where looks are kept, by the subject of a slide; who shows frames in different ways is told which. `of` is reactive. */
export type Looks = {
  of(subject: string, frame: number): Look;
  change(subjects: readonly string[], change: Partial<Look>): void;
};

export const plainLook: Look = { window: null, inverted: false, rotation: 0, flipped: false };

/** Zoom in parts of what fits; the way from the middle in parts of the picture as it stands. For viewports side by side. */
export type Pose = { readonly scale: number; readonly across: number; readonly down: number };

type Spot = { readonly zoom: number | 'fit'; readonly dx: number; readonly dy: number };
type Stack = { readonly slides: readonly Slide[]; readonly index: number; readonly together: boolean };

const fitted: Spot = { zoom: 'fit', dx: 0, dy: 0 };
/** How many bytes of pictures one stage fetches ahead, and how many slides at the most. */
const aheadBytes = 60e6;
const aheadMost = 24;

/** What can be kept of a window. */
const plainWindow = ({ center, width, name, lut }: Window): Window => ({
  ...{ center, width },
  ...(name === undefined ? {} : { name }),
  ...(lut === undefined ? {} : { lut }),
});

export class Stage {
  readonly owner: string;
  slides = $state.raw<readonly Slide[]>([]);
  index = $state(0);
  playing = $state(false);
  /** The picture on stage with the slide it is of, always together; undefined while it is fetched or cannot be drawn. */
  shown = $state.raw<{ readonly slide: Slide; readonly picture: Picture } | undefined>();
  /** What was thrown instead of a picture. */
  failure = $state.raw<unknown>();
  /** Of the canvas, in device pixels. */
  size = $state.raw<{ readonly width: number; readonly height: number }>({ width: 1, height: 1 });
  /** The point that is looked at, in device pixels of the canvas: the mouse, or what the probe was moved to. */
  spot = $state.raw<{ readonly x: number; readonly y: number } | undefined>();

  readonly #cache: FrameCache;
  readonly #looks: Looks;
  #together = $state(false);
  #at = $state.raw<Spot | Pose>(fitted);
  #asked = 0;
  #ahead: 1 | -1 = 1;

  constructor(owner: string, cache: FrameCache, looks: Looks) {
    this.owner = owner;
    this.#cache = cache;
    this.#looks = looks;
  }

  readonly slide: Slide | undefined = $derived(this.slides[this.index]);
  readonly picture: Picture | undefined = $derived(this.shown?.picture);
  readonly look: Look = $derived.by(() =>
    this.slide === undefined ? plainLook : this.#looks.of(this.slide.subject, this.slide.frame ?? 0),
  );
  readonly window: Window | undefined = $derived(this.look.window ?? this.picture?.window);
  readonly #spotNow: { readonly zoom: number; readonly dx: number; readonly dy: number } = $derived.by(() => {
    const at = this.#at;
    if (!('scale' in at)) return { ...at, zoom: at.zoom === 'fit' ? this.#fitting() : at.zoom };
    const { width, height } = this.#standing();
    const zoom = at.scale * this.#fitting();
    return { zoom, dx: at.across * width * zoom, dy: at.down * height * zoom };
  });
  readonly view: View = $derived.by(() => {
    const { zoom, dx, dy } = this.#spotNow;
    return { zoom, x: this.size.width / 2 + dx, y: this.size.height / 2 + dy };
  });
  /** Between the picture and device pixels of the canvas; undefined while there is no picture. */
  readonly mapping: Mapping | undefined = $derived(
    this.picture === undefined ? undefined : mappingOf(this.picture, this.view, this.look),
  );
  readonly pose: Pose = $derived.by(() => {
    const { width, height } = this.#standing();
    const { zoom, dx, dy } = this.#spotNow;
    return { scale: zoom / this.#fitting(), across: dx / (width * zoom), down: dy / (height * zoom) };
  });

  /** Between the picture and the pixels of CSS, for what is drawn over the canvas. */
  mappingAt(ratio: number): Mapping | undefined {
    return this.picture === undefined ? undefined : mappingOf(this.picture, scaled(this.view, 1 / ratio), this.look);
  }

  /** Puts a stack on stage; the window of a stack that goes `together` is one for all. Zoom stays where the stack does. */
  show({ slides, index, together }: Stack): void {
    if (slides.some((slide) => slide.owner !== this.owner)) throw new Error('a slide of another owner');
    const same = slides[0]?.key === this.slides[0]?.key;
    this.slides = slides;
    this.index = Math.max(0, Math.min(slides.length - 1, index));
    this.#together = together;
    if (!same) {
      this.#at = fitted;
      this.playing = false;
    }
    this.#fetch();
  }

  go(index: number): void {
    if (this.slides.length === 0) return;
    const at = Math.max(0, Math.min(this.slides.length - 1, index));
    if (at === this.index) return;
    this.#ahead = at > this.index ? 1 : -1;
    this.index = at;
    this.#fetch();
  }

  /** Goes there when the picture is here; else has it fetched and stays. */
  goWhenHere(index: number): void {
    const slide = this.slides[index];
    if (slide === undefined) return;
    if (this.#cache.peek(slide.key) !== undefined) this.go(index);
    else void this.#cache.get(slide).catch(() => (this.playing = false));
  }

  /** Uses the tool for a movement in device pixels. */
  use(tool: Tool, dx: number, dy: number): void {
    if (tool === 'window') this.#turnWindow(dx, dy);
    else if (tool === 'pan') this.#pan(dx, dy);
    else if (tool === 'zoom') this.zoomBy(Math.exp(-dy / 200));
    else if (tool === 'probe') this.moveSpot(dx, dy);
  }

  moveSpot(dx: number, dy: number): void {
    const { width, height } = this.size;
    const { x, y } = this.spot ?? { x: width / 2, y: height / 2 };
    this.spot = { x: Math.max(0, Math.min(width, x + dx)), y: Math.max(0, Math.min(height, y + dy)) };
  }

  /** Zooms around a point of the canvas in device pixels; around the middle when it is left out. */
  zoomBy(factor: number, x = this.size.width / 2, y = this.size.height / 2): void {
    const { zoom, x: centreX, y: centreY } = this.view;
    const to = Math.max(0.01, Math.min(64, zoom * factor));
    const grown = to / zoom;
    const dx = x + (centreX - x) * grown - this.size.width / 2;
    const dy = y + (centreY - y) * grown - this.size.height / 2;
    this.#at = { zoom: to, dx, dy };
  }

  fit(): void {
    this.#at = fitted;
  }

  /** One image pixel is one device pixel, and lies on it: between two of them it would be blurred. */
  oneToOne(): void {
    const { width, height } = this.#standing();
    const onto = (room: number, extent: number) => Math.floor((room - extent) / 2) - (room - extent) / 2;
    this.#at = { zoom: 1, dx: onto(this.size.width, width), dy: onto(this.size.height, height) };
  }

  /** Takes the zoom and place of another stage, also for a picture that is still to come. */
  assume(pose: Pose): void {
    this.#at = pose;
  }

  /** Sets the window, of the whole stack where it goes together. Null: as the object says. */
  setWindow(window: Window | null): void {
    const { slide } = this;
    if (slide === undefined) return;
    const subjects = this.#together ? [...new Set(this.slides.map(({ subject }) => subject))] : [slide.subject];
    this.#looks.change(subjects, { window: window === null ? null : plainWindow(window) });
  }

  invert(): void {
    this.#change({ inverted: !this.look.inverted });
  }

  /** By a quarter turn as it is seen, clockwise or back: on a flipped picture the turn that is stored runs the other way. */
  turn(clockwise: boolean): void {
    const by = clockwise !== this.look.flipped ? 90 : 270;
    this.#change({ rotation: ((this.look.rotation + by) % 360) as Rotation });
  }

  /** Changes left and right as it is seen. */
  flip(): void {
    this.#change({ flipped: !this.look.flipped });
  }

  /** Changes top and bottom as it is seen: flipped from side to side and turned upside down. */
  flipUpsideDown(): void {
    this.#change({ flipped: !this.look.flipped, rotation: ((this.look.rotation + 180) % 360) as Rotation });
  }

  reset(): void {
    this.#at = fitted;
    this.#change({ inverted: false, rotation: 0, flipped: false });
    this.setWindow(null);
  }

  /** What is on stage could not be put on the screen: nothing is shown in its place. */
  fail(thrown: unknown): void {
    this.playing = false;
    this.shown = undefined;
    this.failure = new CannotShow(thrown);
  }

  close(): void {
    this.playing = false;
    this.#asked += 1;
    this.#cache.want(this, []);
    this.shown = undefined;
  }

  #pan(dx: number, dy: number): void {
    const at = this.#spotNow;
    this.#at = { zoom: at.zoom, dx: at.dx + dx, dy: at.dy + dy };
  }

  #change(change: Partial<Look>): void {
    if (this.slide !== undefined) this.#looks.change([this.slide.subject], change);
  }

  #standing(): { readonly width: number; readonly height: number } {
    return this.picture === undefined ? { width: 1, height: 1 } : standing(this.picture, this.look);
  }

  #fitting(): number {
    const { picture, size } = this;
    if (picture === undefined) return 1;
    const { width, height } = standing(picture, this.look);
    return Math.min(size.width / width, size.height / height);
  }

  #turnWindow(dx: number, dy: number): void {
    const { window, picture } = this;
    if (window === undefined || picture === undefined) return;
    const step = Math.max(picture.window.width / 600, finestStep(picture) / 4);
    this.setWindow({
      center: window.center + dy * step,
      width: Math.max(narrowest(picture), window.width + dx * step),
    });
  }

  #fetch(): void {
    const { slide } = this;
    const asked = (this.#asked += 1);
    this.failure = undefined;
    const kept = slide === undefined ? undefined : this.#cache.peek(slide.key);
    this.shown = slide === undefined || kept === undefined ? undefined : { slide, picture: kept };
    if (slide === undefined) return this.#cache.want(this, []);
    // Until the picture is here nothing else takes its way.
    this.#cache.want(this, kept === undefined ? this.#near(2) : this.#near(this.#reach(kept)));
    if (kept !== undefined) return;
    const isLate = () => asked !== this.#asked;
    void this.#cache.get(slide).then(
      (picture) => {
        if (isLate()) return;
        this.shown = { slide, picture };
        this.#cache.want(this, this.#near(this.#reach(picture)));
      },
      (thrown: unknown) => {
        if (isLate()) return;
        this.failure = thrown;
        this.playing = false;
      },
    );
  }

  #reach(picture: Picture): number {
    return Math.max(1, Math.min(aheadMost, Math.floor(aheadBytes / picture.sizeBytes)));
  }

  /** The slide and its neighbours, nearest first: `reach` of them the way it goes, a quarter of that behind. */
  #near(reach: number): readonly Slide[] {
    const indexes = [this.index];
    for (let n = 1; n <= reach; n += 1) {
      indexes.push(this.index + n * this.#ahead);
      if (n <= Math.ceil(reach / 4)) indexes.push(this.index - n * this.#ahead);
    }
    return indexes.flatMap((at) => this.slides[at] ?? []);
  }
}
