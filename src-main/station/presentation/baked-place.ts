// Where a derived picture lies in the patient and how large its pixels are: after a crop and a turn, at the top and in functional
// groups (PS3.3 C.7.6.16), and of regions of ultrasound pictures.
//
// Pure. A position or direction that cannot be worked out stays as received.
import type { Markup } from '#contract/shapes/markup.ts';
import type { Edit, PathStep } from '#station/dicom/index.ts';
import { groupOf, numbersOf, textsOf, type FoundElement, type FoundElements, type Group } from './found-elements.ts';
import { directionsAfter, geometryOf, oppositeLetters, planeAfter, type Change } from './turns.ts';

const tags = {
  regions: 0x00186011,
  patientOrientation: 0x00200020,
  position: 0x00200032,
  orientation: 0x00200037,
  aspect: 0x00280034,
  spacing: 0x00280030,
  imagerSpacing: 0x00181164,
  scannedSpacing: 0x00182010,
  shared: 0x52009229,
  perFrame: 0x52009230,
  frameType: 0x00089007,
  planePosition: 0x00209113,
  planeOrientation: 0x00209116,
  pixelMeasures: 0x00289110,
} as const;

export const placeTags: readonly number[] = Object.values(tags);

export type PlaceWish = {
  readonly found: FoundElements;
  readonly change: Change;
  readonly markup: Markup;
  /** True when what was only looked at is in the picture as well. */
  readonly looks: boolean;
};

type Vector = readonly [number, number, number];

/** Where the picture lies now: directions, distances and regions at the top and in functional groups. */
export function placeEdits({ found, change, markup, looks }: PlaceWish): Edit[] {
  const { swapped } = geometryOf(change);
  const edits: Edit[] = [];
  const [row, column] = textsOf(found.get(tags.patientOrientation));
  if (row && column) {
    const value = directionsAfter([row, column], change, oppositeLetters);
    edits.push({ kind: 'put', element: { keyword: 'PatientOrientation', value } });
  }
  const spacings = [tags.spacing, tags.imagerSpacing, tags.scannedSpacing, tags.aspect];
  for (const tag of spacings) {
    const values = textsOf(found.get(tag));
    const [first, second] = values;
    if (swapped && first !== undefined && second !== undefined && values.length === 2) {
      edits.push({ kind: 'put', element: { tag, value: [second, first] } });
    }
  }
  if (looks && markup.calibrationMm !== null) {
    const known = edits.findIndex(
      (edit) => edit.kind === 'put' && 'tag' in edit.element && edit.element.tag === tags.spacing,
    );
    if (known >= 0) edits.splice(known, 1);
    const mm = markup.calibrationMm;
    edits.push({ kind: 'put', element: { keyword: 'PixelSpacing', value: [mm, mm] } });
  }
  edits.push(
    ...planeEdits(
      {
        top: found,
        path: [],
        position: found.get(tags.position),
        orientation: found.get(tags.orientation),
        spacing: found.get(tags.spacing),
      },
      change,
    ),
  );
  edits.push(...groupEdits(found, change), ...regionEdits(found, change));
  return edits;
}

type PlaneFound = {
  readonly top: unknown;
  /** Where position and orientation stand; null for what is not to be written there. */
  readonly path: readonly PathStep[];
  readonly position: FoundElement | undefined;
  readonly orientation: FoundElement | undefined;
  readonly spacing: FoundElement | undefined;
};

function planeEdits(
  { path, position, orientation, spacing }: PlaneFound,
  change: Change,
  paths: { readonly position?: readonly PathStep[] | null; readonly orientation?: readonly PathStep[] | null } = {},
): Edit[] {
  const at = vectorOf(numbersOf(position));
  const directions = numbersOf(orientation);
  const [row, column] = [vectorOf(directions.slice(0, 3)), vectorOf(directions.slice(3))];
  const [betweenRows, betweenColumns] = numbersOf(spacing);
  if (!at || !row || !column || betweenRows === undefined || betweenColumns === undefined) return [];
  const after = planeAfter({ position: at, row, column }, [betweenRows, betweenColumns], change);
  const to = { position: path, orientation: path, ...paths };
  const isMoved = change.crop.left !== 0 || change.crop.top !== 0 || change.rotation !== 0 || change.flipped;
  const isTurned = change.rotation !== 0 || change.flipped;
  const put = (where: readonly PathStep[], keyword: string, value: readonly number[]): Edit => ({
    ...{ kind: 'put', element: { keyword, value } },
    ...(where.length > 0 ? { path: where } : {}),
  });
  return [
    ...(isMoved && to.position ? [put(to.position, 'ImagePositionPatient', rounded(after.position))] : []),
    ...(isTurned && to.orientation
      ? [put(to.orientation, 'ImageOrientationPatient', rounded([...after.row, ...after.column]))]
      : []),
  ];
}

const rounded = (values: readonly number[]): number[] => values.map((value) => Math.round(value * 1e6) / 1e6 + 0);

function vectorOf(values: readonly number[]): Vector | undefined {
  const [x, y, z] = values;
  return x === undefined || y === undefined || z === undefined ? undefined : [x, y, z];
}

/** Functional groups: position of each frame, direction and distances shared or of each frame. */
function groupEdits(found: FoundElements, change: Change): Edit[] {
  const edits: Edit[] = [];
  const { swapped } = geometryOf(change);
  const inside = (group: Group, sequence: number) => groupOf(group.get(sequence)?.items, 0);
  const shared = groupOf(found.get(tags.shared)?.items, 0);
  const perFrame = found.get(tags.perFrame)?.items ?? [];
  const places = [
    { tag: tags.shared as number, item: 0, group: shared },
    ...perFrame.map((_, n) => ({ tag: tags.perFrame as number, item: n, group: groupOf(perFrame, n) })),
  ];
  for (const { tag, item, group } of places) {
    const step = (sequence: number): readonly PathStep[] => [
      { tag, item },
      { tag: sequence, item: 0 },
    ];
    const spacing = inside(group, tags.pixelMeasures).get(tags.spacing);
    const [first, second] = textsOf(spacing);
    if (swapped && first !== undefined && second !== undefined) {
      edits.push({
        kind: 'put',
        path: step(tags.pixelMeasures),
        element: { tag: tags.spacing, value: [second, first] },
      });
    }
    const position = inside(group, tags.planePosition).get(tags.position);
    const orientation = inside(group, tags.planeOrientation).get(tags.orientation);
    const plane = {
      ...{ top: group, path: [], position: position ?? inside(shared, tags.planePosition).get(tags.position) },
      orientation: orientation ?? inside(shared, tags.planeOrientation).get(tags.orientation),
      spacing: spacing ?? inside(shared, tags.pixelMeasures).get(tags.spacing),
    };
    for (const [sequence, { items }] of group) {
      const [, ...rest] = textsOf(groupOf(items, 0).get(tags.frameType));
      if (rest.length === 0) continue;
      edits.push({ kind: 'put', path: step(sequence), element: { tag: tags.frameType, value: ['DERIVED', ...rest] } });
    }
    // A direction that all frames share needs no position to be turned.
    const known = position ? plane : { ...plane, position: plane.position ?? zero };
    edits.push(
      ...planeEdits(known, change, {
        position: position ? step(tags.planePosition) : null,
        orientation: orientation ? step(tags.planeOrientation) : null,
      }),
    );
  }
  return edits;
}

const zero: FoundElement = { tag: tags.position, vr: 'DS', value: Buffer.from('0\\0\\0') };

const regionParts = { minX: 0x00186018, minY: 0x0018601a, maxX: 0x0018601c, maxY: 0x0018601e } as const;

/** Scales of ultrasound regions move with the crop; after a turn nobody knows what their axes are, and they go. */
function regionEdits(found: FoundElements, { crop, rotation, flipped }: Change): Edit[] {
  const items = found.get(tags.regions)?.items;
  if (!items) return [];
  if (rotation !== 0 || flipped) return [{ kind: 'remove', tag: tags.regions }];
  if (crop.left === 0 && crop.top === 0) return [];
  const edits = items.map((_, item): Edit[] | null => {
    const group = groupOf(items, item);
    const [minX, minY, maxX, maxY] = (['minX', 'minY', 'maxX', 'maxY'] as const).map(
      (part) => numbersOf(group.get(regionParts[part]))[0] ?? 0,
    ) as [number, number, number, number];
    const within = (value: number, from: number, to: number) => Math.min(to - from - 1, Math.max(0, value - from));
    if (maxX < crop.left || maxY < crop.top || minX >= crop.right || minY >= crop.bottom) return null;
    const path = [{ tag: tags.regions, item }];
    const put = (tag: number, value: number): Edit => ({ kind: 'put', path, element: { tag, vr: 'UL', value } });
    return [
      put(regionParts.minX, within(minX, crop.left, crop.right)),
      put(regionParts.minY, within(minY, crop.top, crop.bottom)),
      put(regionParts.maxX, within(maxX, crop.left, crop.right)),
      put(regionParts.maxY, within(maxY, crop.top, crop.bottom)),
    ];
  });
  // One that lies outside cannot be said: without all of them the sequence would lie.
  return edits.some((edit) => edit === null)
    ? [{ kind: 'remove', tag: tags.regions }]
    : edits.flatMap((edit) => edit ?? []);
}
