// What the hospital expects: an order from a worklist, from a message or typed. Attributes keep their DICOM keywords.
import { z } from 'zod';

const text = (most: number) => z.string().max(most).default('');

/** One code of a procedure or protocol (PS3.3 table 8.8-1). */
export const codeShape = z.strictObject({
  CodeValue: z.string().max(64),
  CodingSchemeDesignator: z.string().max(16).default(''),
  CodingSchemeVersion: text(16),
  CodeMeaning: text(64),
});
export type Code = z.infer<typeof codeShape>;

/** What an order says, decoded to Unicode. An empty text means: said nothing. Names are PN with their groups (`=`). */
export const orderContentShape = z.strictObject({
  PatientName: text(324),
  PatientID: text(64),
  IssuerOfPatientID: text(64),
  PatientBirthDate: text(8),
  PatientSex: text(16),
  OtherPatientIDs: z.array(z.string().max(64)).max(32).default([]),
  AdmissionID: text(64),
  /** Universal or local ID of IssuerOfAdmissionIDSequence. */
  IssuerOfAdmissionID: text(64),
  AccessionNumber: text(16),
  /** Universal or local ID of IssuerOfAccessionNumberSequence. */
  IssuerOfAccessionNumber: text(64),
  StudyInstanceUID: text(64),
  ReferencedStudySOPInstanceUIDs: z.array(z.string().max(64)).max(16).default([]),
  ReferringPhysicianName: text(324),
  RequestingPhysician: text(324),
  RequestedProcedureID: text(16),
  RequestedProcedureDescription: text(64),
  RequestedProcedureCodes: z.array(codeShape).max(16).default([]),
  ReasonForTheRequestedProcedure: text(64),
  ScheduledProcedureStepID: text(16),
  ScheduledProcedureStepDescription: text(64),
  ScheduledProtocolCodes: z.array(codeShape).max(16).default([]),
  ScheduledProcedureStepLocation: text(64),
  ScheduledStationAETitles: z.array(z.string().max(16)).max(16).default([]),
  ScheduledStationName: text(16),
  ScheduledPerformingPhysicianName: text(324),
  Modality: text(16),
  /** YYYYMMDDHHMMSS of the hospital's clock, as long as it was said; '' unknown. */
  scheduledFor: text(14),
  priority: z.enum(['stat', 'urgent', 'routine']).default('routine'),
  CurrentPatientLocation: text(64),
  BodyPartExamined: text(16),
  Laterality: text(16),
});
export type OrderContent = z.infer<typeof orderContentShape>;

export const orderStateShape = z.enum(['scheduled', 'arrived', 'started', 'done', 'cancelled']);
export type OrderState = z.infer<typeof orderStateShape>;

export const orderSourceKindShape = z.enum(['worklist', 'hl7', 'typed']);

/** One order as the screens show it. */
export const orderShape = z.strictObject({
  id: z.string(),
  sourceId: z.string(),
  sourceKind: orderSourceKindShape,
  /** What people call the source. */
  sourceName: z.string(),
  state: orderStateShape,
  content: orderContentShape,
  /** ISO: when the source last spoke of it. */
  seenAt: z.string(),
  /** ISO: since when its worklist answers without it (done, cancelled or moved there); null while it is on it. */
  goneAt: z.string().nullable(),
  /** Another living order has this accession number and another patient: one of the two is wrong. */
  sharesAccession: z.boolean(),
  /** Exams here to which it was given. */
  examIds: z.array(z.string()),
  /** Other sources that speak of this same order, and under which id. */
  alsoFrom: z.array(
    z.strictObject({ orderId: z.string(), sourceId: z.string(), sourceName: z.string(), seenAt: z.string() }),
  ),
});
export type Order = z.infer<typeof orderShape>;
