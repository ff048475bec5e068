// What an examination of a destination found: a report line by line, and what it can do, kept until the next one.
import { z } from 'zod';
import { destinationSettingShape } from './settings.ts';
import { faultsOf } from './web.ts';

/** The parts of an examination, in their order. */
export const profileSteps = [
  'reach',
  'tls',
  'association',
  'echo',
  'pdu',
  'window',
  'called',
  'calling',
  'classes',
  'commitment',
  'query',
  'web',
  'store-web',
  'query-web',
  'test-image',
  'twice',
  'character-set',
  'test-commitment',
  'time',
] as const;
export const profileStepShape = z.enum(profileSteps);
export type ProfileStep = z.infer<typeof profileStepShape>;

const paramsShape = z.record(z.string(), z.union([z.string(), z.number()]));

export const profileLineShape = z.strictObject({
  step: profileStepShape,
  /** well: as it should be. note: worth knowing. bad: somebody has to do something. */
  result: z.enum(['well', 'note', 'bad']),
  /** Key into text/: of a report, or what the destination answered (answer-keys). */
  key: z.string(),
  params: paramsShape,
  tookMs: z.number(),
});
export type ProfileLine = z.infer<typeof profileLineShape>;

/** Of the newest objects here, by how many there are. */
export const profileKindShape = z.strictObject({
  sopClassUid: z.string(),
  transferSyntaxUid: z.string(),
  objects: z.int(),
  accepted: z.enum(['yes', 'class', 'syntax']),
});
export type ProfileKind = z.infer<typeof profileKindShape>;

export const profileShape = z.strictObject({
  destinationId: z.string(),
  at: z.string(),
  tookMs: z.number(),
  /** False when it was examined under another address or title, or as another kind: nothing of it is relied upon. */
  current: z.boolean(),
  lines: z.array(profileLineShape),
  kinds: z.array(profileKindShape),
  /** Largest P-DATA-TF value that it takes, bytes; 0 is no limit; null when it was not told. */
  maxPduLength: z.number().nullable(),
  commitment: z.boolean().nullable(),
  query: z.boolean().nullable(),
  /** A better way to have proof than the one that is set; null when there is none. */
  suggestedConfirm: z.enum(['commitment', 'query', 'none']).nullable(),
  /** The study of the test image that was left there; '' when none was sent. */
  testStudyInstanceUID: z.string(),
});
export type Profile = z.infer<typeof profileShape>;

/** A destination as it stands in the form, saved or not. A test image is sent only when a person says so. */
export const examineAskedShape = z.strictObject({
  destination: destinationSettingShape
    .pick({
      ...{ id: true, aeTitle: true, host: true, port: true, tls: true, confirm: true, protocol: true, web: true },
    })
    .superRefine((asked, context) => {
      for (const { path, expected } of faultsOf(asked)) {
        context.addIssue({ code: 'custom', path: [...path], message: expected });
      }
    }),
  sendTestImage: z.boolean().default(false),
});
export type ExamineAsked = z.infer<typeof examineAskedShape>;
