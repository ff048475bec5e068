// What an object says that is not a picture: its header line by line, reports and other documents as text, waveforms.
// Everything in it was written by strangers; it is shown as text and never as markup.
import { z } from 'zod';

/** Most lines of a header that one answer brings. */
export const mostHeaderLines = 3000;

/** One element, or the beginning of one item of a sequence, in the order of the file. */
export const headerLineShape = z.strictObject({
  /** Eight hexadecimal digits, such as '00100010'. */
  tag: z.string(),
  /** '' for private elements and what PS3.6 does not know. */
  keyword: z.string(),
  /** Who reserved the block of a private element; '' for others. */
  creator: z.string(),
  /** '' for items. */
  vr: z.string(),
  depth: z.int().min(0),
  /** Number of the item that begins here, from 1; null for elements. */
  item: z.int().nullable(),
  /** Null where the length is not written. */
  sizeBytes: z.int().nullable(),
  /** As received; null: it was not there. */
  received: z.string().nullable(),
  /** As it leaves, where that is something else; null: it does not leave. */
  leaves: z.string().nullable().optional(),
  /** The value is longer than what is shown. */
  cut: z.boolean(),
});
export type HeaderLine = z.infer<typeof headerLineShape>;

export const headerShape = z.strictObject({
  objectId: z.string(),
  /** 'left': compared with the approved revision. 'would-leave': with what is corrected by now. */
  stage: z.enum(['left', 'would-leave']),
  lines: z.array(headerLineShape).max(mostHeaderLines),
  /** Lines that fit the search. */
  found: z.int(),
  /** Lines of the header, as far as it was read. */
  total: z.int(),
  /** Why reading ended before the end: 'too-many', 'truncated', 'too-deep' ...; '' when all was read. */
  stopped: z.string(),
});
export type HeaderAnswer = z.infer<typeof headerShape>;

export const referenceShape = z.strictObject({
  SOPClassUID: z.string(),
  SOPInstanceUID: z.string(),
  /** Counted from 1; none: all. */
  frames: z.array(z.int()),
  /** Where it is held here; null when it is not. */
  objectId: z.string().nullable(),
  examId: z.string().nullable(),
});
export type Reference = z.infer<typeof referenceShape>;

export const reportLineShape = z.strictObject({
  depth: z.int().min(0),
  /** Position in the tree as '1.2.1', which other lines may refer to. */
  place: z.string(),
  /** 'CONTAINS', 'HAS PROPERTIES' ... as written. */
  relationship: z.string(),
  /** 'CONTAINER', 'TEXT', 'NUM' ... as written. */
  valueType: z.string(),
  name: z.string(),
  text: z.string(),
  unit: z.string(),
  reference: referenceShape.nullable(),
});
export type ReportLine = z.infer<typeof reportLineShape>;

/** Images and frames that a part of a presentation state is for; none: all of them. */
export const presentedScopeShape = z.array(
  /** Frames are counted from 1; none: all of the image. */
  z.strictObject({ SOPInstanceUID: z.string(), frames: z.array(z.int()) }),
);
export type PresentedScope = z.infer<typeof presentedScopeShape>;

const coordinate = z.number();
/** What a presentation state draws, in pixels of the image, [column, row]. */
export const graphicShape = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('line'),
    of: presentedScopeShape,
    points: z.array(z.tuple([coordinate, coordinate])),
    filled: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('text'),
    of: presentedScopeShape,
    at: z.tuple([coordinate, coordinate]),
    text: z.string(),
  }),
]);
export type Graphic = z.infer<typeof graphicShape>;

/** A look-up table: entries for values from `first` on, `bits` deep. */
const presentedTableShape = z.strictObject({
  first: z.int(),
  bits: z.int(),
  values: z.array(z.int().min(0).max(65_535)).min(1).max(65_536),
});
export type PresentedTable = z.infer<typeof presentedTableShape>;

/** How a presentation state windows some of its images (PS3.3 C.11.8). */
export const presentedVoiShape = z.strictObject({
  of: presentedScopeShape,
  center: z.number(),
  width: z.number().positive(),
  /** What it calls it. */
  name: z.string(),
  voiFunction: z.enum(['LINEAR', 'LINEAR_EXACT', 'SIGMOID']),
  /** In place of the window. */
  table: presentedTableShape.nullable(),
});
export type PresentedVoi = z.infer<typeof presentedVoiShape>;

export const presentationShape = z.strictObject({
  /** In what `modality` makes of stored values, or `rescale` where it is null. */
  voi: z.array(presentedVoiShape),
  /** Null where it has a table, or one that cannot be read: that of the image holds then. */
  rescale: z.strictObject({ slope: z.number(), intercept: z.number() }).nullable(),
  /** For stored values as they are without a table of the image. `first` may be written without its sign. */
  modality: presentedTableShape.nullable(),
  /** From what windows make, in the whole range of its entries, to light (PS3.3 C.11.6). */
  presentationLut: presentedTableShape.nullable(),
  inverted: z.boolean(),
  rotation: z.union([z.literal(0), z.literal(90), z.literal(180), z.literal(270)]),
  flipped: z.boolean(),
  graphics: z.array(graphicShape),
  /** Outlines of what stays visible. */
  shutters: z.array(z.array(z.tuple([coordinate, coordinate]))),
});
export type Presentation = z.infer<typeof presentationShape>;

export const paperShape = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('report'),
    isKeyObjects: z.boolean(),
    title: z.string(),
    /** 'COMPLETE', 'PARTIAL' or ''. */
    completion: z.string(),
    /** 'VERIFIED', 'UNVERIFIED' or ''. */
    verification: z.string(),
    verifiedBy: z.array(z.strictObject({ name: z.string(), at: z.string() })),
    date: z.string(),
    time: z.string(),
    lines: z.array(reportLineShape),
    /** '' when all is shown; 'too-many', 'too-deep', 'truncated' ... */
    stopped: z.string(),
  }),
  z.strictObject({
    kind: z.literal('presentation'),
    title: z.string(),
    description: z.string(),
    creator: z.string(),
    date: z.string(),
    time: z.string(),
    references: z.array(referenceShape),
    shows: presentationShape,
    /** What of it is not shown: 'masks', 'overlays', 'display-graphics' ... */
    lacks: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('enclosed-text'),
    title: z.string(),
    mediaType: z.string(),
    text: z.string(),
    cut: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('pdf'),
    title: z.string(),
    sizeBytes: z.int(),
    /** False when the bytes do not begin as a PDF does. */
    isSound: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('video'),
    coding: z.enum(['mpeg2', 'h264', 'hevc', 'unknown']),
    container: z.enum(['mp4', 'transport-stream', 'program-stream', 'bare']),
    /** True when a browser can be asked to play it. */
    isPlayable: z.boolean(),
    sizeBytes: z.int(),
    rows: z.int(),
    columns: z.int(),
    frames: z.int(),
    seconds: z.number().nullable(),
  }),
  z.strictObject({ kind: z.literal('waveform') }),
  z.strictObject({
    kind: z.literal('other'),
    /** 'no-pixels', 'class-not-shown', 'document-missing', 'document-not-shown', 'header-broken'. */
    reason: z.string(),
    facts: z.array(z.strictObject({ keyword: z.string(), value: z.string() })),
  }),
]);
export type Paper = z.infer<typeof paperShape>;

export const channelShape = z.strictObject({
  name: z.string(),
  /** UCUM, such as 'mV'. '' when it is not told. */
  unit: z.string(),
  /** Units a step of the stored number, with its correction factor. Null: stored numbers are shown as they are. */
  sensitivity: z.number().nullable(),
  baseline: z.number(),
  /** In Hz; null when not told. */
  highPassHz: z.number().nullable(),
  lowPassHz: z.number().nullable(),
  notchHz: z.number().nullable(),
});
export type Channel = z.infer<typeof channelShape>;

export const waveformGroupShape = z.strictObject({
  number: z.int().min(0),
  label: z.string(),
  channels: z.array(channelShape),
  /** Channels that the object has, of which `channels` is the first part. */
  channelsTold: z.int(),
  samples: z.int(),
  hz: z.number(),
  originality: z.string(),
  /** Why it is not drawn: 'no-channels', 'too-many-channels', 'length-lies', 'kind-unknown', 'no-frequency'; '' when it is. */
  trouble: z.string(),
});
export type WaveformGroup = z.infer<typeof waveformGroupShape>;

export const waveformShape = z.strictObject({
  objectId: z.string(),
  /** What the device wrote beside it. */
  notes: z.array(z.string()),
  groups: z.array(waveformGroupShape),
  stopped: z.string(),
});
export type Waveform = z.infer<typeof waveformShape>;
