// What a person chose and drew on the pictures of an object. Nothing of it touches the received pixels: it leaves as a
// presentation state, or is baked into a derived object.
//
// Points are [column, row] in pixels of the stored image with sub-pixel resolution: the top left corner of the top left
// pixel is [0, 0], its bottom right corner [1, 1] (PS3.3 C.10.5, PIXEL).
import { z } from 'zod';

const coordinate = z.number().min(-65_536).max(131_072);
export const pointShape = z.tuple([coordinate, coordinate]);
export type Point = z.infer<typeof pointShape>;

export const boxShape = z.strictObject({ left: coordinate, top: coordinate, right: coordinate, bottom: coordinate });
export type Box = z.infer<typeof boxShape>;

/**
 * `points` by kind: distance, arrow (tail, tip): 2. angle: 3, the second one is the corner. cobb: 4, two lines.
 * ellipse, rectangle: 2 corners of the box. text, marker: 1, the anchor. freehand: 2 to 2000.
 */
export const annotationShape = z.strictObject({
  id: z.string().min(1).max(40),
  /** Counted from 1; null for all frames. */
  frame: z.int().min(1).nullable(),
  kind: z.enum(['distance', 'angle', 'cobb', 'ellipse', 'rectangle', 'arrow', 'text', 'freehand', 'marker']),
  points: z.array(pointShape).min(1).max(2000),
  text: z.string().max(256).default(''),
  /** What is measured, as it was shown: lines of value and unit. Absent for what measures nothing or was not on screen yet. */
  label: z.string().max(256).optional(),
  /** Of a `marker`. */
  side: z.enum(['L', 'R']).optional(),
  initials: z.string().max(4).optional(),
});
export type Annotation = z.infer<typeof annotationShape>;

export const shutterShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('rectangle'), box: boxShape }),
  z.strictObject({ kind: z.literal('circle'), center: pointShape, radius: z.number().positive().max(65_536) }),
  z.strictObject({ kind: z.literal('polygon'), points: z.array(pointShape).min(3).max(500) }),
]);
export type Shutter = z.infer<typeof shutterShape>;

export const chosenWindowShape = z.strictObject({
  /** In units after rescale. Of a look-up table: the span that it maps, for whoever cannot show the table. */
  center: z.number(),
  width: z.number().positive(),
  /** What the object calls it. */
  name: z.string().max(64).optional(),
  /** It is the look-up table that stands there in the VOI LUT Sequence of the object (PS3.3 C.11.2), counted from 0. */
  lut: z.int().min(0).max(15).optional(),
});
export type ChosenWindow = z.infer<typeof chosenWindowShape>;

export const markupShape = z.strictObject({
  /** Null: as the object says. */
  window: chosenWindowShape.nullable().default(null),
  inverted: z.boolean().default(false),
  /** Clockwise, before the flip: as PS3.3 C.10.6 has it, first rotated, then flipped from side to side. */
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]).default(0),
  flipped: z.boolean().default(false),
  annotations: z.array(annotationShape).max(500).default([]),
  shutter: shutterShape.nullable().default(null),
  /** Always baked. */
  crop: boxShape.nullable().default(null),
  /** Boxes that are made black; always baked. */
  redactions: z.array(boxShape).max(100).default([]),
  /** Millimetres a pixel, found by a person; null: as the object says, or unknown. */
  calibrationMm: z.number().positive().max(1000).nullable().default(null),
  /** A person says that no burned-in text is left outside the redactions: the baked object says so too. */
  redactionsCoverAll: z.boolean().optional(),
});
export type Markup = z.infer<typeof markupShape>;

/** What is stored of an object; `savedAt` is null while nobody chose anything. */
export const keptMarkupShape = z.strictObject({
  markup: markupShape,
  savedAt: z.iso.datetime({ offset: true }).nullable(),
});
export type KeptMarkup = z.infer<typeof keptMarkupShape>;

/** What is stored of the objects of an exam; those on which nobody chose anything are not in it. */
export const markupsOfExamShape = z.array(keptMarkupShape.extend({ objectId: z.string() }));
export type MarkupsOfExam = z.infer<typeof markupsOfExamShape>;

/** Boxes of burned-in text that a person remembered for pictures of this device and size; empty when there are none. */
export const deviceRedactionsShape = z.strictObject({
  /** What the images call the device, for a person: 'Philips EPIQ 7 (US)'. */
  device: z.string(),
  rows: z.int(),
  columns: z.int(),
  boxes: z.array(boxShape).max(100),
  savedAt: z.iso.datetime({ offset: true }).nullable(),
});
export type DeviceRedactions = z.infer<typeof deviceRedactionsShape>;

/** How what was drawn leaves: beside the picture, or in it. Crop and redaction are always in it. */
export const presentationWayShape = z.enum(['state', 'baked']);
export type PresentationWay = z.infer<typeof presentationWayShape>;

export const presentationSettingShape = z.strictObject({
  /** What an approval does when nobody says otherwise. */
  leaves: presentationWayShape.default('state'),
});
export type PresentationSetting = z.infer<typeof presentationSettingShape>;

/**
 * What of a picture could not leave if it were drawn, by the reason; null where it can. Asked when a tool is taken up, by the
 * questions that an approval asks.
 */
export const pictureLimitsShape = z.strictObject({
  /** Beside the images or in them: what the answer is for. */
  way: presentationWayShape,
  crop: z.string().nullable(),
  redaction: z.string().nullable(),
  /** Shutters and drawings. */
  marks: z.string().nullable(),
  /** A window and the inverted tone; 'only-seen': they are looked at and do not leave, as no state can say them of colour. */
  tone: z.string().nullable(),
});
export type PictureLimits = z.infer<typeof pictureLimitsShape>;
