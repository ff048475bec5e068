// The pictures side by side: up to sixteen tiles, one of which has the keys. A tile of this exam that has the keys shows
// what Review shows; the others remember their own place. Tiles of the exam for comparison are of another owner, with
// looks of their own. All share one cache.
import type { Comparing, Documents, Markups, Review } from '#ui/state/index.ts';
import { fetchFrame } from '#ui/state/index.ts';
import {
  FrameCache,
  frameMs,
  Hand,
  isSameWindow,
  nextFrame,
  Stage,
  lookBy,
  type Looks,
  type Round,
  type Slide,
  type Speed,
} from '#ui/viewer/index.ts';
import { NoPicture } from './no-picture.ts';
import { Pursuit, type Way } from './pursuit.ts';
import type { Exam, ObjectRow, SeriesRow } from '#contract/shapes/exam.ts';

export type Whose = 'this' | 'other';
export type Layout = { readonly columns: number; readonly rows: number };
type Place = { readonly objectId: string | undefined; readonly frame: number };

/** Modalities whose images are slices: they share a window. */
const sliced: ReadonlySet<string> = new Set(['CT', 'MR', 'PT', 'NM']);

/** What the key for more pictures goes through. */
export const layouts: readonly Layout[] = [
  { columns: 1, rows: 1 },
  { columns: 2, rows: 1 },
  { columns: 2, rows: 2 },
  { columns: 3, rows: 2 },
  { columns: 3, rows: 3 },
  { columns: 4, rows: 3 },
  { columns: 4, rows: 4 },
];
export const most = 4;

const firstDrawable = (exam: Exam | undefined) =>
  exam?.series.flatMap(({ objects }) => objects).find(({ drawable }) => drawable)?.id;

export class Tile {
  readonly whose: Whose;
  readonly stage: Stage;
  readonly #wall: Wall;
  #place = $state.raw<Place>({ objectId: undefined, frame: 0 });

  constructor(wall: Wall, whose: Whose, examId: string, place: Place) {
    this.#wall = wall;
    this.whose = whose;
    this.#place = place;
    this.stage = new Stage(examId, wall.cache, wall.stageLooksOf(whose));
  }

  readonly exam: Exam | undefined = $derived.by(() => this.#wall.examOf(this.whose));
  readonly #followed: boolean = $derived.by(() => this.whose === 'this' && this.#wall.active === this);
  readonly objectId: string | undefined = $derived.by(() =>
    this.#followed ? this.#wall.review.objectId : (this.#place.objectId ?? firstDrawable(this.exam)),
  );
  readonly frame: number = $derived.by(() => (this.#followed ? this.#wall.review.frame : this.#place.frame));
  readonly objects: readonly ObjectRow[] = $derived(this.exam?.series.flatMap((series) => series.objects) ?? []);
  readonly series: SeriesRow | undefined = $derived(
    this.exam?.series.find((candidate) => candidate.objects.some(({ id }) => id === this.objectId)),
  );
  readonly object: ObjectRow | undefined = $derived(this.series?.objects.find(({ id }) => id === this.objectId));
  /** A cine is a stack of its own; single images are one stack with their series. */
  readonly #cine: ObjectRow | undefined = $derived.by(() =>
    this.object?.drawable === true && this.object.frames > 1 ? this.object : undefined,
  );
  readonly isCine: boolean = $derived(this.#cine !== undefined);
  readonly stack: readonly { readonly objectId: string; readonly frame: number }[] = $derived.by(() => {
    const cine = this.#cine;
    if (cine !== undefined) return Array.from({ length: cine.frames }, (_, frame) => ({ objectId: cine.id, frame }));
    return (this.series?.objects ?? [])
      .filter(({ frames, drawable }) => frames <= 1 || !drawable)
      .map(({ id }) => ({ objectId: id, frame: 0 }));
  });
  /** Of what else is in the stack nobody asks for frames. */
  readonly #drawable: ReadonlySet<string> = $derived(
    new Set(this.objects.filter(({ drawable }) => drawable).map(({ id }) => id)),
  );
  readonly #slides: readonly Slide[] = $derived.by(() =>
    this.stack.map(({ objectId, frame }) => ({
      key: `${objectId}/${frame}`,
      owner: this.stage.owner,
      subject: objectId,
      frame,
      load: (signal) =>
        !this.#drawable.has(objectId)
          ? Promise.reject(new NoPicture())
          : this.whose === 'this'
            ? fetchFrame(objectId, frame, signal)
            : this.#wall.comparing.fetchFrame(objectId, frame, signal),
    })),
  );
  readonly #together: boolean = $derived(sliced.has(this.series?.Modality ?? '') || this.isCine);
  /** In the stack, from 0; -1 when it is not in it. */
  readonly place: number = $derived(
    this.stack.findIndex(({ objectId, frame }) => objectId === this.objectId && frame === this.frame),
  );
  /** From 1. */
  readonly number: number = $derived(this.objects.findIndex(({ id }) => id === this.objectId) + 1);
  #put: readonly Slide[] | undefined;

  /** Puts on stage what the tile is to show. Reactive: run again when the stack or the place in it is another. */
  put(): void {
    const slides = this.#slides;
    const at = this.place;
    if (this.exam !== undefined && this.exam.id !== this.stage.owner) return;
    if (slides !== this.#put) {
      this.#put = slides;
      this.stage.show({ slides, index: Math.max(0, at), together: this.#together });
    } else if (at >= 0) this.stage.go(at);
  }

  show(objectId: string, frame = 0): void {
    if (this.#followed) this.#wall.review.show(objectId, frame);
    else this.#place = { objectId, frame };
  }

  /** Remembers where it is before another tile gets the keys. */
  hold(): void {
    this.#place = { objectId: this.objectId, frame: this.frame };
  }

  /** Over the edge of a stack lies the next image of the exam; `within` stays in the stack. */
  step(by: number, within = false): void {
    const { stack, place } = this;
    const to = within ? Math.max(0, Math.min(stack.length - 1, place + by)) : place + by;
    const inside = this.isCine || within ? stack[to] : undefined;
    if (inside !== undefined) return this.show(inside.objectId, inside.frame);
    const next = this.objects[Math.max(0, Math.min(this.objects.length - 1, this.number - 1 + by))];
    if (next !== undefined && next.id !== this.objectId) this.show(next.id);
  }

  /** The slide so many steps away in this stack; undefined where no more images are, or the next stack begins. */
  slideAt(by: number): Slide | undefined {
    return this.#slides[this.place + by];
  }

  /** Whether there is an image so many steps away, in this stack or beyond it. Out of a cine one goes step by step. */
  canStep(by: number): boolean {
    if (this.slideAt(by) !== undefined) return true;
    return (!this.isCine || Math.abs(by) === 1) && this.objects[this.number - 1 + by] !== undefined;
  }

  toSeries(by: number): void {
    const { exam } = this;
    const at = exam?.series.findIndex(({ id }) => id === this.series?.id) ?? -1;
    const first = exam?.series[at + by]?.objects[0];
    if (first !== undefined) this.show(first.id);
  }
}

export class Wall {
  readonly review: Review;
  readonly comparing: Comparing;
  readonly cache = new FrameCache();
  #pursuit: Pursuit | undefined;
  #pursued: Tile | undefined;
  readonly hand = new Hand();
  layout = $state.raw<Layout>({ columns: 1, rows: 1 });
  linked = $state(false);
  tiles = $state.raw<readonly Tile[]>([]);
  speed = $state<Speed>(1);
  round = $state<Round | undefined>();
  readonly #markups: Markups;
  readonly #documents: Documents;
  readonly #exam: () => Exam;
  readonly #examId: string;
  #activeThis = $state.raw<Tile | undefined>();
  #activeOther = $state.raw<Tile | undefined>();

  constructor(
    rooms: {
      readonly review: Review;
      readonly comparing: Comparing;
      readonly markups: Markups;
      readonly documents: Documents;
    },
    exam: () => Exam,
  ) {
    this.review = rooms.review;
    this.comparing = rooms.comparing;
    this.#markups = rooms.markups;
    this.#documents = rooms.documents;
    rooms.documents.shown = undefined;
    this.#exam = exam;
    this.#examId = exam().id;
    const first = new Tile(this, 'this', this.#examId, { objectId: undefined, frame: 0 });
    this.tiles = [first];
    this.#activeThis = first;
  }

  /** The tile that has the keys. */
  readonly active: Tile = $derived.by(
    () => ((this.review.elsewhere ? this.#activeOther : undefined) ?? this.#activeThis ?? this.tiles[0]) as Tile,
  );
  readonly places: number = $derived(this.layout.columns * this.layout.rows);

  examOf(whose: Whose): Exam | undefined {
    return whose === 'this' ? this.#exam() : this.comparing.exam;
  }

  /** How a stage shows: a presentation state that is looked at counts over what was chosen, until something is chosen. */
  stageLooksOf(whose: Whose): Looks {
    if (whose === 'other') return this.comparing.looks;
    return {
      of: (subject, frame) => {
        const shown = this.#documents.of(subject);
        if (shown === undefined) return this.#markups.of(subject);
        return lookBy(shown.shows, { SOPInstanceUID: shown.images.get(subject) ?? '', frame: frame + 1 });
      },
      change: (subjects, change) => {
        if (subjects.some((subject) => this.#documents.of(subject) !== undefined)) this.#documents.shown = undefined;
        this.#markups.change(subjects, change);
      },
    };
  }

  looksOf(whose: Whose): Markups {
    return whose === 'this' ? this.#markups : this.comparing.looks;
  }

  activate(tile: Tile): void {
    const before = this.active;
    if (tile === before) return;
    before.hold();
    const { objectId, frame } = tile;
    if (tile.whose === 'other') {
      this.#activeOther = tile;
      this.review.elsewhere = true;
    } else {
      this.#activeThis?.hold();
      this.#activeThis = tile;
      this.review.show(objectId ?? this.review.objectId ?? '', frame);
    }
  }

  activateNext(by: 1 | -1): void {
    const { tiles } = this;
    const next = tiles[(tiles.indexOf(this.active) + by + tiles.length) % tiles.length];
    if (next !== undefined) this.activate(next);
  }

  /** More or fewer pictures side by side. The one that has the keys stays. */
  arrange(layout: Layout): void {
    this.layout = layout;
    const tiles = [...this.tiles];
    for (let n = tiles.length - 1; n >= 0 && tiles.length > this.places; n -= 1) {
      const tile = tiles[n];
      if (tile === undefined || tile === this.active) continue;
      if (tile === this.#activeThis && tiles.filter(({ whose }) => whose === 'this').length === 1 && this.places > 1)
        continue;
      tile.stage.close();
      tiles.splice(n, 1);
    }
    while (tiles.length < this.places) {
      const last = tiles.findLast(({ whose }) => whose === 'this');
      const next = last === undefined ? this.#first() : this.#after(last);
      if (next === undefined) break;
      tiles.push(new Tile(this, 'this', this.#examId, next));
    }
    this.#settle(tiles);
  }

  /** Puts another exam beside this one; `open` begins to fetch it. */
  compare(examId: string, open = () => this.comparing.open(examId)): void {
    this.endComparing();
    open();
    if (this.places < 2) this.layout = { columns: 2, rows: 1 };
    const { active } = this;
    const tiles = [...this.tiles];
    if (tiles.length >= this.places) {
      const gone = tiles.findLastIndex((tile) => tile !== active);
      for (const { stage } of tiles.splice(gone, 1)) stage.close();
    }
    tiles.splice(tiles.indexOf(active) + 1, 0, new Tile(this, 'other', examId, { objectId: undefined, frame: 0 }));
    this.#settle(tiles);
  }

  endComparing(): void {
    if (this.comparing.examId === undefined) return;
    this.review.elsewhere = false;
    const tiles = this.tiles.filter(({ whose }) => whose === 'this');
    for (const tile of this.tiles) if (tile.whose === 'other') tile.stage.close();
    this.comparing.close();
    this.#settle(tiles);
    this.arrange(this.tiles.length === 1 ? { columns: 1, rows: 1 } : this.layout);
  }

  /** Scrolls by the wheel, a drag or a held key: no faster than pictures come (see pursuit.ts). */
  scroll(by: number, tile: Tile = this.active): void {
    if (this.#pursued !== tile) {
      this.#pursuit?.stop();
      this.#pursuit = new Pursuit(this.#wayOf(tile));
      this.#pursued = tile;
    }
    this.#pursuit?.ask(by);
  }

  #wayOf(tile: Tile): Way {
    return {
      isReady: (by) => {
        const slide = tile.slideAt(by);
        // What lies beyond the stack has no slide yet: it is gone to as it is.
        return slide === undefined ? tile.canStep(by) || undefined : this.cache.isSettled(slide.key);
      },
      fetch: (by) => {
        const slide = tile.slideAt(by);
        if (slide !== undefined) void this.cache.get(slide).catch(() => undefined);
      },
      go: (by) => this.#go(by, tile),
    };
  }

  /** Goes to an image of the tile that has the keys at once, and as far in those that are linked to it. */
  step(by: number, tile: Tile = this.active): void {
    this.#pursuit?.stop();
    this.#go(by, tile);
  }

  #go(by: number, tile: Tile): void {
    tile.step(by);
    if (this.linked) for (const other of this.tiles) if (other !== tile) other.step(by, true);
  }

  /** Linked tiles take the zoom and place of this one, and its window where they are of its modality. */
  follow(tile: Tile = this.active): void {
    if (!this.linked) return;
    const { pose, look } = tile.stage;
    for (const other of this.tiles) {
      if (other === tile) continue;
      other.stage.assume(pose);
      const isAlike = other.series?.Modality === tile.series?.Modality;
      if (isAlike && !isSameWindow(other.stage.look.window, look.window)) other.stage.setWindow(look.window);
    }
  }

  /** What a cine does at its end: as was chosen, else as the object says. */
  roundOf(tile: Tile): Round {
    return this.round ?? (tile.stage.picture?.header.timing?.backAndForth === true ? 'sway' : 'loop');
  }

  play(tile: Tile = this.active): void {
    const { stage } = tile;
    stage.playing = !stage.playing && tile.stack.length > 1;
    if (!stage.playing) return;
    let last = performance.now();
    let forward = true;
    const turn = (now: number) => {
      if (!stage.playing) return;
      requestAnimationFrame(turn);
      const said = stage.picture?.header.timing?.ms ?? tile.object?.frameTimeMs;
      // A little early is nearer than one frame of the screen late.
      if (now - last < frameMs(tile.isCine ? said : undefined, this.speed) - 4) return;
      const next = nextFrame({ index: stage.index, forward }, tile.stack.length, this.roundOf(tile));
      if (next === undefined) return void (stage.playing = false);
      stage.goWhenHere(next.index);
      const shown = tile.stack[stage.index];
      if (stage.index !== next.index || shown === undefined) return;
      last = now;
      forward = next.forward;
      tile.show(shown.objectId, shown.frame);
    };
    requestAnimationFrame(turn);
  }

  close(): void {
    this.#pursuit?.stop();
    for (const { stage } of this.tiles) stage.close();
    this.cache.close();
    this.comparing.close();
    this.review.elsewhere = false;
    this.review.full = false;
  }

  #settle(tiles: readonly Tile[]): void {
    const own = tiles.filter(({ whose }) => whose === 'this');
    if (this.#activeThis === undefined || !own.includes(this.#activeThis)) this.#activeThis = own[0];
    if (this.#activeOther !== undefined && !tiles.includes(this.#activeOther)) this.#activeOther = undefined;
    this.#activeOther ??= tiles.find(({ whose }) => whose === 'other');
    if (this.#activeOther === undefined && this.review.elsewhere) this.review.elsewhere = false;
    this.tiles = tiles;
    if (!tiles.some(({ whose }) => whose === 'other') && this.comparing.examId !== undefined) this.comparing.close();
  }

  #first(): Place | undefined {
    const [first] = this.review.objects;
    return first === undefined ? undefined : { objectId: first.id, frame: 0 };
  }

  /** Beside a stack stands the next series, beside a single image the next one. */
  #after(tile: Tile): Place | undefined {
    const { exam, series } = tile;
    const at = exam?.series.findIndex(({ id }) => id === series?.id) ?? -1;
    const next = exam?.series[at + 1]?.objects[0];
    const isStack =
      sliced.has(series?.Modality ?? '') && (series?.objects.length ?? 0) > 1 && (exam?.series.length ?? 0) > 1;
    const object = isStack ? next : tile.objects[tile.number];
    return object === undefined ? undefined : { objectId: object.id, frame: 0 };
  }
}
