// Which order an exam may belong to, who stands by that, and the guard in front of a change of patient.
import { z } from 'zod';
import { attributesShape } from './identity.ts';
import { orderShape } from './order.ts';

/**
 * `sure`: the order names the same patient twice over and nothing contradicts. `likely`: nothing contradicts and much
 * speaks for it. `against`: it is another patient's, or cancelled. Everything else is `possible`.
 */
export const matchLevelShape = z.enum(['sure', 'likely', 'possible', 'against']);
export type MatchLevel = z.infer<typeof matchLevelShape>;

export const matchReasonShape = z.strictObject({
  /** Key into text/: 'accession-equal', 'birth-one-digit', 'device-of-order', ... */
  key: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  /** Points that it gives or takes; never 0. */
  weight: z.int(),
  side: z.enum(['for', 'against']),
});
export type MatchReason = z.infer<typeof matchReasonShape>;

export const matchShape = z.strictObject({
  /** 0 to 100; 50 is what nothing is known about. */
  score: z.int().min(0).max(100),
  level: matchLevelShape,
  /** The weightiest first. */
  reasons: z.array(matchReasonShape),
});
export type Match = z.infer<typeof matchShape>;

export const candidateShape = z.strictObject({ order: orderShape, match: matchShape });
export type Candidate = z.infer<typeof candidateShape>;

/** What the hospital's own messages say of a patient. */
export const knownPatientShape = z.strictObject({
  attributes: attributesShape,
  /** What people call the source. */
  sourceName: z.string(),
  seenAt: z.string(),
});
export type KnownPatient = z.infer<typeof knownPatientShape>;

/** Something of an exam that cannot be, or is worth a look: facts, no verdict. */
export const oddityShape = z.strictObject({
  /** Key into text/: 'born-after-exam', 'age-differs', 'very-old', 'sexes-differ', 'mammography-of-man'. */
  key: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  /** `cannot`: the facts exclude each other. `hint`: it happens. */
  kind: z.enum(['cannot', 'hint']),
});
export type Oddity = z.infer<typeof oddityShape>;

/** Another exam here under the same patient ID whose name or birth date is another person's, or the same patient's. */
export const elsewhereShape = z.strictObject({
  examId: z.string(),
  PatientName: z.string(),
  PatientID: z.string(),
  kind: z.enum(['same-id-other-person', 'same-accession-other-person', 'same-order']),
});

/** A patient as typed and not yet saved. */
export const typedPatientShape = z.strictObject({
  PatientID: z.string().max(64),
  PatientName: z.string().max(324),
  PatientBirthDate: z.string().max(8),
});
export type TypedPatient = z.infer<typeof typedPatientShape>;

/** Somebody whom the typed identifier may mean. */
export const typedHintShape = typedPatientShape.extend({
  /** `other-person`: it is theirs, and name or birth date are not. `near`: the patient who is meant has nearly this one. */
  kind: z.enum(['other-person', 'near']),
  /** How the two identifiers differ, for `near`: 'one-digit', 'swapped', 'check-digit', 'leading-zeros', 'look-alike'. */
  slip: z.string(),
  knownFrom: z.enum(['hospital', 'order', 'exam']),
});
export type TypedHint = z.infer<typeof typedHintShape>;

export const candidatesShape = z.strictObject({
  /** The best first; those of another patient last. */
  candidates: z.array(candidateShape),
  /** What the hospital says of the patient whose ID goes out. */
  patients: z.array(knownPatientShape),
  oddities: z.array(oddityShape),
  elsewhere: z.array(elsewhereShape),
  /** ISO time of the oldest word among the candidates; null without one. */
  asOf: z.string().nullable(),
  /** What the guard asks of this exam. */
  guard: z.strictObject({
    setting: z.enum(['off', 'when-changed', 'always']),
    /** The second identifier that was given for the one who goes out now, or null. */
    checked: z
      .strictObject({ how: z.enum(['typed', 'scanned']), keyword: z.string(), by: z.string(), at: z.string() })
      .nullable(),
    /** True when an approval would be refused without one. */
    wanted: z.boolean(),
    /** How a scanned code is read: a regular expression with the group `id`, or ''. */
    scanPattern: z.string(),
  }),
  /** The order in force was given by the site's rule and by nobody. */
  givenByRule: z.string().nullable(),
});
export type Candidates = z.infer<typeof candidatesShape>;

/** Values as they stand in the form, by its fields; kept while nobody has saved them. */
export const draftFieldsShape = z
  .record(z.string().regex(/^[A-Za-z]{1,32}$/), z.string().max(1024))
  .refine((fields) => Object.keys(fields).length <= 32, 'at most 32 fields');

export const examDraftShape = z.strictObject({ fields: draftFieldsShape, by: z.string(), savedAt: z.string() });
export type ExamDraft = z.infer<typeof examDraftShape>;

export const visitorShape = z.strictObject({ name: z.string(), since: z.string(), typing: z.boolean() });
export type Visitor = z.infer<typeof visitorShape>;

/** A regular expression of at most 200 characters that can be compiled; '' takes a code as it is. */
const scanPatternShape = z
  .string()
  .max(200)
  .refine((pattern) => {
    try {
      return new RegExp(pattern, 'u').source.length >= 0;
    } catch {
      return false;
    }
  }, 'a regular expression');

/** How orders are given to exams, and what is asked before a patient changes. */
export const matchingSettingShape = z.strictObject({
  /** Whether an order may be given by rule alone; it is marked then, and can be taken back. */
  applyAlone: z.enum(['off', 'sure']).default('off'),
  /** By rule only where the accession numbers are the same. */
  accessionRequired: z.boolean().default(true),
  /** Words that name nobody, besides those the station knows. */
  placeholders: z.array(z.string().trim().min(1).max(64)).max(500).default([]),
  /** When a second identifier of the patient is asked for before images leave. */
  guard: z.enum(['off', 'when-changed', 'always']).default('when-changed'),
  scanner: z.strictObject({ pattern: scanPatternShape.default('') }).prefault({}),
});
export type MatchingSetting = z.infer<typeof matchingSettingShape>;
