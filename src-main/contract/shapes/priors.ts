// Earlier exams of a patient: those that are here, and those that an archive says it has. They are looked at beside the new
// one and nothing else: what is fetched of them is kept in a cache, never becomes an exam here and never leaves.
import { z } from 'zod';
import { examShape } from './exam.ts';

/** `off`: never asked. `on-request`: asked when an exam is opened, fetched when somebody looks. `ahead`: fetched when the
 *  exam is given its order too. */
export const priorsUseShape = z.enum(['off', 'on-request', 'ahead']);
export type PriorsUse = z.infer<typeof priorsUseShape>;

/** Fields of a destination. */
export const priorsFields = {
  /** 'off' when left out. */
  priors: priorsUseShape.optional(),
};

/** The cache of what was fetched. */
export const priorsSettingShape = z.strictObject({
  /** All of it together; what was looked at longest ago goes first. */
  mostMegabytes: z.int().min(64).max(1_000_000).default(4096),
  /** No patient's images stay longer, whoever looks at them. */
  keepDays: z.int().min(1).max(90).default(7),
});
export type PriorsSetting = z.infer<typeof priorsSettingShape>;

const paramsShape = z.record(z.string(), z.union([z.string(), z.number()]));
/** A key into text/ and its parameters. */
const wordShape = z.strictObject({ key: z.string(), params: paramsShape });
export type PriorWord = z.infer<typeof wordShape>;

/** Why it may be another patient's: 'name', 'birth-date', 'sex', 'issuer', 'id-spelling', 'in-images'. */
export const priorDoubtShape = z.enum(['name', 'birth-date', 'sex', 'issuer', 'id-spelling', 'in-images']);
export type PriorDoubt = z.infer<typeof priorDoubtShape>;

/** How much of an earlier exam is here. */
export const priorHereShape = z.strictObject({
  state: z.enum(['not-fetched', 'fetching', 'whole', 'part', 'failed']),
  /** Objects that are here, and that there are as far as the archive says. */
  objects: z.int(),
  expected: z.int().nullable(),
  /** What stopped it, or what does not come; null when nothing did. */
  trouble: wordShape.nullable(),
});
export type PriorHere = z.infer<typeof priorHereShape>;

export const priorShape = z.strictObject({
  /** Of the earlier exam: of an exam here, or of what an archive has. */
  id: z.string(),
  from: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('here') }),
    z.strictObject({ kind: z.literal('archive'), destinationId: z.string(), name: z.string() }),
  ]),
  StudyInstanceUID: z.string(),
  StudyDate: z.string(),
  StudyTime: z.string(),
  StudyDescription: z.string(),
  modalities: z.array(z.string()),
  PatientName: z.string(),
  PatientID: z.string(),
  IssuerOfPatientID: z.string(),
  PatientBirthDate: z.string(),
  PatientSex: z.string(),
  /** As said by who has it; null when it did not say. */
  images: z.int().nullable(),
  doubts: z.array(priorDoubtShape),
  here: priorHereShape,
});
export type Prior = z.infer<typeof priorShape>;

/** One archive, and what came of asking it. */
export const priorsSourceShape = z.strictObject({
  destinationId: z.string(),
  name: z.string(),
  state: z.enum(['asking', 'answered', 'failed']),
  /** Why not, or a remark; null when there is nothing to say. */
  word: wordShape.nullable(),
  /** There are more than were listed. */
  more: z.boolean(),
  /** Answers that were left out: of another patient ID, or that cannot be read. */
  leftOut: z.int(),
  at: z.string(),
});
export type PriorsSource = z.infer<typeof priorsSourceShape>;

export const priorsOfExamShape = z.strictObject({
  /** Why no archive was asked: nobody is chosen, or the ID cannot be asked for; null when nothing stood against it. */
  notAsked: z.enum(['no-patient', 'unclear-patient', 'id-not-askable']).nullable(),
  sources: z.array(priorsSourceShape),
  /** The newest first. */
  priors: z.array(priorShape),
});
export type PriorsOfExam = z.infer<typeof priorsOfExamShape>;

/** An earlier exam that is looked at: as an exam, although it is none of this station. */
export const openPriorShape = z.strictObject({ prior: priorShape, exam: examShape });
export type OpenPrior = z.infer<typeof openPriorShape>;
