// Presentation states (PS3.3 A.33): what they mean, and what of them can be shown: window, turn, shutters, graphics
// in pixels of the image, tables of its own. What cannot is named, so that nobody takes the picture for the whole of it.
import type {
  Graphic,
  Paper,
  Presentation,
  PresentedScope,
  PresentedTable,
  PresentedVoi,
} from '#contract/shapes/documents.ts';
import { plainTable } from '../codecs/lookup-tables.ts';
import { plainReference, type BareReference } from './report.ts';
import type { Tree } from './tree.ts';

export type BarePresentation = Omit<Extract<Paper, { kind: 'presentation' }>, 'references'> & {
  readonly references: readonly BareReference[];
};
type PointPair = [number, number];

const mostReferences = 2000;
const mostGraphics = 500;
const mostPoints = 2000;
const mostAll = 50_000;

export function readPresentation(tree: Tree): BarePresentation {
  const lacks = new Set<string>();
  const modality = modalityOf(tree, lacks);
  const shows = {
    voi: voiOf(tree, modality.modality, lacks),
    ...modality,
    presentationLut: presentationLutOf(tree, lacks),
    inverted: tree.text(-1, 0x20500020) === 'INVERSE',
    ...turnOf(tree),
    graphics: graphicsOf(tree, lacks),
    shutters: shuttersOf(tree, lacks),
  };
  if (tree.items(-1, 0x00286100).length > 0) lacks.add('masks');
  if (tree.childrenOf(-1).some((n) => isOverlay(tree.nodes[n]?.tag ?? 0))) lacks.add('overlays');
  if (tree.find(-1, 0x00281201) !== undefined) lacks.add('palette');
  if (tree.items(-1, 0x00700402).length > 0) lacks.add('blending');
  if (tree.items(-1, 0x0070005a).length > 1 || hasOwnArea(tree)) lacks.add('displayed-area');
  if (tree.stopped !== '') lacks.add('broken-off');
  return {
    kind: 'presentation',
    title: tree.text(-1, 0x00700080),
    description: tree.text(-1, 0x00700081).slice(0, 1024),
    creator: tree.text(-1, 0x00700084),
    date: tree.text(-1, 0x00700082),
    time: tree.text(-1, 0x00700083),
    references: tree
      .items(-1, 0x00081115)
      .flatMap((series) => tree.items(series, 0x00081140).map((item) => plainReference(tree, item)))
      .slice(0, mostReferences),
    shows,
    lacks: [...lacks],
  };
}

const isOverlay = (tag: number) => tag >>> 24 === 0x60 && (tag & 0xffff) === 0x3000;

/** One that says nothing of the values means them as they are stored (PS3.4 N.2). */
function modalityOf(tree: Tree, lacks: Set<string>): Pick<Presentation, 'rescale' | 'modality'> {
  const [item] = tree.items(-1, 0x00283000);
  const modality = item === undefined ? null : tableOf(tree, item, false);
  if (modality !== null) return { rescale: null, modality };
  const slope = tree.number(-1, 0x00281053) ?? 1;
  const intercept = tree.number(-1, 0x00281052) ?? 0;
  const isUsable = slope !== 0 && Math.abs(slope) <= mostFactor && Math.abs(intercept) <= mostFactor;
  if (item === undefined && isUsable) return { rescale: { slope, intercept }, modality };
  lacks.add('modality-lut');
  return { rescale: null, modality };
}

/** What maps the whole range that windows make; its first value is always 0 (PS3.3 C.11.6). */
function presentationLutOf(tree: Tree, lacks: Set<string>): Presentation['presentationLut'] {
  if (tree.find(-1, 0x20500010) === undefined) return null;
  const [item] = tree.items(-1, 0x20500010);
  const table = item === undefined ? null : tableOf(tree, item, false);
  if (table === null) lacks.add('presentation-lut');
  return table;
}

const mostFactor = 1e30;
/** Beyond it lies no value that a picture can have: floating-point ones end there. */
const mostLevel = 3.5e38;
const mostVoi = 200;
const mostTables = 16;

function voiOf(tree: Tree, modality: PresentedTable | null, lacks: Set<string>): PresentedVoi[] {
  const items = tree.items(-1, 0x00283110);
  const isGrey = tree.text(-1, 0x00080016).endsWith('.11.1');
  if (isGrey && items.length === 0 && modality !== null) return [wholeOf(modality)];
  if ((isGrey && items.length === 0) || items.length > mostVoi) lacks.add('window');
  let tables = 0;
  const none = (what: string): PresentedVoi[] => {
    lacks.add(what);
    return [];
  };
  return items.slice(0, mostVoi).flatMap((item): PresentedVoi[] => {
    const of = scopeOf(tree, item);
    const [lut] = tree.items(item, 0x00283010);
    if (lut === undefined) {
      const center = tree.number(item, 0x00281050);
      const width = tree.number(item, 0x00281051);
      const isUsable = center !== undefined && width !== undefined && width > 0;
      if (!isUsable || Math.abs(center) > mostLevel || width > mostLevel) return none('window');
      const said = tree.text(item, 0x00281056);
      const voiFunction = said === 'SIGMOID' || said === 'LINEAR_EXACT' ? said : 'LINEAR';
      const name = tree.texts(item, 0x00281055)[0]?.slice(0, 64) ?? '';
      return [{ of, center, width, name, voiFunction, table: null }];
    }
    // What comes out of a rescale may lie below 0 however the descriptor is written.
    const table = tableOf(tree, lut, modality === null && (tree.number(-1, 0x00281052) ?? 0) < 0);
    tables += 1;
    if (table === null || tables > mostTables) return none('voi-lut');
    const width = Math.max(2, table.values.length);
    const name = tree.text(lut, 0x00283003).slice(0, 64);
    return [{ of, center: table.first + width / 2, width, name, voiFunction: 'LINEAR', table }];
  });
}

/** Without a window, what a modality table makes is shown from its least to its greatest possible value. */
function wholeOf({ bits }: PresentedTable): PresentedVoi {
  const width = 2 ** Math.max(1, Math.min(16, bits));
  return { of: [], center: width / 2, width, name: '', voiFunction: 'LINEAR', table: null };
}

/** Images, and frames of them, that an item is for. */
function scopeOf(tree: Tree, item: number): PresentedScope {
  return tree
    .items(item, 0x00081140)
    .slice(0, mostReferences)
    .map((reference) => ({
      SOPInstanceUID: tree.text(reference, 0x00081155),
      frames: tree.numbers(reference, 0x00081160).filter(Number.isSafeInteger),
    }));
}

function tableOf(tree: Tree, lut: number, isSigned: boolean): PresentedTable | null {
  const found = (tag: number) => {
    const n = tree.find(lut, tag);
    const node = n === undefined ? undefined : tree.nodes[n];
    return node?.value ? { tag, vr: node.vr, bytes: node.value, little: node.littleEndian } : undefined;
  };
  const table = plainTable(found(0x00283002), found(0x00283006), isSigned);
  return table ? { first: table.first, bits: table.bits, values: [...table.values] } : null;
}

/** Rotation comes first, then the flip from side to side (PS3.3 C.10.6). */
function turnOf(tree: Tree): Pick<Presentation, 'rotation' | 'flipped'> {
  const said = tree.number(-1, 0x00700042) ?? 0;
  const rotation = ([0, 90, 180, 270] as const).find((one) => one === said) ?? 0;
  return { rotation, flipped: tree.text(-1, 0x00700041) === 'Y' };
}

/** An area that is not the whole picture, told by a corner that is not 1\1. */
function hasOwnArea(tree: Tree): boolean {
  const [area] = tree.items(-1, 0x0070005a);
  if (area === undefined) return false;
  const [left = 1, top = 1] = tree.numbers(area, 0x00700052);
  return left !== 1 || top !== 1 || tree.text(area, 0x00700100) === 'MAGNIFY';
}

function graphicsOf(tree: Tree, lacks: Set<string>): Graphic[] {
  const graphics: Graphic[] = [];
  let points = 0;
  const add = (graphic: Graphic): void => {
    points += graphic.kind === 'line' ? graphic.points.length : 1;
    if (graphics.length >= mostGraphics || points > mostAll) lacks.add('more-graphics');
    else graphics.push(graphic);
  };
  for (const annotation of tree.items(-1, 0x00700001).slice(0, mostGraphics)) {
    const of = scopeOf(tree, annotation);
    for (const item of tree.items(annotation, 0x00700009)) {
      if (tree.text(item, 0x00700005) === 'DISPLAY') lacks.add('display-graphics');
      else addDrawn(tree, item, (drawn) => add({ ...drawn, of }), lacks);
    }
    for (const item of tree.items(annotation, 0x00700008))
      addWords(tree, item, (drawn) => add({ ...drawn, of }), lacks);
    if (tree.items(annotation, 0x00700209).length > 0) lacks.add('compound-graphics');
  }
  return graphics;
}

type Bare<G> = G extends Graphic ? Omit<G, 'of'> : never;

function addDrawn(tree: Tree, item: number, add: (drawn: Bare<Graphic>) => void, lacks: Set<string>): void {
  const kind = tree.text(item, 0x00700023);
  const points = pairsOf(tree.numbers(item, 0x00700022));
  const filled = tree.text(item, 0x00700024) === 'Y';
  if (points.length === 0) return void lacks.add('broken-graphics');
  const [first = [0, 0], second = first, third = first, fourth = first] = points;
  if (kind === 'POLYLINE' || kind === 'INTERPOLATED') add({ kind: 'line', points, filled });
  else if (kind === 'POINT') add({ kind: 'line', points: ring(first, [2, 0], [0, 2]), filled: true });
  else if (kind === 'CIRCLE') {
    const radius = Math.hypot(second[0] - first[0], second[1] - first[1]);
    add({ kind: 'line', points: ring(first, [radius, 0], [0, radius]), filled });
  } else if (kind === 'ELLIPSE' && points.length >= 4) {
    const middle: PointPair = [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2];
    const along: PointPair = [(second[0] - first[0]) / 2, (second[1] - first[1]) / 2];
    const across: PointPair = [(fourth[0] - third[0]) / 2, (fourth[1] - third[1]) / 2];
    add({ kind: 'line', points: ring(middle, along, across), filled });
  } else lacks.add('broken-graphics');
}

function addWords(tree: Tree, item: number, add: (drawn: Bare<Graphic>) => void, lacks: Set<string>): void {
  const text = tree.text(item, 0x00700006).slice(0, 1024);
  const anchor = tree.numbers(item, 0x00700014);
  const corner = tree.numbers(item, 0x00700010);
  const isAnchored = anchor.length >= 2;
  const units = tree.text(item, isAnchored ? 0x00700004 : 0x00700003);
  const [at] = pairsOf(isAnchored ? anchor : corner);
  if (text === '') return;
  if (units === 'DISPLAY' || at === undefined) lacks.add('display-graphics');
  else add({ kind: 'text', at, text });
}

function shuttersOf(tree: Tree, lacks: Set<string>): PointPair[][] {
  const kinds = new Set(tree.texts(-1, 0x00181600));
  const outlines: PointPair[][] = [];
  if (kinds.has('RECTANGULAR')) {
    const [left, right, top, bottom] = [0x00181602, 0x00181604, 0x00181606, 0x00181608].map((tag) =>
      tree.number(-1, tag),
    );
    const isWhole = [left, right, top, bottom].every(isPlace);
    if (!isWhole || left === undefined || right === undefined || top === undefined || bottom === undefined)
      lacks.add('shutter');
    // Edges are the first columns and rows that are dark; what is inside stays.
    else
      outlines.push([
        [left, top],
        [right - 1, top],
        [right - 1, bottom - 1],
        [left, bottom - 1],
      ]);
  }
  if (kinds.has('CIRCULAR')) {
    const [row, column] = tree.numbers(-1, 0x00181610);
    const radius = tree.number(-1, 0x00181612);
    if (row === undefined || column === undefined || radius === undefined || ![row, column, radius].every(isPlace))
      lacks.add('shutter');
    else outlines.push(ring([column - 0.5, row - 0.5], [radius, 0], [0, radius]));
  }
  if (kinds.has('POLYGONAL')) {
    const points = pairsOf(tree.numbers(-1, 0x00181620)).map(([row, column]): PointPair => [column - 0.5, row - 0.5]);
    if (points.length < 3) lacks.add('shutter');
    else outlines.push(points);
  }
  if (kinds.has('BITMAP')) lacks.add('bitmap-shutter');
  return outlines;
}

/** Far enough for every picture, and near enough to be drawn. */
const isPlace = (one: number | undefined): boolean => one !== undefined && Math.abs(one) <= 131_072;

/** Pairs that are numbers a picture may have; at most 2,000. */
function pairsOf(numbers: readonly number[]): PointPair[] {
  const pairs: PointPair[] = [];
  for (let at = 0; at + 2 <= numbers.length && pairs.length < mostPoints; at += 2) {
    const pair: PointPair = [numbers[at] ?? 0, numbers[at + 1] ?? 0];
    if (pair.every(isPlace)) pairs.push(pair);
  }
  return pairs;
}

/** An ellipse as 48 points around its middle. */
function ring(middle: PointPair, along: PointPair, across: PointPair): PointPair[] {
  return Array.from({ length: 49 }, (_, n): PointPair => {
    const [a, b] = [Math.cos((n * Math.PI) / 24), Math.sin((n * Math.PI) / 24)];
    return [middle[0] + a * along[0] + b * across[0], middle[1] + a * along[1] + b * across[1]];
  });
}
