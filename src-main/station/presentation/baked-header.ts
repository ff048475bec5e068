// What the elements of a derived picture say instead of those of its source: who it is, what it was made of and how, its size,
// its place in the patient, its scales (PS3.3 C.7.6.1.1.2, C.12.4.1). Everything that is not named here stays as received.
//
// Pure. Places and directions follow the crop and the turn, at the top and in functional groups (C.7.6.16).
import type { Markup } from '#contract/shapes/markup.ts';
import type { Edit, NewElement, PathStep } from '#station/dicom/index.ts';
import { asItStood, numbersOf, textsOf, type FoundElement, type FoundElements } from './found-elements.ts';
import { overlayTags } from './baked-overlays.ts';
import type { HiddenPictures } from './hidden-pictures.ts';
import { shutterElements, shuttersOf, shutterTags, type Shutters } from './shutter-elements.ts';
import type { MadeBy } from './softcopy-state.ts';
import { directionsAfter, geometryOf, oppositeLetters, planeAfter, type Change } from './turns.ts';

const tags = {
  imageType: 0x00080008,
  seriesDescription: 0x0008103e,
  regions: 0x00186011,
  patientOrientation: 0x00200020,
  position: 0x00200032,
  orientation: 0x00200037,
  aspect: 0x00280034,
  spacing: 0x00280030,
  imagerSpacing: 0x00181164,
  scannedSpacing: 0x00182010,
  lutShape: 0x20500020,
  lossy: 0x00282110,
  shared: 0x52009229,
  perFrame: 0x52009230,
  frameType: 0x00089007,
  planePosition: 0x00209113,
  planeOrientation: 0x00209116,
  pixelMeasures: 0x00289110,
  frameVoi: 0x00289132,
  voiLut: 0x00283010,
} as const;

export const bakedTags: ReadonlySet<number> = new Set([
  ...Object.values(tags),
  ...Object.values(shutterTags),
  ...overlayTags,
]);

export type HeaderWish = MadeBy & {
  readonly found: FoundElements;
  readonly change: Change;
  readonly markup: Markup;
  /** True when what was only looked at is in the picture as well. */
  readonly looks: boolean;
  readonly source: { readonly SOPClassUID: string; readonly SOPInstanceUID: string };
  /** Of its exam, which is another one than was received when the source was put elsewhere. */
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
  readonly photometric: string;
  readonly samples: number;
  /** Other pictures of it that do not leave with it. */
  readonly hidden: Pick<HiddenPictures, 'icons' | 'privateValues'>;
  /** The pixels of the source came compressed by a method that may lose. */
  readonly wasLossy: boolean;
};

/** The edits of the received elements; pixel data is not among them. */
export function headerEdits(wish: HeaderWish): Edit[] {
  const { found, change, markup, looks, at } = wish;
  const put = (element: NewElement): Edit => ({ kind: 'put', element });
  const to = geometryOf(change);
  const [first, second, ...rest] = textsOf(found.get(tags.imageType));
  const description = textsOf(found.get(tags.seriesDescription))[0] ?? '';
  return [
    ...removed.map((tag): Edit => ({ kind: 'remove', tag })),
    put({
      keyword: 'ImageType',
      value: ['DERIVED', second ?? (first === undefined ? 'SECONDARY' : 'PRIMARY'), ...rest],
    }),
    put({ keyword: 'SOPInstanceUID', value: wish.SOPInstanceUID }),
    put({ keyword: 'StudyInstanceUID', value: wish.StudyInstanceUID }),
    put({ keyword: 'SeriesInstanceUID', value: wish.SeriesInstanceUID }),
    put({ keyword: 'SeriesNumber', value: '9970' }),
    ...(/^[\x20-\x5b\x5d-\x7e]*$/.test(description)
      ? [put({ keyword: 'SeriesDescription', value: `${description.slice(0, 54)} (edited)`.trim() })]
      : []),
    put({ keyword: 'InstanceCreationDate', value: at.slice(0, 8) }),
    put({ keyword: 'InstanceCreationTime', value: at.slice(8, 14) }),
    put({ keyword: 'DerivationDescription', value: wordsOf(wish) }),
    put({ keyword: 'DerivationCodeSequence', items: derivationCodes(wish) }),
    { kind: 'append', tag: 0x00082112, item: sourceItem(wish) },
    { kind: 'append', tag: 0x0018a001, item: equipmentItem(wish) },
    put({ keyword: 'Rows', value: to.rows }),
    put({ keyword: 'Columns', value: to.columns }),
    ...(wish.wasLossy && textsOf(found.get(tags.lossy))[0] === undefined
      ? [put({ keyword: 'LossyImageCompression', value: '01' })]
      : []),
    ...(markup.redactions.length > 0 && markup.redactionsCoverAll === true
      ? [put({ keyword: 'BurnedInAnnotation', value: 'NO' })]
      : []),
    ...placeEdits(wish),
    ...shutterEdits(wish),
    ...(looks ? lookEdits(wish) : []),
  ];
}

/** Icons show what was there; least and greatest values, signatures and padding are of other bytes. */
const removed = [...[0x00880200, 0x00280106, 0x00280107, 0x00280108, 0x00280109, 0x00280110, 0x00280111], 0x4ffe0001];

function whatWasDone({ change, markup, looks }: HeaderWish): { masks: string[]; moves: string[] } {
  const isTurned = change.rotation !== 0 || change.flipped;
  return {
    masks: [
      ...(markup.redactions.length > 0 ? ['parts made black'] : []),
      ...(looks && markup.shutter ? ['shuttered'] : []),
      ...(looks && markup.annotations.length > 0 ? ['drawn on'] : []),
      ...(looks && markup.inverted ? ['inverted'] : []),
    ],
    moves: [...(markup.crop ? ['cropped'] : []), ...(isTurned ? ['turned'] : [])],
  };
}

function wordsOf(wish: HeaderWish): string {
  const { masks, moves } = whatWasDone(wish);
  const done = [...moves, ...masks];
  const { icons, privateValues } = wish.hidden;
  return [
    `By a person: ${done.length === 0 ? 'windowed' : done.join(', ')}`,
    ...(icons > 0 ? [`Removed because they show what was there: ${icons} icon images`] : []),
    ...(privateValues > 0 ? [`Removed because they may show what was there: ${privateValues} private values`] : []),
  ].join('. ');
}

/** Of CID 7203: what was painted over, and what was laid on another grid. */
function derivationCodes(wish: HeaderWish): NewElement[][] {
  const { masks, moves } = whatWasDone(wish);
  const isMoved = moves.length > 0 || masks.length === 0;
  return [
    ...(isMoved ? [codeItem('113085', 'Spatial resampling')] : []),
    ...(masks.length > 0 ? [codeItem('113047', 'Pixel by pixel mask')] : []),
  ];
}

const codeItem = (value: string, meaning: string): NewElement[] => [
  { keyword: 'CodeValue', value },
  { keyword: 'CodingSchemeDesignator', value: 'DCM' },
  { keyword: 'CodeMeaning', value: meaning },
];

const sourceItem = ({ source }: HeaderWish): NewElement[] => [
  { keyword: 'ReferencedSOPClassUID', value: source.SOPClassUID },
  { keyword: 'ReferencedSOPInstanceUID', value: source.SOPInstanceUID },
  {
    keyword: 'PurposeOfReferenceCodeSequence',
    items: [codeItem('121322', 'Source image for image processing operation')],
  },
];

const equipmentItem = ({ station, at }: HeaderWish): NewElement[] => [
  { keyword: 'PurposeOfReferenceCodeSequence', items: [codeItem('109103', 'Modifying Equipment')] },
  { keyword: 'Manufacturer', value: 'Safelight' },
  { keyword: 'ManufacturerModelName', value: 'Safelight' },
  { keyword: 'SoftwareVersions', value: station.softwareVersion },
  { keyword: 'ContributionDateTime', value: at },
  { keyword: 'ContributionDescription', value: 'Derived picture' },
];

type Vector = readonly [number, number, number];
type Group = ReadonlyMap<number, FoundElement>;

function placeEdits(wish: HeaderWish): Edit[] {
  const { found, change, markup, looks } = wish;
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

const groupOf = (items: readonly (readonly FoundElement[])[] | undefined, n: number): Group =>
  new Map(items?.[n]?.map((element) => [element.tag, element]) ?? []);

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

/** The object's own shutter moves with its picture; one that is painted is no shutter any more. */
function shutterEdits({ found, change, markup, looks }: HeaderWish): Edit[] {
  const own = shuttersOf(null, found);
  const isPainted = looks && (markup.shutter !== null || Object.keys(own).length > 0);
  if (Object.keys(own).length === 0) return [];
  const all = [shutterTags.shape, shutterTags.left, shutterTags.right, shutterTags.upper, shutterTags.lower];
  const more = [shutterTags.centre, shutterTags.radius, shutterTags.vertices];
  const kept = isPainted ? [] : shutterElements(moved(own, change));
  const keptTags = new Set(kept.map((element) => ('tag' in element ? element.tag : 0)));
  return [
    ...[...all, ...more].filter((tag) => !keptTags.has(tag)).map((tag): Edit => ({ kind: 'remove', tag })),
    ...kept.map((element): Edit => ({ kind: 'put', element })),
  ];
}

function moved({ rectangle, circle, polygon }: Shutters, change: Change): Shutters {
  const to = geometryOf(change);
  const pixel = (column: number, row: number): [number, number] => {
    const [x, y] = to.pointOf([column - 0.5, row - 0.5]);
    return [Math.floor(x) + 1, Math.floor(y) + 1];
  };
  const corners = rectangle && [pixel(rectangle.left, rectangle.upper), pixel(rectangle.right, rectangle.lower)];
  const [a, b] = corners ?? [];
  return {
    ...(a && b
      ? {
          rectangle: {
            ...{ left: Math.min(a[0], b[0]), right: Math.max(a[0], b[0]) },
            ...{ upper: Math.min(a[1], b[1]), lower: Math.max(a[1], b[1]) },
          },
        }
      : {}),
    ...(circle ? { circle: { centre: pixel(...circle.centre), radius: circle.radius } } : {}),
    ...(polygon ? { polygon: polygon.map((corner) => pixel(...corner)) } : {}),
  };
}

/** Grey keeps its values: the window is carried, and inverse is said by the photometric interpretation. */
function lookEdits({ found, markup, photometric, samples }: HeaderWish): Edit[] {
  const put = (element: NewElement): Edit => ({ kind: 'put', element });
  const isGrey = samples === 1 && photometric.startsWith('MONOCHROME');
  if (!isGrey) return [];
  const edits: Edit[] = [];
  const { window, inverted } = markup;
  if (window) {
    const items = found.get(tags.perFrame)?.items ?? [];
    const inFrames = items.flatMap((group, item) =>
      group.some(({ tag }) => tag === tags.frameVoi)
        ? [
            [
              { tag: tags.perFrame, item },
              { tag: tags.frameVoi, item: 0 },
            ],
          ]
        : [],
    );
    const inShared = groupOf(found.get(tags.shared)?.items, 0).has(tags.frameVoi)
      ? [
          [
            { tag: tags.shared, item: 0 },
            { tag: tags.frameVoi, item: 0 },
          ],
        ]
      : [];
    const groups = [...inShared, ...inFrames];
    const values = [
      { keyword: 'WindowCenter', value: window.center },
      { keyword: 'WindowWidth', value: window.width },
    ];
    const table = window.lut === undefined ? undefined : found.get(tags.voiLut)?.items?.[window.lut];
    if (table) {
      const gone = groups.length === 0 ? [0x00281050, 0x00281051, 0x00281055, 0x00281056] : [];
      edits.push(
        put({ keyword: 'VOILUTSequence', items: [table.map(asItStood)] }),
        ...gone.map((tag): Edit => ({ kind: 'remove', tag })),
      );
    } else if (groups.length === 0) {
      edits.push(...values.map(put), { kind: 'remove', tag: tags.voiLut }, { kind: 'remove', tag: 0x00281055 });
    }
    for (const path of groups) {
      edits.push(...values.map((element): Edit => ({ kind: 'put', path, element })), {
        kind: 'remove',
        path,
        tag: 0x00281055,
      });
    }
  }
  if (inverted) {
    edits.push(
      put({
        keyword: 'PhotometricInterpretation',
        value: photometric === 'MONOCHROME1' ? 'MONOCHROME2' : 'MONOCHROME1',
      }),
    );
    const [shape] = textsOf(found.get(tags.lutShape));
    if (shape)
      edits.push(put({ keyword: 'PresentationLUTShape', value: shape === 'INVERSE' ? 'IDENTITY' : 'INVERSE' }));
  }
  return edits;
}
