// The hand that draws on the picture in front: which tool it holds, the points that are placed, what is chosen. What it
// makes is in drawn.ts, as one step each, so that everything can be undone; what is typed for it is in typed.svelte.ts.
import { drawingTexts as text, sayDrawn } from '#ui/text/index.ts';
import {
  moved,
  nothingDrawn,
  place,
  removed,
  shifted,
  type DrawingTool,
  type Item,
  type Spot,
} from '#ui/viewer/index.ts';
import { Drawn, type DrawnPorts } from './drawn.ts';
import { limitOf, sayLimit, type LimitPorts } from './limited.ts';
import { Typed, type Asking } from './typed.svelte.ts';
import { redoDrawn, undoDrawn } from './undoing.ts';
import type { Tile } from './wall.svelte.ts';

type Ports = DrawnPorts &
  LimitPorts & {
    /** Gives the keys back to the picture. */
    readonly onpicture: () => void;
  };

/** Nothing of two points begins and ends within so many screen pixels of a press. */
const dragPixels = 4;
const isWhole = ({ kind }: Item) => kind === 'crop' || kind === 'redaction' || kind === 'shutter';

export class Drawing {
  open = $state(false);
  tool = $state<DrawingTool | undefined>();
  /** Key of the thing that was gone to. */
  chosen = $state<string | undefined>();
  /** Which point of it moves; undefined: all of it. */
  point = $state<number | undefined>();
  confirming = $state(false);
  readonly #ports: Ports;
  readonly #drawn: Drawn;
  readonly #typed: Typed;
  /** Why a tool was not taken up on an image, in a sentence. */
  #refused = $state.raw<{ readonly objectId: string; readonly sentence: string } | undefined>();
  #cross = $state.raw<{ readonly tile: Tile; readonly at: Spot } | undefined>();
  #placed = $state.raw<{ readonly on: string; readonly points: readonly Spot[] }>({ on: '', points: [] });
  #pressed: Spot | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
    this.#drawn = new Drawn(ports);
    this.#typed = new Typed(ports, this.#drawn);
  }

  readonly #tile: Tile = $derived.by(() => this.#ports.wall.active);
  readonly #on: string = $derived(`${this.#tile.objectId ?? ''}/${this.#tile.frame}`);
  readonly points: readonly Spot[] = $derived(this.#placed.on === this.#on ? this.#placed.points : []);
  readonly items: readonly Item[] = $derived.by(() => this.#drawn.itemsOn(this.#tile));
  readonly #chosenItem: Item | undefined = $derived(this.items.find(({ key }) => key === this.chosen));

  /** What to do next, in a sentence. */
  readonly hint: string = $derived.by(() => {
    const item = this.#chosenItem;
    if (item !== undefined) {
      if (this.point !== undefined) return text.point(this.point + 1, item.points.length);
      return text.chosen(text.kinds[item.kind]);
    }
    if (this.tool === undefined) return this.refusal ?? text.idle;
    const steps = text.next[this.tool] ?? [];
    return steps[Math.min(this.points.length, steps.length - 1)] ?? '';
  });

  /** Why nothing can be made of the tool that was wanted here. */
  readonly refusal: string | undefined = $derived.by(() =>
    this.#refused?.objectId === this.#tile.objectId ? this.#refused?.sentence : undefined,
  );

  get asking(): Asking | undefined {
    return this.#typed.asking;
  }

  edit(item: Item): void {
    this.#typed.edit(item);
  }

  /** What was typed. False when it cannot be taken. */
  answer(typed: string): boolean {
    return this.#typed.answer(typed);
  }

  /** The cross, on a tile that has the keys. */
  crossOn(tile: Tile): Spot | undefined {
    if (!this.open || tile !== this.#tile || tile.stage.picture === undefined) return undefined;
    if (this.#cross?.tile === tile) return this.#cross.at;
    const { width, height } = tile.stage.picture;
    return [width / 2, height / 2];
  }

  start(tool: DrawingTool): void {
    if (!this.#drawn.mayDraw()) return;
    this.tool = tool;
    this.#clearPlaced();
    void this.#check(tool);
    this.#ports.onpicture();
  }

  /** Lays the tool down where what it makes could not leave, and says why and what to do instead. */
  async #check(tool: DrawingTool): Promise<void> {
    const { objectId } = this.#tile;
    if (objectId === undefined) return;
    this.#refused = undefined;
    const limit = limitOf(tool);
    const reason = limit && (await this.#ports.limits.ask(objectId))?.[limit];
    if (limit === undefined || reason == null) return;
    if (this.tool !== tool || objectId !== this.#tile.objectId) return;
    this.tool = undefined;
    this.#clearPlaced();
    this.#refused = { objectId, sentence: sayLimit(limit, reason) };
  }

  /** Moves the cross, or what is chosen, by pixels of the screen. */
  move(dx: number, dy: number): void {
    const tile = this.#tile;
    const mapping = tile.stage.mappingAt(devicePixelRatio);
    if (mapping === undefined) return;
    const item = this.#chosenItem;
    const [from, to] = [mapping.toImage(0, 0), mapping.toImage(dx, dy)];
    const by: Spot = [to[0] - from[0], to[1] - from[1]];
    if (item !== undefined) {
      const whole = (part: number) =>
        Math.abs(part) < 1e-9 ? 0 : Math.sign(part) * Math.max(1, Math.round(Math.abs(part)));
      const step: Spot = isWhole(item) ? [whole(by[0]), whole(by[1])] : by;
      return this.drag(item, this.point, step, `nudge ${item.key} ${this.point ?? ''}`);
    }
    const [column, row] = this.crossOn(tile) ?? [0, 0];
    this.moveTo([column + by[0], row + by[1]]);
    // Without the mouse a line by hand follows the cross.
    if (this.tool === 'freehand' && this.points.length > 0) this.#follow();
  }

  /** Takes the cross somewhere, as far as the picture goes. */
  moveTo(at: Spot, tile: Tile = this.#tile): void {
    const { picture, mapping } = tile.stage;
    if (picture === undefined || mapping === undefined) return;
    const kept: Spot = [Math.max(0, Math.min(picture.width, at[0])), Math.max(0, Math.min(picture.height, at[1]))];
    this.#cross = { tile, at: kept };
    tile.stage.spot = mapping.toScreen(kept);
    if (this.#pressed !== undefined && this.tool === 'freehand') this.#follow();
  }

  /** Enter: places a point at the cross, or edits what is chosen. */
  enter(): void {
    const item = this.#chosenItem;
    if (item !== undefined) return this.edit(item);
    const cross = this.crossOn(this.#tile);
    if (cross !== undefined) this.#place(cross);
  }

  press(at: Spot, tile: Tile): void {
    this.#ports.wall.activate(tile);
    this.moveTo(at, tile);
    this.#pressed = this.crossOn(tile);
    this.#ports.onpicture();
    this.enter();
  }

  release(at: Spot, tile: Tile): void {
    const pressed = this.#pressed;
    this.#pressed = undefined;
    const mapping = tile.stage.mappingAt(devicePixelRatio);
    if (pressed === undefined || mapping === undefined || tile !== this.#tile || this.points.length === 0) return;
    const [a, b] = [mapping.toScreen(pressed), mapping.toScreen(at)];
    if (Math.hypot(a.x - b.x, a.y - b.y) < dragPixels) return;
    this.moveTo(at, tile);
    if (this.tool === 'freehand') this.#finish(this.tool, this.points);
    else this.enter();
  }

  choose(key: string | undefined, tile: Tile): void {
    if (!this.open) return;
    if (key !== undefined) this.#ports.wall.activate(tile);
    if (this.chosen !== key) this.point = undefined;
    this.chosen = key;
  }

  /** Whole, first point, second point, … and whole again. */
  nextPoint(): void {
    const item = this.#chosenItem;
    if (item === undefined || item.kind === 'freehand' || item.points.length < 2) return;
    const next = this.point === undefined ? 0 : this.point + 1;
    this.point = next < item.points.length ? next : undefined;
  }

  /** Moves a thing, or one point of it, from where `item` says that it is. */
  drag(item: Item, point: number | undefined, by: Spot, gesture: string): void {
    const { object, stage } = this.#tile;
    const { picture } = stage;
    if (object === undefined || picture === undefined || !this.#drawn.mayDraw()) return;
    const points =
      point === undefined
        ? shifted(item.points, by, picture)
        : item.points.map((each, n) => (n === point ? (shifted([each], by, picture)[0] ?? each) : each));
    const change = moved(this.#ports.markups.of(object.id), item.key, points, picture);
    if (change !== undefined) this.#drawn.change(change, gesture);
  }

  /** Takes away what is chosen; else the last point that was placed. */
  remove(): void {
    const item = this.#chosenItem;
    if (item === undefined) return this.#takePointBack();
    const { object } = this.#tile;
    if (object === undefined || !this.#drawn.mayDraw()) return;
    this.#drawn.change(removed(this.#ports.markups.of(object.id), item.key));
    this.choose(undefined, this.#tile);
    this.#ports.onpicture();
  }

  /** Ends what is going on, one thing at a time; last the drawing itself. */
  escape(): void {
    if (this.asking !== undefined) return this.#typed.leave();
    if (this.points.length > 0) return this.#clearPlaced();
    if (this.chosen !== undefined) {
      this.choose(undefined, this.#tile);
      return this.#ports.onpicture();
    }
    this.open = false;
    this.tool = undefined;
    this.#ports.onpicture();
  }

  clear(): void {
    if (!this.#drawn.mayDraw()) return;
    const { object } = this.#tile;
    if (object === undefined) return;
    if (sayDrawn(this.#ports.markups.of(object.id)) === '') return this.#ports.say(text.nothingDrawn);
    this.confirming = true;
  }

  confirmClear(): void {
    this.confirming = false;
    this.#drawn.change(nothingDrawn);
    this.choose(undefined, this.#tile);
    this.#ports.say(text.cleared);
  }

  /** Undoes the last point that was placed, else the last step; goes to where that was. */
  undo(): void {
    if (this.points.length > 0) return this.#takePointBack();
    undoDrawn(this.#ports);
  }

  redo(): void {
    redoDrawn(this.#ports);
  }

  itemsOn(tile: Tile): readonly Item[] {
    return this.#drawn.itemsOn(tile);
  }

  linesOn(tile: Tile, item: Pick<Item, 'kind' | 'points' | 'annotation'>): readonly string[] {
    return this.#drawn.linesOn(tile, item);
  }

  copy(): void {
    this.#drawn.copy();
  }

  coverAll(): void {
    this.#drawn.coverAll();
  }

  measureOn(tile: Tile): void {
    this.#drawn.measureOn(tile);
  }

  #place(at: Spot): void {
    const { tool } = this;
    if (tool === undefined || this.#tile.stage.picture === undefined || !this.#drawn.mayDraw()) return;
    // Another image than the tool was taken up on is another question.
    if (this.points.length === 0) void this.#check(tool);
    const placed = place(tool, this.points, at);
    this.#placed = { on: this.#on, points: placed.points };
    if (placed.kind === 'done') this.#finish(tool, placed.points);
  }

  #finish(tool: DrawingTool, points: readonly Spot[]): void {
    this.#pressed = undefined;
    this.#clearPlaced();
    const { objectId } = this.#tile;
    const kind = this.#drawn.finish(tool, points);
    if (kind !== undefined && objectId !== undefined) this.#typed.asking = { kind, objectId, value: '', points };
  }

  #follow(): void {
    const at = this.crossOn(this.#tile);
    if (at === undefined || this.tool === undefined) return;
    const placed = place(this.tool, this.points, at);
    this.#placed = { on: this.#on, points: placed.points.slice(0, 2000) };
  }

  #takePointBack(): void {
    if (this.points.length > 0) this.#placed = { on: this.#on, points: this.points.slice(0, -1) };
  }

  #clearPlaced(): void {
    this.#placed = { on: '', points: [] };
  }
}
