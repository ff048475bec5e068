// What the room of decisions offers and what it needs, as types.
//
// correct, reject, keep, hold and recordApproval write at once and must run inside a transaction that flow/ opens:
// together with the trail, the problems of the exam and the deliveries they are durable, or nothing of it is.
import type { Readable } from 'node:stream';
import type { AppliedOrder, ObjectAttributes, ObjectCodes, ObjectCorrection } from '#contract/shapes/applied-order.ts';
import type { ApprovalForecast } from '#contract/shapes/exam.ts';
import type { Attributes, CorrectionReason } from '#contract/shapes/identity.ts';
import type { Code, OrderContent } from '#contract/shapes/order.ts';
import type { MovedObject } from '#contract/shapes/rearranging.ts';
import type { StandingProblem } from '#contract/shapes/problem.ts';
import type { Verification } from '#contract/shapes/verification.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';

/** Who we are, as it is written into what leaves. */
export type StationFacts = {
  /** (0400,0563) and (0008,1010) of the equipment item. */
  readonly name: string;
  readonly institution: string;
  readonly softwareVersion: string;
};

/** Where an object lies, how it is to be read, and the UIDs under which it leaves. */
export type ObjectFacts = {
  readonly objectId: string;
  readonly examId: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly dataSetOffset: number;
  readonly dataSetSha256: string;
  readonly transferSyntaxUid: string;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
  readonly header: ObjectHeader;
};

export type ExamRoute = {
  readonly to: ApprovalForecast['destinations'];
  readonly notTo: ApprovalForecast['notTo'];
  /** How many destinations there are at all. */
  readonly destinations: number;
  /** Ids that the rules want it to go to and that are not there, or not yet. */
  readonly missing: readonly string[];
};

export type ReviewPorts = {
  station(): StationFacts;
  /** Where an approval would send the exam, by the rules of now. Asked in the transaction that records the approval. */
  routeOf(examId: string): ExamRoute;
  /** InstitutionalDepartmentName for images of a calling AE title that have none. Nothing is filled in without it. */
  departmentOf?(aeTitle: string, address: string | null): string | undefined;
  /** What else a device says of images that say nothing themselves. */
  defaultsOf?(aeTitle: string, address: string | null): Pick<Attributes, 'InstitutionName' | 'OperatorsName'>;
  /** What stands against an exam and its objects now, answered or not. */
  standingProblems(examId: string): readonly StandingProblem[];
  /** Objects around an exam that are filed elsewhere than they were received; empty when there are none. */
  objectsAround?(examId: string): readonly MovedObject[];
  /** What the catalogue knows of an object. @throws Problem 'not-found' */
  objectFile(objectId: string): ObjectFacts;
  /** Absolute path of a received object; `file` as in the object table. */
  objectPath(file: string): string;
  /** Keeps a recipe durably; returns its name below revisions/. */
  writeRecipe(revisionId: string, recipe: Uint8Array): Promise<string>;
  readRecipe(recipeFile: string): Promise<Buffer>;
  /** Forgets a recipe that no revision names. Never throws. */
  dropRecipe(recipeFile: string): Promise<void>;
};

export type CorrectionCommand = {
  readonly examId: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly reason: CorrectionReason;
  readonly by: string;
  readonly commandId?: string | undefined;
};

/** `changed` names the keywords whose value for the exam is another one now. */
export type Corrected = {
  readonly kind: 'corrected';
  readonly correctionId: string;
  readonly attributes: Attributes;
  readonly previous: Attributes;
};
/** The command was carried out before, or says nothing new. */
export type Unchanged = { readonly kind: 'unchanged' };

export type Attributed = Partial<Record<keyof Attributes, string>>;

export type OrderCommand = {
  readonly examId: string;
  readonly orderId: string;
  /** What the order says now; it is kept as it is. */
  readonly content: OrderContent;
  /** Worked out when absent. */
  readonly reason?: CorrectionReason | undefined;
  /** Under which the objects are to leave, when the site wants that of the order. */
  readonly StudyInstanceUID?: string | undefined;
  readonly by: string;
  readonly commandId?: string | undefined;
};

export type OrderGiven = {
  readonly kind: 'given';
  readonly reason: CorrectionReason;
  /** The texts of the exam that are others now; null when the images said all of it themselves. */
  readonly corrected: Corrected | null;
  /** The order that it takes the place of. */
  readonly instead: string | null;
};
export type OrderTaken = { readonly kind: 'taken'; readonly orderId: string };

export type ObjectsCommand = {
  /** Of one exam. */
  readonly objectIds: readonly string[];
  readonly attributes: ObjectAttributes;
  readonly codes: ObjectCodes;
  readonly reason: CorrectionReason;
  readonly by: string;
  readonly commandId?: string | undefined;
};
export type ObjectsCorrected = {
  readonly kind: 'objects-corrected';
  readonly examId: string;
  readonly objects: number;
};

export type RejectionCommand = {
  readonly objectId: string;
  readonly reason: string;
  readonly text: string;
  readonly by: string;
  readonly commandId?: string | undefined;
};

export type Judged = { readonly kind: 'judged'; readonly examId: string };

/** What an approval made of one object. */
export type PreparedRevision = {
  readonly id: string;
  readonly objectId: string;
  /** Under which it leaves: that of the order, or of the exam. */
  readonly StudyInstanceUID: string;
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
  readonly TransferSyntaxUID: string;
  readonly recipeFile: string | null;
  readonly sizeBytes: number;
  readonly dataSetOffset: number;
  readonly dataSetSha256: string;
  readonly attributes: Attributes;
  readonly verifiedAt: string;
  /** True when a digital signature was void after the change and was taken out. */
  readonly signatureRemoved: boolean;
  /** What the verifier could not judge, as keys into text/: 'pixels', 'embedded-document', 'value-too-short', ... */
  readonly notJudged: readonly string[];
};

/** Durable in the store, with all that a revision needs to know of it. */
export type MadeForApproval = {
  readonly facts: ObjectFacts;
  readonly received: Attributes;
  /** The picture that it is made of and takes after: values that people gave to that one are its own too. */
  readonly like?: string | undefined;
};

export type LeavesAlso = {
  readonly made: readonly MadeForApproval[];
  /** Ids of undecided objects that do not leave. */
  readonly replaced: ReadonlySet<string>;
};

export type PreparedApproval = {
  readonly examId: string;
  readonly by: string;
  readonly revisions: readonly PreparedRevision[];
  /** Fingerprint of what the decision rests on. */
  readonly basis: string;
};

export type RecordedApproval =
  | {
      readonly kind: 'approved';
      readonly revisions: readonly RecordedRevision[];
      /** Where they go: what the rules said in this transaction. */
      readonly destinations: readonly { readonly id: string; readonly required: boolean }[];
    }
  /** Something came or was decided while the revisions were made: nothing was written, prepare again. */
  | { readonly kind: 'changed-meanwhile' };

/** A revision as the outbox needs it. */
export type RecordedRevision = {
  readonly id: string;
  readonly objectId: string;
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
  readonly TransferSyntaxUID: string;
  readonly sizeBytes: number;
  readonly dataSetOffset: number;
  readonly dataSetSha256: string;
};

/** A Part 10 file, ready to be read as often as one likes. */
export type ReadableObject = {
  readonly objectId: string;
  /** Null for the object as it was received. */
  readonly revisionId: string | null;
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
  readonly TransferSyntaxUID: string;
  readonly sizeBytes: number;
  readonly dataSetOffset: number;
  readonly dataSetSha256: string;
  /** The whole file, or from `start` on (`dataSetOffset` gives the data set alone). Whoever opens destroys or drains. */
  open(start?: number): Readable;
  /**
   * The same in pieces that stay untouched until the next one is asked for, and no longer: for who sends them on at once.
   * @throws Problem 'object-file-missing'
   */
  pieces(start?: number): AsyncIterable<Buffer>;
};

export type Review = {
  /**
   * Records corrected attributes of an exam. An empty value takes a known one away only with the reason CORRECT; with
   * COERCE an empty value of the source changes nothing.
   * @throws Problem 'not-found', 'attribute-not-correctable', 'value-too-long', 'value-not-allowed', 'impossible-date',
   *   'already-approved' when it would contradict what has left
   */
  correct(command: CorrectionCommand): Corrected | Unchanged;
  /**
   * The code of the procedure that a description names, for all objects of the exam while it stands; null takes it away.
   * True when it stood otherwise. @throws Problem 'value-too-long', 'value-not-allowed', 'already-approved'
   */
  sayProcedure(said: {
    readonly examId: string;
    readonly description: string;
    readonly code: Code | null;
    readonly reason: CorrectionReason;
    readonly by: string;
    readonly commandId?: string | undefined;
  }): boolean;
  /**
   * The exam belongs to an order: one that it has is taken back first. Blanks of the order change nothing.
   * @throws Problem 'not-found', 'value-too-long', 'value-not-allowed', 'impossible-date' with the field of the order;
   *   'already-approved'
   */
  applyOrder(command: OrderCommand): OrderGiven | Unchanged;
  /** What stood before the order counts again, but for what was typed since. @throws Problem 'not-found', 'already-approved' */
  removeOrder(command: {
    readonly examId: string;
    readonly by: string;
    readonly commandId?: string | undefined;
  }): OrderTaken | Unchanged;
  /** The order as it leaves with the images and others are told of it: none when the exam was typed to be somebody else's since. */
  orderThatCounts(examId: string): AppliedOrder | undefined;
  /**
   * Values of single objects; those of a series hold for all of its series that are here.
   * @throws Problem 'not-found', 'attribute-not-correctable', 'value-too-long', 'value-not-allowed', 'already-approved'
   */
  correctObjects(command: ObjectsCommand): ObjectsCorrected | Unchanged;
  /** For the screen. */
  decided(examId: string): {
    readonly appliedOrder?: AppliedOrder;
    /** Of the description that stands now. */
    readonly procedureCode?: Code;
    readonly objectCorrections: ObjectCorrection[];
  };
  /** @throws Problem 'not-found', 'reason-unknown', 'already-approved' */
  reject(command: RejectionCommand): Judged | Unchanged;
  /** Takes a rejection back. @throws Problem 'not-found', 'rejected-earlier' when others were told of it, 'no-longer-here' */
  keep(objectId: string): Judged | Unchanged;
  /** @throws Problem 'not-found' */
  hold(examId: string, held: boolean, by: string): Judged | Unchanged;
  /** Takes an approval back of which nothing may have left; gives how many objects wait again. The same. */
  reopen(examId: string): number;
  /** @throws Problem 'not-found' */
  forecast(examId: string): ApprovalForecast;
  /** Runs `work` when earlier work of the same exam has ended: two approvals of one exam follow each other. */
  inTurn<T>(examId: string, work: () => Promise<T>): Promise<T>;
  /**
   * Makes and verifies the revisions of all undecided objects; their recipes are durable when it returns. 'nothing-new'
   * when all was decided before.
   * @throws Problem of what stands against it; 'correction-impossible', 'verification-failed', 'digest-mismatch'
   */
  prepareApproval(
    examId: string,
    by: string,
    also?: LeavesAlso,
  ): Promise<PreparedApproval | { readonly kind: 'nothing-new' }>;
  /**
   * Writes revisions, states and counts of the exam. Inside the transaction that also enqueues. `admit` writes the rows of
   * what leaves also; it is called when nothing stands against the approval any more.
   */
  recordApproval(approval: PreparedApproval, admit?: () => void): RecordedApproval;
  /** Gives up what was prepared and not recorded. */
  discardApproval(approval: PreparedApproval): Promise<void>;
  /**
   * Reads every object of an exam again as it left, or as an approval would make it now. Changes and keeps nothing.
   * @throws Problem 'not-found'
   */
  examine(examId: string): Promise<Verification>;
  /** An object as it was received. @throws Problem 'not-found' */
  openReceived(objectId: string): Promise<ReadableObject>;
  /** An object as it leaves: its last revision, or as received when there is none. @throws Problem 'not-found' */
  openLatest(objectId: string): Promise<ReadableObject>;
  /** For the couriers. @throws Problem 'not-found', 'object-file-missing' */
  openRevision(revisionId: string): Promise<ReadableObject>;
};
