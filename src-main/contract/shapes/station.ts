// The truth of the station: the strip at the bottom of every screen, GET /api/health, and the feed of changes.
import { z } from 'zod';
import { alertShape } from './alerts.ts';
import { destinationStatusShape } from './delivery.ts';
import { examFilterShape, examRowShape } from './exam.ts';
import { problemNoteShape } from './problem.ts';
import { certificateShape, refusalShape } from './secure.ts';

export const stationStatusShape = z.strictObject({
  name: z.string(),
  aeTitle: z.string(),
  version: z.string(),
  versions: z.record(z.string(), z.string()),
  startedAt: z.string(),
  listener: z.strictObject({
    state: z.enum(['listening', 'down', 'starting']),
    host: z.string(),
    /** Of this machine, as devices have to be told; none when it is in no network. */
    addresses: z.array(z.string()),
    port: z.int(),
    associations: z.int(),
    receivedToday: z.int(),
  }),
  /** The listener for DICOM over TLS. */
  secure: z.strictObject({
    state: z.enum(['off', 'listening', 'down']),
    port: z.int(),
    /** Our own, when it could be read. */
    certificate: certificateShape.nullable(),
    /** Why it is down, or why older files are still in use. */
    problem: problemNoteShape.nullable(),
    /** The last connections that came to nothing, newest first. */
    refusals: z.array(refusalShape),
  }),
  disk: z.strictObject({
    freeBytes: z.number(),
    totalBytes: z.number(),
    state: z.enum(['well', 'amber', 'red']),
    /** Until nothing more is taken in, at today's rate; null when nothing comes in. */
    hoursLeft: z.number().nullable(),
  }),
  queue: z.strictObject({ waiting: z.int(), unconfirmed: z.int(), blocked: z.int() }),
  destinations: z.array(destinationStatusShape),
  problems: z.array(problemNoteShape.extend({ since: z.string() })),
  /** What stays said until its reason is gone; the worst first. */
  alerts: z.array(alertShape),
  /** Devices that were turned away because nobody has decided about them. */
  newDevices: z.array(
    z.strictObject({
      aeTitle: z.string(),
      address: z.string(),
      firstSeenAt: z.string(),
      lastSeenAt: z.string(),
      times: z.int(),
      /** What it showed when it last called; absent when it called plainly. Lower case, without colons. */
      certificateSha256: z.string().optional(),
      certificateSubject: z.string().optional(),
    }),
  ),
  /** What the station does for itself: its last snapshot of the catalog, and its last reading of every object. */
  upkeep: z.strictObject({
    snapshotAt: z.string().nullable(),
    scrub: z
      .strictObject({
        startedAt: z.string(),
        endedAt: z.string().nullable(),
        objects: z.int(),
        damaged: z.int(),
        missing: z.int(),
      })
      .nullable(),
  }),
  operator: z.string(),
  /** True while the embedded receivers and sample devices of the demo are there. */
  demo: z.boolean(),
});
export type StationStatus = z.infer<typeof stationStatusShape>;

/**
 * What the feed says. It begins with `hello`; whoever watches asks again for all it shows when a new `hello` comes.
 * `exams` carries the rows that changed, several arrivals in one event, at most a few events a second.
 */
export const changeShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hello'), station: stationStatusShape }),
  z.strictObject({
    kind: z.literal('exams'),
    exams: z.array(examRowShape),
    removed: z.array(z.string()),
    totals: z.record(examFilterShape, z.int()),
  }),
  z.strictObject({ kind: z.literal('station'), station: stationStatusShape }),
  z.strictObject({ kind: z.literal('outbox'), examIds: z.array(z.string()) }),
  /** Lists of orders, or what is known of their sources. */
  z.strictObject({ kind: z.literal('orders') }),
  /** What is known or here of earlier exams. */
  z.strictObject({ kind: z.literal('priors') }),
  z.strictObject({ kind: z.literal('imports'), importIds: z.array(z.string()) }),
]);
export type Change = z.infer<typeof changeShape>;

export const importFindingShape = z.strictObject({
  name: z.string(),
  outcome: z.enum(['kept', 'kept-with-warning', 'already-here', 'skipped', 'refused']),
  objectId: z.string().nullable(),
  examId: z.string().nullable(),
  problems: z.array(problemNoteShape),
});
export type ImportFinding = z.infer<typeof importFindingShape>;

export const importReportShape = z.strictObject({
  id: z.string(),
  label: z.string(),
  state: z.enum(['running', 'done']),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  found: z.int(),
  kept: z.int(),
  alreadyHere: z.int(),
  skipped: z.int(),
  refused: z.int(),
  /** What it waits for before it goes on by itself. */
  waiting: z.enum(['no-room']).nullable(),
  /** The first 1,000 that were not simply kept, and the last 200 that were. */
  findings: z.array(importFindingShape),
});
export type ImportReport = z.infer<typeof importReportShape>;

export const demoStatusShape = z.strictObject({
  receivers: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      on: z.boolean(),
      port: z.int(),
      objects: z.int(),
      committed: z.int(),
    }),
  ),
  devices: z.array(
    z.strictObject({ id: z.string(), name: z.string(), images: z.int(), sending: z.boolean(), sent: z.int() }),
  ),
});
export type DemoStatus = z.infer<typeof demoStatusShape>;
