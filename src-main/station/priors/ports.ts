// What the room of earlier exams speaks of, and what it needs of others. Types only.
import type { PriorWord } from '#contract/shapes/priors.ts';
import type { ObjectTarget, SentObject } from '#station/dicom/network/index.ts';

/** The one who was chosen for an exam. Texts are '' where nothing is known. */
export type PatientIdentity = {
  readonly PatientID: string;
  readonly IssuerOfPatientID: string;
  readonly PatientName: string;
  readonly PatientBirthDate: string;
  readonly PatientSex: string;
};

/** A study as an archive tells of it. Judged: every text is short and plain. */
export type FoundStudy = PatientIdentity & {
  readonly StudyInstanceUID: string;
  readonly StudyDate: string;
  readonly StudyTime: string;
  readonly StudyDescription: string;
  readonly modalities: readonly string[];
  /** Null when it did not say. */
  readonly images: number | null;
};

/** An object that an archive says it has. The class is '' where it did not say. */
export type ListedObject = {
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
};

/** What became of asking for studies. `more`: there are more than were wanted. */
export type FindEnd =
  | { readonly kind: 'answered'; readonly more: boolean; readonly unreadable: number }
  | { readonly kind: 'failed'; readonly word: PriorWord };

export type ListEnd =
  | { readonly kind: 'listed'; readonly objects: readonly ListedObject[]; readonly more: boolean }
  | { readonly kind: 'failed'; readonly word: PriorWord };

/** Where fetched objects go. */
export type Keeping = {
  /** Series of which something is here already. */
  readonly begun: ReadonlySet<string>;
  /** For a data set that comes piece by piece; a status for one that nobody asked for. */
  target(object: SentObject): ObjectTarget | { readonly refuse: number };
  /** For a whole file. False when it was not taken. */
  file(asked: ListedObject, bytes: Buffer): Promise<boolean>;
  /** Why nothing more can be taken; undefined while it can. */
  full(): PriorWord | undefined;
};

/**
 * One archive, whatever it is spoken to with. Every call ends within a bounded time, with an outcome; the signal ends it
 * sooner. Nothing throws but for bugs.
 */
export type Archive = {
  /** Studies of a patient ID, each told as it comes; an empty issuer asks for any. */
  find(
    who: { readonly PatientID: string; readonly IssuerOfPatientID: string },
    wish: { readonly most: number; onFound(study: FoundStudy | 'other-patient'): void; readonly signal: AbortSignal },
  ): Promise<FindEnd>;
  /** What is in a study. */
  list(StudyInstanceUID: string, signal: AbortSignal): Promise<ListEnd>;
  /** Gets these objects; null when it went to its end, whatever came. */
  fetch(
    StudyInstanceUID: string,
    objects: readonly ListedObject[],
    keeping: Keeping,
    signal: AbortSignal,
  ): Promise<PriorWord | null>;
};
