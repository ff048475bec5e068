// What a presentation state says of pictures (PS3.3 A.33.1, A.33.2): how they are windowed, turned, shut and drawn on, as
// data elements. Pure: pictures and what was chosen on them go in, elements come out.
//
// Pictures of one series that are displayed alike are said together. A state that leaves something out means that it does
// not apply (PS3.4 N.2), so what the object says itself is always said again.
import type { Markup, Point } from '#contract/shapes/markup.ts';
import type { NewElement } from '#station/dicom/index.ts';
import type { RawFrame, VoiWindow } from '#station/model/raw-frame.ts';
import { sRgbProfile } from './colour-profile.ts';
import { drawingsOf, type DrawnThing } from './drawn-lines.ts';
import { asNewElement, textsOf, type FoundElement, type FoundElements } from './found-elements.ts';
import { shutterElements, shuttersOf, shutterTags } from './shutter-elements.ts';

export const grayscaleStateClass = '1.2.840.10008.5.1.4.1.1.11.1';
export const colorStateClass = '1.2.840.10008.5.1.4.1.1.11.2';

/** A picture that a state speaks of, by the UIDs under which it leaves. */
export type StatePicture = {
  readonly SOPClassUID: string;
  readonly SOPInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly frames: number;
  readonly markup: Markup;
  /** Its first frame, as it is decoded. */
  readonly frame: Omit<RawFrame, 'bytes' | 'attached'>;
  /** Elements of `stateTags`. */
  readonly found: FoundElements;
};

const tags = {
  rescaleType: 0x00281054,
  modalityLut: 0x00283000,
  voiLut: 0x00283010,
  voiFunction: 0x00281056,
  iccProfile: 0x00282000,
} as const;

/** What of a picture must be read for its state. */
export const stateTags: ReadonlySet<number> = new Set([...Object.values(tags), ...Object.values(shutterTags)]);

const drawingLayer = 'ANNOTATIONS';
const overlayLayer = 'OVERLAYS';

export const isColour = ({ frame }: Pick<StatePicture, 'frame'>): boolean => frame.samples === 3;

/** Pictures with the same key are said in one state. */
export function stateKey(picture: StatePicture): string {
  const { frame, markup, found, SeriesInstanceUID } = picture;
  const colour = isColour(picture);
  return JSON.stringify([
    ...[SeriesInstanceUID, colour, markup.rotation, markup.flipped],
    shuttersOf(markup.shutter, found),
    colour ? (found.get(tags.iccProfile)?.value.toString('base64') ?? '') : [isInverse(picture), modalityKey(picture)],
    overlayGroups(frame),
  ]);
}

/** Where the viewer shows by it: angiography keeps one for subtraction, which no picture is to be seen through. */
const modalityLutOf = ({ frame, found }: StatePicture): FoundElement | undefined =>
  frame.modalityLutApplied ? found.get(tags.modalityLut) : undefined;

const modalityKey = (picture: StatePicture) => {
  const lut = modalityLutOf(picture);
  const { frame, found } = picture;
  return lut
    ? JSON.stringify(lut.items?.map((item) => item.map(({ value }) => value.toString('base64'))))
    : [frame.rescale.slope, frame.rescale.intercept, textsOf(found.get(tags.rescaleType))[0] ?? ''];
};

/** The elements below the series, of pictures with one key. */
export function stateElements(pictures: readonly StatePicture[]): NewElement[] {
  const [first] = pictures;
  if (!first) return [];
  const colour = isColour(first);
  const drawn = pictures.some(({ markup }) => markup.annotations.length > 0);
  const overlays = overlayGroups(first.frame);
  const shutter = shutterElements(shuttersOf(first.markup.shutter, first.found));
  const layers = [...(overlays.length > 0 ? [overlayLayer] : []), ...(drawn ? [drawingLayer] : [])];
  return [
    {
      keyword: 'ReferencedSeriesSequence',
      items: [
        [
          { keyword: 'ReferencedImageSequence', items: pictures.map((picture) => referenceTo(picture)) },
          { keyword: 'SeriesInstanceUID', value: first.SeriesInstanceUID },
        ],
      ],
    },
    ...shutter,
    ...(shutter.length > 0 ? shutterValues(colour) : []),
    ...overlays.map((group) => ({ tag: group * 0x10000 + 0x1001, vr: 'CS', value: overlayLayer })),
    { keyword: 'DisplayedAreaSelectionSequence', items: areasOf(pictures) },
    { keyword: 'ImageRotation', value: first.markup.rotation },
    { keyword: 'ImageHorizontalFlip', value: first.markup.flipped ? 'Y' : 'N' },
    ...(drawn ? [{ keyword: 'GraphicAnnotationSequence', items: pictures.flatMap(annotationsOf) }] : []),
    ...(layers.length > 0 ? [{ keyword: 'GraphicLayerSequence', items: layers.map(layerItem) }] : []),
    ...(colour ? [iccProfileOf(first)] : [...modalityOf(first), ...voiOf(pictures), presentationLut(first)]),
  ];
}

/** Black for both spaces: a state of colours says it as L* a* b*, 16 bits each, besides (PS3.3 C.11.12, C.10.7.1.1). */
const shutterValues = (colour: boolean): NewElement[] => [
  { keyword: 'ShutterPresentationValue', value: 0 },
  ...(colour ? [{ keyword: 'ShutterPresentationColorCIELabValue', value: [0, 0x8080, 0x8080] }] : []),
];

function referenceTo(picture: Pick<StatePicture, 'SOPClassUID' | 'SOPInstanceUID'>, frame?: number): NewElement[] {
  return [
    { keyword: 'ReferencedSOPClassUID', value: picture.SOPClassUID },
    { keyword: 'ReferencedSOPInstanceUID', value: picture.SOPInstanceUID },
    ...(frame === undefined ? [] : [{ keyword: 'ReferencedFrameNumber', value: String(frame) }]),
  ];
}

function layerItem(name: string, n: number): NewElement[] {
  return [
    { keyword: 'GraphicLayer', value: name },
    { keyword: 'GraphicLayerOrder', value: String(n + 1) },
    { keyword: 'GraphicLayerRecommendedDisplayGrayscaleValue', value: 0xffff },
    { keyword: 'GraphicLayerDescription', value: name === drawingLayer ? 'Drawn by a person' : 'Overlays' },
  ];
}

const overlayGroups = ({ overlays = [] }: StatePicture['frame']): number[] => [
  ...new Set(overlays.map(({ group }) => group)),
];

/** One item for all pictures of a size; none is left without (C.10.4). */
function areasOf(pictures: readonly StatePicture[]): NewElement[][] {
  const alike = Map.groupBy(pictures, (picture) => JSON.stringify(areaOf(picture)));
  return [...alike.values()].map((some) => {
    const [first] = some as [StatePicture, ...StatePicture[]];
    const { from, to, spacing, aspect } = areaOf(first);
    return [
      ...(alike.size === 1
        ? []
        : [{ keyword: 'ReferencedImageSequence', items: some.map((picture) => referenceTo(picture)) }]),
      { keyword: 'DisplayedAreaTopLeftHandCorner', value: from },
      { keyword: 'DisplayedAreaBottomRightHandCorner', value: to },
      { keyword: 'PresentationSizeMode', value: 'SCALE TO FIT' },
      spacing
        ? { keyword: 'PresentationPixelSpacing', value: spacing }
        : { keyword: 'PresentationPixelAspectRatio', value: aspect.map(String) },
    ];
  });
}

/** Corners of the whole picture as they stand after the turn, in pixels of the stored one (C.10.4, figure C.10.4-1). */
function areaOf({ frame, markup }: StatePicture) {
  const { ofRows: rows, ofColumns: columns, pixelAspect, spacingMm } = frame;
  const corners = [
    [1, 1],
    [columns, 1],
    [columns, rows],
    [1, rows],
  ] as const;
  // Clockwise by one quarter, what was bottom left comes to the top left.
  const turned = (4 - markup.rotation / 90) % 4;
  const from = corners[(turned + (markup.flipped ? 1 : 0)) % 4] ?? corners[0];
  const to = corners[(turned + (markup.flipped ? 3 : 2)) % 4] ?? corners[2];
  const spacing =
    markup.calibrationMm === null ? spacingMm : ([markup.calibrationMm * pixelAspect, markup.calibrationMm] as const);
  return { from: [...from], to: [...to], spacing, aspect: wholeRatio(pixelAspect) };
}

/** Height to width as two whole numbers. */
function wholeRatio(aspect: number): [number, number] {
  if (Math.abs(aspect - 1) < 1e-6) return [1, 1];
  for (let width = 1; width <= 1000; width++) {
    const height = Math.round(aspect * width);
    if (height > 0 && Math.abs(height / width - aspect) < aspect * 1e-4) return [height, width];
  }
  return [Math.max(1, Math.round(aspect * 1000)), 1000];
}

function annotationsOf(picture: StatePicture): NewElement[][] {
  const { frame, markup, frames } = picture;
  const on = { ...frame, calibrationMm: markup.calibrationMm, rows: frame.ofRows, columns: frame.ofColumns };
  const byFrame = Map.groupBy(drawingsOf(markup, on), (drawing) => (frames > 1 ? drawing.frame : null));
  return [...byFrame].flatMap(([number, drawings]) => {
    const things = drawings.flatMap((drawing) => drawing.things);
    const words = things.flatMap((thing) => (thing.kind === 'words' ? [textObject(thing.at, thing.lines)] : []));
    const graphics = things.flatMap((thing) => graphicObject(thing) ?? []);
    if (words.length + graphics.length === 0) return [];
    return [
      [
        { keyword: 'ReferencedImageSequence', items: [referenceTo(picture, number ?? undefined)] },
        { keyword: 'GraphicLayer', value: drawingLayer },
        ...(words.length > 0 ? [{ keyword: 'TextObjectSequence', items: words }] : []),
        ...(graphics.length > 0 ? [{ keyword: 'GraphicObjectSequence', items: graphics }] : []),
      ],
    ];
  });
}

const mostTextCharacters = 1024;

const textObject = (at: Point, lines: readonly string[]): NewElement[] => [
  { keyword: 'AnchorPointAnnotationUnits', value: 'PIXEL' },
  { keyword: 'UnformattedTextValue', value: lines.join('\r\n').slice(0, mostTextCharacters) },
  { keyword: 'AnchorPoint', value: [...at] },
  { keyword: 'AnchorPointVisibility', value: 'N' },
];

function graphicObject(thing: DrawnThing): NewElement[][] | undefined {
  if (thing.kind === 'words') return undefined;
  const points = thing.kind === 'line' ? thing.points : [...thing.major, ...thing.minor];
  if (points.length < 2) return undefined;
  return [
    [
      { keyword: 'GraphicAnnotationUnits', value: 'PIXEL' },
      { keyword: 'GraphicDimensions', value: 2 },
      { keyword: 'NumberOfGraphicPoints', value: points.length },
      { keyword: 'GraphicData', value: points.flat() },
      { keyword: 'GraphicType', value: thing.kind === 'line' ? 'POLYLINE' : 'ELLIPSE' },
      { keyword: 'GraphicFilled', value: 'N' },
    ],
  ];
}

function modalityOf(picture: StatePicture): NewElement[] {
  const { frame, found } = picture;
  const lut = modalityLutOf(picture);
  const copied = lut && asNewElement(lut);
  if (copied) return [copied];
  const { slope, intercept } = frame.rescale;
  if (slope === 1 && intercept === 0) return [];
  return [
    { keyword: 'RescaleIntercept', value: intercept },
    { keyword: 'RescaleSlope', value: slope },
    { keyword: 'RescaleType', value: textsOf(found.get(tags.rescaleType))[0] || 'US' },
  ];
}

/** What holds is the person's window, else the look-up table or the window that the object names, else a computed one. */
function voiOf(pictures: readonly StatePicture[]): NewElement[] {
  const alike = Map.groupBy(pictures, (picture) => {
    const table = tableOf(picture);
    const { markup, frame } = picture;
    return JSON.stringify(
      table
        ? table.map(({ tag, value }) => [tag, value.toString('base64')])
        : [markup.window ?? frame.windows[0], frame.voiFunction],
    );
  });
  return [
    {
      keyword: 'SoftcopyVOILUTSequence',
      items: [...alike.values()].map((some) => {
        const [first] = some as [StatePicture, ...StatePicture[]];
        const scope = some.length === pictures.length ? [] : some.map((picture) => referenceTo(picture));
        return [
          ...(scope.length === 0 ? [] : [{ keyword: 'ReferencedImageSequence', items: scope }]),
          ...voiItem(first),
        ];
      }),
    },
  ];
}

/**
 * The table that the person chose, else the first one: who writes both means the window for viewers that know no tables. A
 * table that the viewer could not draw either is none.
 */
function tableOf({ markup, frame, found }: StatePicture): readonly FoundElement[] | undefined {
  const wanted = markup.window === null ? frame.luts?.[0]?.item : markup.window.lut;
  const isDrawn = frame.luts?.some(({ item }) => item === wanted) === true;
  return isDrawn && wanted !== undefined ? found.get(tags.voiLut)?.items?.[wanted] : undefined;
}

function voiItem(picture: StatePicture): NewElement[] {
  const { markup, frame } = picture;
  const table = tableOf(picture)?.flatMap((one) => asNewElement(one) ?? []);
  if (table) return [{ keyword: 'VOILUTSequence', items: [table] }];
  const window: VoiWindow = markup.window ?? frame.windows[0] ?? { center: 128, width: 256 };
  return [
    { keyword: 'WindowCenter', value: window.center },
    { keyword: 'WindowWidth', value: window.width },
    ...(window.name ? [{ keyword: 'WindowCenterWidthExplanation', value: window.name }] : []),
    ...(frame.voiFunction === 'LINEAR' ? [] : [{ keyword: 'VOILUTFunction', value: frame.voiFunction }]),
  ];
}

/** A state does not look at the photometric interpretation: MONOCHROME1 is inverse by what is said here (C.11.6). */
const isInverse = ({ frame, markup }: StatePicture): boolean =>
  (frame.photometric === 'MONOCHROME1') !== markup.inverted;

const presentationLut = (picture: StatePicture): NewElement => ({
  ...{ keyword: 'PresentationLUTShape', value: isInverse(picture) ? 'INVERSE' : 'IDENTITY' },
});

function iccProfileOf({ found }: StatePicture): NewElement {
  const own = found.get(tags.iccProfile)?.value;
  return { keyword: 'ICCProfile', vr: 'OB', value: own && own.length > 128 ? own : sRgbProfile() };
}
