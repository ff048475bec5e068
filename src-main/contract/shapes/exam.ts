// Exams, series and objects as the desk shows them.
import { z } from 'zod';
import { appliedOrderShape, objectCorrectionShape } from './applied-order.ts';
import { codeShape } from './order.ts';
import { attributesShape, correctionReasonShape } from './identity.ts';
import { standingProblemShape } from './problem.ts';
import { routeReasonShape, routeWayShape } from './routes.ts';

/**
 * Where an exam stands. `arriving`: objects came within the quiet time. `review`: something is undecided.
 * `held`: put aside by a person. `approved`: decided, deliveries are under way. `confirmed`: every required
 * destination has proved that it holds it. `rejected`: nothing of it leaves.
 */
export const examStateShape = z.enum(['arriving', 'review', 'held', 'approved', 'confirmed', 'rejected']);
export type ExamState = z.infer<typeof examStateShape>;

/** `received`: undecided. `approved`: has a revision that leaves. `rejected`: stays here. `conflict`: same UID, other content. */
export const objectStateShape = z.enum(['received', 'approved', 'rejected', 'conflict']);
export type ObjectState = z.infer<typeof objectStateShape>;

export const sourceShape = z.strictObject({
  kind: z.enum(['dicom', 'file', 'picture']),
  /** What the device calls itself (calling AE title), or the name of the folder or file. */
  label: z.string(),
  /** Peer address for `dicom`. */
  address: z.string().nullable(),
});

export const examCountsShape = z.strictObject({
  objects: z.int(),
  images: z.int(),
  series: z.int(),
  undecided: z.int(),
  approved: z.int(),
  rejected: z.int(),
  conflicts: z.int(),
  /** Images that a person accepted. */
  accepted: z.int().optional(),
  /** Notes of ours, among `objects` and `approved`, that images of the exam must not be used. */
  notes: z.int().optional(),
});

/** One line per destination of an exam: how many of its deliveries stand where. */
export const examDeliveryShape = z.strictObject({
  destinationId: z.string(),
  total: z.int(),
  waiting: z.int(),
  sent: z.int(),
  confirmed: z.int(),
  blocked: z.int(),
  held: z.int(),
  cancelled: z.int(),
});

export const examRowShape = z.strictObject({
  id: z.string(),
  StudyInstanceUID: z.string(),
  state: examStateShape,
  /** As received; of the first object when objects differ. */
  received: attributesShape,
  /** As it will leave, or left. Keys only where it differs from what was received. */
  corrected: attributesShape,
  modalities: z.array(z.string()),
  StudyDate: z.string(),
  source: sourceShape,
  counts: examCountsShape,
  problems: z.array(standingProblemShape),
  deliveries: z.array(examDeliveryShape),
  /** Object whose first frame stands for the exam, or null when nothing can be drawn. */
  thumbnailObjectId: z.string().nullable(),
  firstArrivedAt: z.string(),
  lastArrivedAt: z.string(),
  approvedAt: z.string().nullable(),
  /** Grows with every change of the exam; a screen drops what is older than what it shows. */
  version: z.int(),
});
export type ExamRow = z.infer<typeof examRowShape>;

export const objectRowShape = z.strictObject({
  id: z.string(),
  seriesId: z.string(),
  SOPInstanceUID: z.string(),
  SOPClassUID: z.string(),
  TransferSyntaxUID: z.string(),
  InstanceNumber: z.string(),
  state: objectStateShape,
  rejection: z.strictObject({ reason: z.string(), text: z.string(), at: z.string() }).nullable(),
  sizeBytes: z.int(),
  arrivedAt: z.string(),
  rows: z.int(),
  columns: z.int(),
  frames: z.int(),
  /** Milliseconds between frames, 0 when it is not a cine. */
  frameTimeMs: z.number(),
  drawable: z.boolean(),
  burnedInAnnotation: z.string(),
  revisionId: z.string().nullable(),
  /** Came after the exam had been decided about, and is not decided itself. */
  late: z.boolean(),
});
export type ObjectRow = z.infer<typeof objectRowShape>;

export const seriesRowShape = z.strictObject({
  id: z.string(),
  SeriesInstanceUID: z.string(),
  Modality: z.string(),
  SeriesNumber: z.string(),
  SeriesDescription: z.string(),
  objects: z.array(objectRowShape),
});
export type SeriesRow = z.infer<typeof seriesRowShape>;

export const correctionRowShape = z.strictObject({
  id: z.string(),
  attributes: attributesShape,
  reason: correctionReasonShape,
  by: z.string(),
  at: z.string(),
});

export const historyEntryShape = z.strictObject({
  at: z.string(),
  by: z.string(),
  /** What was done, as a key into text/: 'exam-received', 'exam-corrected', 'object-rejected', ... */
  action: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
});

export const examShape = examRowShape.extend({
  series: z.array(seriesRowShape),
  /** Every different value the objects of the exam carry, by keyword. More than one is a contradiction. */
  receivedValues: z.partialRecord(attributesShape.keyType, z.array(z.string())),
  SpecificCharacterSet: z.array(z.string()),
  corrections: z.array(correctionRowShape),
  /** The order that was given to the exam; absent while there is none. */
  appliedOrder: appliedOrderShape.optional(),
  /** Code of the procedure that stands as StudyDescription, where a person chose one. */
  procedureCode: codeShape.optional(),
  /** Values of single objects; those that have none are not in it. */
  objectCorrections: z.array(objectCorrectionShape).optional(),
  history: z.array(historyEntryShape),
});
export type Exam = z.infer<typeof examShape>;

export const examFilterShape = z.enum(['needs-you', 'arriving', 'held', 'approved', 'rejected', 'all']);
export type ExamFilter = z.infer<typeof examFilterShape>;

export const examPageShape = z.strictObject({
  exams: z.array(examRowShape),
  /** All that match, of which `exams` is the part that was asked for. */
  total: z.int(),
  /** How many exams each filter would show, whatever the search. */
  totals: z.record(examFilterShape, z.int()),
});
export type ExamPage = z.infer<typeof examPageShape>;

/** What an approval would do, said before it is done. */
export const approvalForecastShape = z.strictObject({
  objectsThatLeave: z.int(),
  objectsThatStay: z.int(),
  /** Where it would go, by the rules of now. */
  destinations: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      answers: z.boolean(),
      /** It must prove that it holds the exam before the exam may be forgotten here. */
      required: z.boolean(),
      because: routeReasonShape,
      /** Objects of classes that it did not take when it was examined, by how many there are. */
      refuses: z.array(z.strictObject({ sopClassUid: z.string(), objects: z.int() })),
    }),
  ),
  /**
   * Patients other than the one who leaves, of whose orders the images speak: what they say of them does not leave. Absent
   * where an order of the right patient was given, or the images are nobody else's.
   */
  ordersLeftBehind: z
    .array(z.strictObject({ PatientName: z.string(), PatientID: z.string(), AccessionNumber: z.string() }))
    .optional(),
  /** What is made of what was drawn; absent when nothing was. */
  made: z
    .strictObject({
      /** How it leaves where nobody must choose: beside the pictures, or in them. */
      way: z.enum(['state', 'baked']),
      /** Pictures of which a presentation state speaks; one state may speak of many. */
      picturesWithState: z.int(),
      /** Derived pictures; each leaves in the place of its source, which stays here. */
      derived: z.int(),
      cropped: z.int(),
      redacted: z.int(),
      /** Colour pictures whose window or tone is looked at and does not leave: no state can say it of colour. */
      onlySeen: z.int(),
      /** Pictures that cannot be made as they are drawn, by the reason; an approval would be refused. */
      cannot: z.array(z.strictObject({ objectId: z.string(), reason: z.string() })),
    })
    .optional(),
  /** Destinations that it would not go to, and why. */
  notTo: z.array(routeWayShape.pick({ id: true, name: true, because: true })),
  /** What stands against it. Empty means that it may be approved. */
  against: z.array(standingProblemShape),
});
export type ApprovalForecast = z.infer<typeof approvalForecastShape>;
