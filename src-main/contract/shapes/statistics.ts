// Figures of rejects, repeats, exposure, arrivals and sending: what is asked, what is answered, and what a site sets.
//
// Everything is counted by the clock of the station. Ends of spans are not part of them.
import { z } from 'zod';

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'a day such as 2026-11-23')
  .refine((text) => {
    const at = new Date(`${text}T00:00:00Z`);
    return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
  }, 'a day that exists');

/** A shift lasts until the next one begins; the last of a day goes on until the first of the next. */
export const shiftShape = z.strictObject({
  name: z.string().trim().min(1).max(32),
  /** Full hour at which it begins. */
  fromHour: z.int().min(0).max(23),
});
export type Shift = z.infer<typeof shiftShape>;

export const paperShape = z.enum(['a4', 'letter']);
export type Paper = z.infer<typeof paperShape>;

export const statisticsSettingShape = z.strictObject({
  /** Nobody is named in figures, tables and reports. */
  hideTechnologists: z.boolean().default(false),
  shifts: z
    .array(shiftShape)
    .min(1)
    .max(8)
    .refine(
      (shifts) => new Set(shifts.map(({ fromHour }) => fromHour)).size === shifts.length,
      'shifts that begin apart',
    )
    .refine((shifts) => new Set(shifts.map(({ name }) => name)).size === shifts.length, 'names that differ')
    .default([
      { name: 'Early', fromHour: 6 },
      { name: 'Late', fromHour: 14 },
      { name: 'Night', fromHour: 22 },
    ]),
  /** Of the report. */
  paper: paperShape.default('a4'),
  /** Tables begin with the mark by which a spreadsheet knows UTF-8. */
  byteOrderMark: z.boolean().default(true),
});
export type StatisticsSetting = z.infer<typeof statisticsSettingShape>;

export const spanNames = ['today', '7-days', '30-days', 'month', 'from-to', '12-months'] as const;
export const timeUnits = ['hour', 'day', 'week', 'month'] as const;
export type TimeUnit = (typeof timeUnits)[number];

const spanFields = {
  span: z.enum(spanNames).default('30-days'),
  /** For 'month'; the present one when left out. */
  month: z
    .string()
    .regex(/^\d{4}-(?:0[1-9]|1[0-2])$/, 'a month such as 2026-11')
    .optional(),
  /** For 'from-to': first and last day, both of them counted. */
  from: day.optional(),
  to: day.optional(),
};
export const spanAskedShape = z.strictObject(spanFields);
export type SpanAsked = z.infer<typeof spanAskedShape>;

export const statisticsAskedShape = z.strictObject({
  ...spanFields,
  /** What a point in time covers; chosen by the length of the span when left out. */
  unit: z.enum(timeUnits).optional(),
});
export type StatisticsAsked = z.infer<typeof statisticsAskedShape>;

/** What figures are grouped by. */
export const axes = ['reason', 'device', 'technologist', 'bodyPart', 'modality', 'shift'] as const;
export type Axis = (typeof axes)[number];

/** Of one group, or of all. Counts of images; `received` is null where nobody knows whose an image was before a word was said. */
const countFields = {
  received: z.int().nullable(),
  judged: z.int(),
  accepted: z.int(),
  repeated: z.int(),
  rejected: z.int(),
};
export const countsShape = z.strictObject(countFields);
export type Counts = z.infer<typeof countsShape>;

/** Shortest to longest way out of the station, in seconds. */
const sendingShape = z.strictObject({
  destinationId: z.string(),
  name: z.string(),
  /** Deliveries that were sent in the span, and how long they waited from approval to that. */
  sent: z.int(),
  medianSeconds: z.number().nullable(),
  longestSeconds: z.number().nullable(),
  /** What waits now, and since when. */
  waiting: z.int(),
  oldestWaitingSince: z.string().nullable(),
});

const outageShape = z.strictObject({
  destinationId: z.string(),
  name: z.string(),
  state: z.enum(['silent', 'refusing']),
  since: z.string(),
  /** Null while it lasts. */
  until: z.string().nullable(),
  seconds: z.number(),
});

const exposureFields = {
  images: z.int(),
  /** Of the Deviation Index (IEC 62494-1); null without images. */
  median: z.number().nullable(),
  /** Between these lie nine of ten. */
  low: z.number().nullable(),
  high: z.number().nullable(),
  inBand: z.int(),
  below: z.int(),
  above: z.int(),
};
export const exposureOfDeviceShape = z.strictObject({
  key: z.string(),
  name: z.string(),
  ...exposureFields,
  points: z.array(z.strictObject({ at: z.string(), ...exposureFields })),
});
export type ExposureOfDevice = z.infer<typeof exposureOfDeviceShape>;

export const groupShape = z.strictObject({
  /** A code, an id, or the text itself; '' when nobody said. */
  key: z.string(),
  /** What a site or a device calls it; '' when it has no other name than its key. */
  name: z.string(),
  ...countFields,
});
export type Group = z.infer<typeof groupShape>;

export const pointShape = z.strictObject({
  /** Local day and hour at which it begins: '2026-11-23', '2026-11-23T14:00'; a month or week by its first day. */
  at: z.string(),
  ...countFields,
  exams: z.int(),
});
export type Point = z.infer<typeof pointShape>;

export const statisticsShape = z.strictObject({
  from: z.string(),
  to: z.string(),
  /** First and last local day. */
  firstDay: z.string(),
  lastDay: z.string(),
  zone: z.string(),
  countedAt: z.string(),
  unit: z.enum(timeUnits),
  technologistsHidden: z.boolean(),
  totals: countsShape,
  groups: z.record(z.enum(axes), z.array(groupShape)),
  points: z.array(pointShape),
  /** Hours of the day, 24 of them. */
  hours: z.array(z.strictObject({ hour: z.int(), ...countFields })),
  exposure: z.array(exposureOfDeviceShape),
  outages: z.array(outageShape),
  sending: z.array(sendingShape),
});
export type Statistics = z.infer<typeof statisticsShape>;
export type Outage = Statistics['outages'][number];
export type Sending = Statistics['sending'][number];

const groupChosen = z.string().max(256).optional();
export const keptBackAskedShape = z.strictObject({
  ...spanFields,
  /** Only those of one group. */
  axis: z.enum(axes).optional(),
  key: groupChosen,
  limit: z.coerce.number().int().min(1).max(500).default(100),
  offset: z.coerce.number().int().min(0).default(0),
});
export type KeptBackAsked = z.infer<typeof keptBackAskedShape>;

/** One image that was rejected or is to be repeated. Nothing here says who the patient is. */
export const keptBackShape = z.strictObject({
  objectId: z.string(),
  examId: z.string(),
  at: z.string(),
  verdict: z.enum(['repeated', 'rejected']),
  reason: z.string(),
  reasonName: z.string(),
  text: z.string(),
  device: z.string(),
  /** '' also when nobody is named here. */
  technologist: z.string(),
  modality: z.string(),
  bodyPart: z.string(),
  deviationIndex: z.number().nullable(),
  /** False when its picture was removed, or when nobody knows it any more. */
  isHere: z.boolean(),
  /** When its picture was removed from this disk, if that is known. */
  purgedAt: z.string().nullable(),
});
export type KeptBack = z.infer<typeof keptBackShape>;
export const keptBackPageShape = z.strictObject({ images: z.array(keptBackShape), total: z.int() });
export type KeptBackPage = z.infer<typeof keptBackPageShape>;

/** What the address of a table or a report may say. */
export const documentAskedShape = z.strictObject({
  ...spanFields,
  unit: z.enum(timeUnits).optional(),
  axis: z.enum(axes).optional(),
  key: groupChosen,
  /** Of a report; as set for the station when left out. */
  paper: paperShape.optional(),
  /** The byte order mark of a table; as set for the station when left out. */
  mark: z.stringbool().optional(),
  /** The table of images says who they are of. That it was asked for is kept in the trail. */
  patients: z.stringbool().default(false),
});
export type DocumentAsked = z.infer<typeof documentAskedShape>;
