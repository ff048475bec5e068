// The settings of a station: what a person may read, write and hand over as one file.
import { z } from 'zod';
import { alertSettingShape } from './alerts.ts';
import { priorityShape, sendingFields } from './couriers.ts';
import { hl7SettingShape } from './hl7.ts';
import { judgingSettingShape } from './judging.ts';
import { matchingSettingShape } from './matching.ts';
import { priorsFields, priorsSettingShape } from './priors.ts';
import { presentationSettingShape } from './markup.ts';
import { noticesSettingShape } from './notices.ts';
import { notesSettingShape } from './reader-notes.ts';
import { routesAgainst, routesShape } from './routes.ts';
import { destinationTlsShape, fingerprintShape, stationTlsShape } from './secure.ts';
import { stationListsShape } from './station-lists.ts';
import { statisticsSettingShape } from './statistics.ts';
import { retentionSettingShape, spaceSettingShape } from './space.ts';
import { transcodingFields } from './transcoding.ts';
import { addressOf, faultsOf, webFields } from './web.ts';
import { ordersSettingShape, worklistsShape } from './worklists.ts';

export const aeTitleShape = z
  .string()
  .min(1)
  .max(16)
  .regex(
    /^[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]*[\x21-\x5b\x5d-\x7e])?$/,
    'an AE title: 1 to 16 characters, no backslash, no space at either end',
  );
export const hostShape = z
  .string()
  .min(1)
  .max(253)
  .regex(/^[A-Za-z0-9._:[\]-]+$/, 'a host name or an address');
export const portShape = z.int().min(1).max(65_535);

/** Empty, or 0, only for a destination that is reached by DICOMweb. */
const calledFields = {
  aeTitle: z
    .string()
    .max(16)
    .regex(
      /^(?:[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]*[\x21-\x5b\x5d-\x7e])?)?$/,
      'an AE title: 1 to 16 characters, no backslash, no space at either end',
    )
    .default(''),
  host: z
    .string()
    .max(253)
    .regex(/^[A-Za-z0-9._:[\]-]*$/, 'a host name or an address')
    .default(''),
  port: z.int().min(0).max(65_535).default(0),
};

export const destinationSettingShape = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower case letters, digits and hyphens, 32 at most'),
  name: z.string().min(1).max(64),
  kind: z.enum(['archive', 'cache', 'other']),
  ...calledFields,
  required: z.boolean().default(true),
  confirm: z.enum(['commitment', 'query', 'none']).default('query'),
  /** Absent: it is called without TLS. */
  tls: destinationTlsShape.optional(),
  ...sendingFields,
  ...transcodingFields,
  ...webFields,
  ...priorsFields,
});
export type DestinationSetting = z.infer<typeof destinationSettingShape>;

export const deviceSettingShape = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower case letters, digits and hyphens, 32 at most'),
  name: z.string().min(1).max(64),
  aeTitle: aeTitleShape,
  /** Address it must come from; any when left out. */
  host: hostShape.optional(),
  decision: z.enum(['allow', 'ignore', 'block']).default('allow'),
  /** The certificate it must show: it comes in over TLS with this one, or not at all. */
  certificateSha256: fingerprintShape.optional(),
  /** What it is expected to send, such as 'US'; anything when left out. Another one is noted, never refused. */
  modality: z
    .string()
    .regex(/^[A-Z0-9_]{1,16}$/, 'a modality such as US')
    .optional(),
  /** InstitutionalDepartmentName of its images where they have none. */
  department: z.string().min(1).max(64).optional(),
  /** InstitutionName of its images where they have none. */
  institution: z.string().min(1).max(64).optional(),
  /** OperatorsName of its images where they have none. */
  operator: z.string().min(1).max(64).optional(),
  /** What of the list of body parts is offered first for its images. */
  bodyPart: z.string().min(1).max(64).optional(),
  /** How soon what is approved of it leaves; 'routine' when left out. */
  priority: priorityShape.optional(),
  /** The quiet time of its exams; that of the station when left out. */
  quietTimeSeconds: z.number().min(0).max(3600).optional(),
  /**
   * What it gets when it asks whether we hold its images (PS3.4 J.3): our own word at once, that of the required
   * destinations when they have all given it, or no such service. 'immediate' when left out.
   */
  commitment: z.enum(['immediate', 'deferred', 'off']).optional(),
  /** Where it takes reports that come later than its own association; without it they wait for it to ask again. */
  commitmentPort: portShape.optional(),
});
export type DeviceSetting = z.infer<typeof deviceSettingShape>;

export const stationSettingShape = z.strictObject({
  name: z.string().min(1).max(64).default('Safelight'),
  aeTitle: aeTitleShape.default('SAFELIGHT'),
  /** Port of the DICOM listener; 0 takes any free one at each start. */
  dicomPort: z.int().min(0).max(65_535).default(11_112),
  /** Address the DICOM listener is bound to. */
  dicomHost: hostShape.default('0.0.0.0'),
  institution: z.string().max(64).default(''),
  operator: z.string().max(64).default(''),
  /** Devices on this machine itself may send without being listed. */
  allowLoopback: z.boolean().default(true),
  /** No new object for so long means that an exam is complete. */
  quietTimeSeconds: z.number().min(0).max(3600).default(10),
  /** Within so many hours every object on disk is read once, to see whether it is still what was received. */
  scrubHours: z.number().min(1).max(8760).default(168),
  /** For so long late images of the same device and patient follow a correction by themselves; 0 is never. */
  rememberDecisionsHours: z.number().min(0).max(720).default(24),
  tls: stationTlsShape.optional(),
  space: spaceSettingShape.prefault({}),
  retention: retentionSettingShape.prefault({}),
  alerts: alertSettingShape.prefault({}),
  matching: matchingSettingShape.prefault({}),
  /** As what a note to the reader leaves. */
  notes: notesSettingShape.default('kept'),
  priors: priorsSettingShape.prefault({}),
});
export type StationSetting = z.infer<typeof stationSettingShape>;

const unique = <T>(items: readonly T[], key: (item: T) => string) => new Set(items.map(key)).size === items.length;

const deviceSettingsShape = z
  .array(deviceSettingShape)
  .max(1000)
  .refine((devices) => unique(devices, (device) => device.id), 'ids that differ');

const allButDevices = {
  station: stationSettingShape.prefault({}),
  destinations: z
    .array(destinationSettingShape)
    .max(32)
    .default([])
    .refine((destinations) => unique(destinations, (destination) => destination.id), 'ids that differ')
    .refine(
      (destinations) => unique(destinations, addressOf),
      'no two destinations with one AE title, host and port, or one address of DICOMweb',
    )
    .superRefine((destinations, context) => {
      for (const [n, destination] of destinations.entries())
        for (const { path, expected } of faultsOf(destination))
          context.addIssue({ code: 'custom', path: [n, ...path], message: expected });
    }),
  routes: routesShape,
  worklists: worklistsShape,
  orders: ordersSettingShape.prefault({}),
  hl7: hl7SettingShape.prefault({}),
  notices: noticesSettingShape.prefault({}),
  presentation: presentationSettingShape.prefault({}),
  lists: stationListsShape.prefault({}),
  statistics: statisticsSettingShape.prefault({}),
  judging: judgingSettingShape.prefault({}),
};

function checkRoutes(
  { routes, destinations }: Pick<Settings, 'routes' | 'destinations'>,
  context: z.RefinementCtx,
): void {
  for (const { path, message } of routesAgainst(routes, destinations))
    context.addIssue({ code: 'custom', path, message });
}

export const settingsShape = z
  .strictObject({ ...allButDevices, devices: deviceSettingsShape.default([]) })
  .superRefine(checkRoutes);
export type Settings = z.infer<typeof settingsShape>;

/**
 * Settings as a person saves them. Devices have a page of their own: left out, they stay as they are. `seenSettings` is what
 * they were changed from: what somebody else changed since, and this person did not, stays.
 */
export const savedSettingsShape = z
  .strictObject({
    ...allButDevices,
    devices: deviceSettingsShape.optional(),
    seenSettings: settingsShape.optional(),
  })
  .superRefine(checkRoutes);
export type SavedSettings = z.infer<typeof savedSettingsShape>;

/** Settings and whether a person has been through the first set-up. */
export const setupShape = z.strictObject({ settings: settingsShape, configured: z.boolean() });

/** Where a test goes: what a destination is called by. */
export const destinationTestAskedShape = destinationSettingShape
  .pick({ aeTitle: true, host: true, port: true, tls: true, protocol: true, web: true })
  .superRefine((asked, context) => {
    for (const { path, expected } of faultsOf(asked))
      context.addIssue({ code: 'custom', path: [...path], message: expected });
  });
export type DestinationTestAsked = z.infer<typeof destinationTestAskedShape>;

export const destinationTestShape = z.strictObject({
  ok: z.boolean(),
  /** Key into text/: 'answers', 'unreachable', 'refuses-called', 'refuses-calling', 'aborted', ... */
  key: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  tookMs: z.number(),
});
export type DestinationTest = z.infer<typeof destinationTestShape>;
