// What the catalogue offers: the ledger of arrivals, and the reads of the desk. Types only; index.ts opens it.
import type { ProblemNote } from '#contract/problems.ts';
import type { Exam, ExamFilter, ExamPage, ExamRow, ObjectRow } from '#contract/shapes/exam.ts';
import type { StandingProblem } from '#contract/shapes/problem.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import type { Arrival, ArrivalSource, Recorded } from './arrival.ts';
import type { DecisionMemory } from './decision-memory.ts';
import type { SourceFacts } from './device-facts.ts';
import type { Content, Held } from './held-already.ts';

export type ExamQuery = {
  readonly filter: ExamFilter;
  /** Words that must all be found in names, IDs, accession number, description, source; '' finds everything. */
  readonly search: string;
  readonly limit: number;
  readonly offset: number;
};

/** Where an object lies and how it is to be read. */
export type ObjectFile = {
  readonly objectId: string;
  readonly examId: string;
  /** Name in the store. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly dataSetOffset: number;
  readonly dataSetSha256: string;
  readonly transferSyntaxUid: string;
  /** The UIDs it is kept and leaves under; they differ from those of the header where these are missing or illegal. */
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
  readonly header: ObjectHeader;
};

export type Catalog = {
  /** Writes an arrival down. Inside a transaction of the caller; the exam's counts, problems and version go with it. */
  record(arrival: Arrival): Recorded;
  /** What has the same content and is not known to be lost; its row may be written by a transaction not yet durable. */
  heldAlready(content: Content): Held | undefined;
  /** Counts an object that came again and was not recorded. Inside a transaction of the caller. */
  countAgain(objectId: string, source: ArrivalSource): void;
  /** Looks again at what stands against an exam and counts its objects anew. Inside a transaction of the caller. */
  refreshProblems(examId: string): void;
  /** What stands against an exam and its objects now, answered or not; rejected objects do not count. */
  standingProblems(examId: string): StandingProblem[];

  /** The rows of these exams, in this order; those that are not there are left out. */
  examRows(ids: readonly string[]): ExamRow[];
  /** Newest first. */
  list(query: ExamQuery): ExamPage;
  totals(): Record<ExamFilter, number>;
  /** @throws Problem 'not-found' */
  exam(id: string): Exam;
  /** @throws Problem 'not-found' */
  objectRow(id: string): ObjectRow;
  /** @throws Problem 'not-found'; 'only-at-destination', 'no-longer-here' when its file is gone on purpose */
  objectFile(id: string): ObjectFile;
  /** Says something of an exam that its objects do not show; stays until `unsay`. Inside a transaction of the caller. */
  say(examId: string, note: ProblemNote): void;
  /** Takes every such problem of this code back. The same. */
  unsay(examId: string, code: ProblemNote['code']): void;
  /** What stands against one object: its own flaws and what it says of the patient, whatever else is in the exam. */
  problemsOfObject(objectId: string): ProblemNote[];
  /** Objects that arrived at or after an ISO time. Quick when it is asked with the same one again; not inside a transaction. */
  arrivedSince(at: string): number;

  readonly decisions: DecisionMemory;
  /** Every device that has sent something. */
  sourceFacts(): SourceFacts[];
  /** Where the objects of an exam came from by network. */
  sourcesOfExam(examId: string): { readonly aeTitle: string; readonly address: string }[];

  /** A person says that the exam is complete now. False when it was. Inside a transaction of the caller. */
  completeNow(examId: string): boolean;
  /** The moment at which the next arriving exam becomes quiet, or null when none is arriving. */
  nextQuietAt(): string | null;
  /** Exams that became quiet after `after`, up to now; their version grows. Inside a transaction of the caller. */
  markQuiet(after: string): string[];

  /** The names in the store that have a row, of one folder of it. */
  filesOfShard(shard: string): Map<string, string>;
  /** The folders of the store that rows speak of. */
  shards(): string[];
  /** Objects whose file was found missing. */
  missingObjects(): string[];
  /** Says that the file of an object is missing, or is there again. Inside a transaction of the caller. */
  fileMissing(objectId: string, missing: boolean): void;
  /** Says that the file of an object holds other bytes than were received, or holds them again. The same. */
  bytesChanged(objectId: string, changed: boolean): void;
  /** True when there is an object of this id. */
  has(objectId: string): boolean;
};
