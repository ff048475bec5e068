// Modality worklists as they are set, and what the lists of orders say about their sources.
import { z } from 'zod';
import { orderShape, orderStateShape } from './order.ts';
import { destinationTlsShape } from './secure.ts';

const title = z
  .string()
  .regex(
    /^[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?$/,
    'an AE title: 1 to 16 characters, no backslash, no space at either end',
  );

/** One server of Modality Worklist (PS3.4 K). */
export const worklistSettingShape = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower case letters, digits and hyphens, 32 at most'),
  name: z.string().min(1).max(64),
  aeTitle: title,
  host: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[A-Za-z0-9._:[\]-]+$/, 'a host name or an address'),
  port: z.int().min(1).max(65_535),
  /** Absent: it is called without TLS. */
  tls: destinationTlsShape.optional(),
  /** What this station calls itself there; its own AE title when left out. */
  callingAeTitle: title.optional(),
  /** Only orders for these devices; all when empty. */
  stationAeTitles: z.array(title).max(64).default([]),
  /** Only orders of these modalities; all when empty. */
  modalities: z
    .array(z.string().regex(/^[A-Z0-9_]{1,16}$/, 'a modality such as US'))
    .max(32)
    .default([]),
  /** The list that is kept here reaches from so many days before today … */
  daysBack: z.int().min(0).max(31).default(1),
  /** … to so many after it. */
  daysAhead: z.int().min(0).max(31).default(1),
  /** How often it is fetched. */
  everyMinutes: z.number().min(0.25).max(1440).default(5),
});
export type WorklistSetting = z.infer<typeof worklistSettingShape>;

export const worklistsShape = z
  .array(worklistSettingShape)
  .max(16)
  .default([])
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'ids that differ')
  .refine((all) => all.every(({ id }) => id !== 'typed'), 'another id than "typed"');

export const ordersSettingShape = z.strictObject({
  /** Orders that no exam uses are forgotten so many days after their day, when their source no longer speaks of them. */
  keepDays: z.int().min(1).max(3650).default(30),
  /** Under which Study Instance UID the images of an exam leave: the one they came with, or that of their order. */
  studyUid: z.enum(['keep', 'of-order']).default('keep'),
});

const said = z.strictObject({
  /** Key into text/. */
  key: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});
export type SaidByWorklist = z.infer<typeof said>;

/** Where orders come from, and how old what is known of them is. */
export const orderSourceShape = z.strictObject({
  id: z.string(),
  kind: z.enum(['worklist', 'hl7', 'typed']),
  name: z.string(),
  /** ISO: the last time that all of its list came (a worklist), or it said anything (a feed); null for never. */
  answeredAt: z.string().nullable(),
  /** ISO: since when it does not answer; null while it does. */
  failedAt: z.string().nullable(),
  /** What it said when it failed. */
  answer: said.nullable(),
  /** True while its list is being fetched. */
  asking: z.boolean(),
  /** What was wrong with its last list, counted. */
  notes: z.array(said),
});
export type OrderSource = z.infer<typeof orderSourceShape>;

export const orderFilterShape = z.strictObject({
  /** Words of name, number, accession or procedure; all must be found. */
  text: z.string().max(128).default(''),
  /** YYYYMMDD, or empty for every day. */
  day: z
    .string()
    .regex(/^(\d{8})?$/, 'a day as YYYYMMDD')
    .default(''),
  modality: z.string().max(16).default(''),
  /** AE title of the device the order is for. */
  station: z.string().max(16).default(''),
  states: z.array(orderStateShape).max(5).default([]),
  /** Also those that their worklist no longer lists. */
  withGone: z.stringbool().or(z.boolean()).default(false),
});
export type OrderFilter = z.infer<typeof orderFilterShape>;

export const orderPageShape = z.strictObject({
  orders: z.array(orderShape),
  total: z.int(),
  sources: z.array(orderSourceShape),
  /** What there is to choose from, among all orders of that day. */
  modalities: z.array(z.string()),
  stations: z.array(z.string()),
});
export type OrderPage = z.infer<typeof orderPageShape>;

/** What came of asking the worklists themselves. The orders are among those of the list then. */
export const orderAnswerShape = z.strictObject({
  answers: z.array(
    z.strictObject({
      sourceId: z.string(),
      name: z.string(),
      /** `more`: cut at the most that one search asks for. `superseded`: a newer search took its place. */
      kind: z.enum(['answered', 'more', 'failed', 'superseded']),
      orders: z.int(),
      answer: said.nullable(),
    }),
  ),
});
export type OrderAnswer = z.infer<typeof orderAnswerShape>;
