// What a person sets and sees of the HL7 feed: where it is listened for, who may speak, and what was said last.
import { z } from 'zod';

/** Table 0211, as far as this station reads it. */
export const hl7CharacterSets = [
  'ASCII',
  '8859/1',
  '8859/2',
  '8859/3',
  '8859/4',
  '8859/5',
  '8859/6',
  '8859/7',
  '8859/8',
  '8859/9',
  '8859/15',
  'UNICODE UTF-8',
  'ISO IR87',
  'GB 18030-2000',
  'KS X 1001',
  'BIG-5',
] as const;

const hostText = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9._:[\]-]*$/, 'a host name or an address');

/** Where the accession number stands; the first of them that says something counts. */
export const accessionPlaces = ['IPC-1', 'OBR-18', 'OBR-3', 'OBR-2', 'ORC-3', 'ORC-2', 'OBR-19', 'OBR-20'] as const;

/** One system of the hospital that sends messages. */
export const hl7FeedShape = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower case letters, digits and hyphens, 32 at most'),
  name: z.string().min(1).max(64),
  /** The address it must come from; '' any. */
  host: hostText.default(''),
  /** MSH-3 and MSH-4 it must give, their first components; '' any. */
  application: z.string().max(64).default(''),
  facility: z.string().max(64).default(''),
  /** Of messages that do not say theirs in MSH-18. */
  characterSet: z.enum(hl7CharacterSets).default('8859/1'),
  /** The assigning authority whose identifiers are ours (PID-3.4 or its universal ID); '' the first identifier. */
  ourAuthority: z.string().max(64).default(''),
  /** What Issuer of Patient ID becomes; absent: the authority as the message says it. */
  issuer: z.string().max(64).optional(),
  accessionFrom: z.array(z.enum(accessionPlaces)).min(1).max(8).default(['IPC-1', 'OBR-18', 'OBR-3']),
  /** Messages of training and testing (MSH-11 T, D) are taken as well. */
  takesTests: z.boolean().default(false),
});
export type Hl7Feed = z.infer<typeof hl7FeedShape>;

export const hl7ListenShape = z.strictObject({
  enabled: z.boolean().default(false),
  host: hostText.min(1).default('0.0.0.0'),
  /** 0 takes any free one at each start. 2575 is the one registered for HL7. */
  port: z.int().min(0).max(65_535).default(2575),
  /** The same port speaks TLS only, with the certificate of the station, and as it says whom the station trusts. */
  tls: z.boolean().default(false),
  clientCertificates: z.enum(['required', 'optional', 'none']).default('required'),
  mostBytes: z
    .int()
    .min(65_536)
    .max(64 * 1024 * 1024)
    .default(4 * 1024 * 1024),
});

export const hl7SettingShape = z.strictObject({
  listen: hl7ListenShape.prefault({}),
  feeds: z
    .array(hl7FeedShape)
    .max(16)
    .default([])
    .refine((feeds) => new Set(feeds.map(({ id }) => id)).size === feeds.length, 'ids that differ'),
});
export type Hl7Setting = z.infer<typeof hl7SettingShape>;

/** A patient as the hospital's messages know them. Attributes keep their DICOM keywords. */
export const hospitalPatientShape = z.strictObject({
  id: z.string(),
  PatientID: z.string(),
  IssuerOfPatientID: z.string(),
  PatientName: z.string(),
  PatientBirthDate: z.string(),
  PatientSex: z.string(),
  /** Other names, as PN. */
  aliases: z.array(z.string()),
  /** Other identifiers, of other authorities, and those that were merged into this one. */
  otherIds: z.array(z.strictObject({ PatientID: z.string(), IssuerOfPatientID: z.string() })),
  AdmissionID: z.string(),
  CurrentPatientLocation: z.string(),
  feedId: z.string(),
  /** ISO: when the hospital last spoke of them, by its own clock. */
  spokenAt: z.string(),
});
export type HospitalPatient = z.infer<typeof hospitalPatientShape>;

/** What may be doubtful about a message that was taken; words are in text/. */
export const hl7Doubts = ['looks-like-utf8', 'escape-not-read', 'future-time', 'older', 'merged-id'] as const;

export const hl7AnswerShape = z.enum(['AA', 'AE', 'AR']);

/** One message as the log shows it. */
export const hl7MessageRowShape = z.strictObject({
  id: z.int(),
  feedId: z.string(),
  address: z.string(),
  at: z.string(),
  type: z.string(),
  event: z.string(),
  controlId: z.string(),
  answer: hl7AnswerShape,
  /** What came of it: 'patient', 'merge', 'order', 'ignored', 'refused'. */
  outcome: z.enum(['patient', 'merge', 'order', 'ignored', 'refused']),
  /** Why it was refused: code of table 0357, place such as PID-3, English words as they were answered. */
  fault: z.strictObject({ code: z.int(), place: z.string(), words: z.string() }).nullable(),
  doubts: z.array(z.enum(hl7Doubts)),
  repeats: z.int(),
});
export type Hl7MessageRow = z.infer<typeof hl7MessageRowShape>;

export const hl7MessageShape = hl7MessageRowShape.extend({
  /** As it came, shown in Latin-1 or its own set; segments in lines. Cut at 64 KiB; null when it is no longer kept. */
  raw: z.string().nullable(),
});

export const hl7StatusShape = z.strictObject({
  state: z.enum(['off', 'listening', 'down']),
  port: z.int(),
  secure: z.boolean(),
  connections: z.int(),
  taken: z.int(),
  refused: z.int(),
  repeated: z.int(),
  lastAt: z.string().nullable(),
  lastFault: hl7MessageRowShape.nullable(),
  /** Connections that were not let in or were dropped, newest first: from where and why. */
  dropped: z.array(z.strictObject({ at: z.string(), address: z.string(), why: z.string() })),
  patients: z.int(),
  messages: z.array(hl7MessageRowShape),
});
export type Hl7Status = z.infer<typeof hl7StatusShape>;
