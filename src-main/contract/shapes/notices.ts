// What other systems are told of a procedure, as people set it and see it. Everything is off until somebody sets it.
import { z } from 'zod';

const host = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9._:[\]-]+$/, 'a host name or an address');
const port = z.int().min(1).max(65_535);
const aeTitle = z.string().regex(/^(?=.*\S)[\x20-\x5b\x5d-\x7e]{1,16}$/, 'an AE title of 1 to 16 characters');

/** A DICOM system that takes performed procedure steps, or notes of availability. */
export const noticePeerShape = z.strictObject({ host, port, aeTitle });
export type NoticePeer = z.infer<typeof noticePeerShape>;

export const noticeHl7Shape = z.strictObject({
  host,
  port,
  /** ORM^O01 with order control SC, or ORU^R01 with the state of the result. */
  kind: z.enum(['orm', 'oru']).default('orm'),
  /** MSH-5 and MSH-6. */
  receivingApplication: z.string().max(64).default(''),
  receivingFacility: z.string().max(64).default(''),
});
export type NoticeHl7 = z.infer<typeof noticeHl7Shape>;

export const noticesSettingShape = z.strictObject({
  mpps: noticePeerShape.optional(),
  ian: noticePeerShape.optional(),
  hl7: noticeHl7Shape.optional(),
});
export type NoticesSetting = z.infer<typeof noticesSettingShape>;

export const noticeReceiverShape = z.enum(['mpps', 'ian', 'hl7']);
export type NoticeReceiver = z.infer<typeof noticeReceiverShape>;

export const noticeRowShape = z.strictObject({
  number: z.int(),
  receiver: noticeReceiverShape,
  kind: z.enum(['begun', 'completed', 'discontinued', 'available']),
  examId: z.string(),
  /** Of the patient, as the exam says now; '' when nobody knows. */
  PatientName: z.string(),
  AccessionNumber: z.string(),
  state: z.enum(['waiting', 'sent', 'refused', 'cancelled']),
  attempts: z.int(),
  answer: z
    .strictObject({ key: z.string(), params: z.record(z.string(), z.union([z.string(), z.number()])) })
    .nullable(),
  answerAt: z.string().nullable(),
  nextAttemptAt: z.string(),
  createdAt: z.string(),
});
export type NoticeRow = z.infer<typeof noticeRowShape>;

export const noticePageShape = z.strictObject({
  receivers: z.array(
    z.strictObject({ receiver: noticeReceiverShape, set: z.boolean(), waiting: z.int(), refused: z.int() }),
  ),
  /** Those that are open first, then the newest. */
  notices: z.array(noticeRowShape),
});
export type NoticePage = z.infer<typeof noticePageShape>;
