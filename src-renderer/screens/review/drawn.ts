// What is drawn on the picture in front: what a tool makes of its points, as one change of the markup each, measured anew.
// Nothing is drawn on what has left, on what is rejected, and on an exam that is only looked at.
import type { Annotation, Markup, Point } from '#contract/shapes/markup.ts';
import type { Markups } from '#ui/state/index.ts';
import { drawingTexts as text, sayMeasured } from '#ui/text/index.ts';
import {
  boxOf,
  copied,
  itemsOf,
  lengthBetween,
  measure,
  onPicture,
  shutterOf,
  wholePixels,
  type DrawingTool,
  type Item,
  type Spot,
} from '#ui/viewer/index.ts';
import type { Tile, Wall } from './wall.svelte.ts';

export type DrawnPorts = {
  readonly wall: Wall;
  readonly markups: Markups;
  /** Of whoever is here. */
  readonly initials: () => string;
  readonly say: (sentence: string) => void;
};

export class Drawn {
  /** As they were typed last. */
  initials: string | undefined;
  readonly #ports: DrawnPorts;

  constructor(ports: DrawnPorts) {
    this.#ports = ports;
  }

  get tile(): Tile {
    return this.#ports.wall.active;
  }

  itemsOn(tile: Tile): readonly Item[] {
    if (tile.objectId === undefined) return [];
    return itemsOf(this.#ports.wall.looksOf(tile.whose).of(tile.objectId), tile.frame + 1);
  }

  linesOn(tile: Tile, item: Pick<Item, 'kind' | 'points' | 'annotation'>): readonly string[] {
    const { picture } = tile.stage;
    if (item.annotation === undefined && (item.kind === 'crop' || item.kind === 'redaction')) return [];
    if (picture === undefined || tile.objectId === undefined) return item.annotation?.label?.split('\n') ?? [];
    const calibrationMm = this.#ports.wall.looksOf(tile.whose).of(tile.objectId).calibrationMm;
    return linesFor(item, { picture, calibrationMm, unit: unitOf(tile) });
  }

  /** Says why not, where it may not. */
  mayDraw(): boolean {
    const { whose, object } = this.tile;
    const { say } = this.#ports;
    if (whose !== 'this') return (say(text.elsewhere), false);
    if (object?.state === 'approved') return (say(text.released), false);
    if (object?.state === 'rejected') return (say(text.rejected), false);
    return object !== undefined;
  }

  /** What a tool makes of its points; gives what has to be typed before there is anything. */
  finish(tool: DrawingTool, points: readonly Spot[]): 'text' | 'length' | undefined {
    const objectId = this.tile.objectId;
    const { picture } = this.tile.stage;
    if (objectId === undefined || picture === undefined) return undefined;
    const [a, b] = points;
    switch (tool) {
      case 'text':
        return 'text';
      case 'calibration':
        return 'length';
      case 'marker-left':
      case 'marker-right': {
        const side = tool === 'marker-left' ? 'L' : 'R';
        this.add('marker', points, { side, initials: this.initials ?? this.#ports.initials() });
        return undefined;
      }
      case 'shutter-rectangle':
      case 'shutter-circle':
      case 'shutter-polygon': {
        const shutter = shutterOf(tool.slice('shutter-'.length) as 'rectangle', points, picture);
        if (shutter === undefined) this.#ports.say(text.tooSmall);
        else this.change({ shutter });
        return undefined;
      }
      case 'crop':
      case 'redaction': {
        const box = a && b && onPicture(wholePixels(boxOf(a, b)), picture.width, picture.height);
        if (box === undefined) this.#ports.say(text.tooSmall);
        else if (tool === 'crop') this.change({ crop: box });
        else this.change({ redactions: [...this.#ports.markups.of(objectId).redactions, box].slice(0, 100) });
        return undefined;
      }
      default:
        this.add(tool, points);
        return undefined;
    }
  }

  add(kind: Annotation['kind'], points: readonly Spot[], more: Partial<Annotation> = {}): void {
    const { object, frame } = this.tile;
    if (object === undefined) return;
    const annotation: Annotation = {
      id: crypto.randomUUID(),
      frame: object.frames > 1 ? frame + 1 : null,
      kind,
      points: points.map((point): Point => [...point]),
      text: '',
      ...more,
    };
    const { annotations } = this.#ports.markups.of(object.id);
    this.change({ annotations: [...annotations, annotation].slice(0, 500) });
  }

  /** A length that is known: false when it is none. */
  calibrate([a, b]: readonly Spot[], millimetres: number): boolean {
    const aspect = this.tile.stage.picture?.pixelAspect ?? 1;
    const pixels = a && b ? lengthBetween(a, b, { x: 1, y: aspect }) : 0;
    const calibrationMm = millimetres / pixels;
    if (!(millimetres > 0) || !(calibrationMm > 0 && calibrationMm <= 1000)) return false;
    this.change({ calibrationMm });
    this.#ports.say(text.calibrated(calibrationMm.toPrecision(3)));
    return true;
  }

  /** One step that can be undone; those of one gesture are one. */
  change(change: Partial<Markup>, gesture?: string): void {
    const { objectId } = this.tile;
    if (objectId === undefined) return;
    const { markups } = this.#ports;
    const next = { ...markups.of(objectId), ...change };
    const isMeasured = change.annotations !== undefined || change.calibrationMm !== undefined;
    // Other boxes are another question: whoever said that nothing is left is asked again.
    const isAsked = change.redactions !== undefined && next.redactionsCoverAll === true;
    markups.change(
      [objectId],
      {
        ...change,
        ...(isMeasured ? { annotations: this.#measured(next, this.tile) } : {}),
        ...(isAsked ? { redactionsCoverAll: false } : {}),
      },
      gesture,
    );
  }

  /** Each drawing of this frame with what it measures now. */
  #measured({ annotations, calibrationMm }: Markup, tile: Tile): Annotation[] {
    const { picture } = tile.stage;
    if (picture === undefined) return annotations;
    return annotations.map((one) => {
      if (one.frame !== null && one.frame !== tile.frame + 1) return one;
      const lines = linesFor(itemFrom(one), { picture, calibrationMm, unit: unitOf(tile) });
      return lines.length === 0 ? one : { ...one, label: lines.join('\n').slice(0, 256) };
    });
  }

  /** What is drawn here goes onto every image of the series that has the same size; frames of one image are one. */
  copy(): void {
    const { object, series } = this.tile;
    if (object === undefined || series === undefined || !this.mayDraw()) return;
    const { markups, say } = this.#ports;
    const from = markups.of(object.id);
    if (this.itemsOn(this.tile).length === 0) return say(text.nothingDrawn);
    if (object.frames > 1) {
      this.change({ annotations: from.annotations.map((one) => ({ ...one, frame: null })) });
      return say(text.copiedFrames);
    }
    const targets = series.objects.filter(
      ({ id, rows, columns, state }) =>
        id !== object.id && rows === object.rows && columns === object.columns && isOpen(state),
    );
    const each = targets.map(({ id }) => [id, copied(from, markups.of(id), () => crypto.randomUUID())] as const);
    markups.changeEach(new Map(each));
    say(text.copied(targets.length));
  }

  /** A person's word that no burned-in text is left outside the boxes, or that taken back. */
  coverAll(): void {
    const { object } = this.tile;
    if (object === undefined || !this.mayDraw()) return;
    const { redactions, redactionsCoverAll = false } = this.#ports.markups.of(object.id);
    if (redactions.length === 0) return this.#ports.say(text.coversNothing);
    this.#ports.markups.change([object.id], { redactionsCoverAll: !redactionsCoverAll });
    this.#ports.say(redactionsCoverAll ? text.coversAllUnset : text.coversAllSet);
  }

  /** Measures what was drawn while its picture was not on screen (copies). */
  measureOn(tile: Tile): void {
    const { object, stage } = tile;
    if (tile.whose !== 'this' || object === undefined || stage.shown?.slide.subject !== object.id) return;
    const markup = this.#ports.markups.of(object.id);
    const lacks = markup.annotations.some(
      (one) => one.label === undefined && this.linesOn(tile, itemFrom(one)).length > 0,
    );
    if (!lacks || !isOpen(object.state)) return;
    this.#ports.markups.refine(object.id, { ...markup, annotations: this.#measured(markup, tile) });
  }
}

const isOpen = (state: string) => state === 'received' || state === 'conflict';
const itemFrom = (annotation: Annotation) => ({ kind: annotation.kind, points: annotation.points, annotation });

export const unitOf = (tile: Tile): string =>
  tile.stage.picture?.header.unit ?? (tile.series?.Modality === 'CT' ? 'HU' : '');

function linesFor(
  { kind, points }: Pick<Item, 'kind' | 'points'>,
  subject: Parameters<typeof measure>[1],
): readonly string[] {
  if (kind === 'shutter' || kind === 'crop' || kind === 'redaction') return [];
  const measured = measure({ kind, points: points.map((point): Point => [...point]) }, subject);
  return measured === undefined ? [] : sayMeasured(measured);
}
