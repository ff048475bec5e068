// What an association that we open promises to those who use it. Types only.
import type { SecureCalling } from './secure-calling.ts';
import type { CommitmentReport, Identifier, SopReference } from './small-data-sets.ts';

export type ProposedContext = {
  readonly abstractSyntaxUid: string;
  /** At least one; the peer chooses one of them. Propose one for each context to know what it will take. */
  readonly transferSyntaxUids: readonly string[];
  /** Role selection (PS3.7 D.3.3.4). Absent: we are SCU only, nothing is said. */
  readonly roles?: { readonly scu: boolean; readonly scp: boolean };
};

export type AssociationRequest = {
  readonly host: string;
  readonly port: number;
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  /** 1 to 128. */
  readonly contexts: readonly ProposedContext[];
  readonly timeouts?: RequestTimeouts;
  /** Largest P-DATA-TF value that we take. Default 131072. */
  readonly maxPduLength?: number;
  /** Aborts everything: what is pending throws AbortError, the socket is closed. */
  readonly signal?: AbortSignal;
  /** Over TLS, as this says; absent: without. The handshake must be done within `connectMs` as well. */
  readonly secure?: SecureCalling;
  /** Asks for an asynchronous operations window (PS3.7 D.3.3.3), to learn what is granted. It is never made use of. */
  readonly asyncWindow?: { readonly invoked: number; readonly performed: number };
  /** Commitment reports on this association; gives the DIMSE status of the answer. */
  onCommitmentReport?(report: CommitmentReport): number | Promise<number>;
};

/** Milliseconds. */
export type RequestTimeouts = {
  /** TCP connection. Default 10 000. */
  readonly connectMs?: number;
  /** Answer to A-ASSOCIATE-RQ. Default 30 000. */
  readonly associateMs?: number;
  /** While we send: no byte taken by the peer for so long. Default 60 000. */
  readonly stalledMs?: number;
  /** From the last byte of a request to its answer, and between two answers of a query. Default 120 000. */
  readonly answerMs?: number;
  /** Answer to A-RELEASE-RQ; then the socket is closed anyway. Default 5 000. */
  readonly releaseMs?: number;
};

/** How an association came to its end. `code` is a system error such as ECONNRESET; numbers are those of PS3.8 9.3. */
export type Ending =
  | { readonly kind: 'released' }
  | { readonly kind: 'aborted-by-peer'; readonly source: number; readonly reason: number }
  | { readonly kind: 'aborted-by-us'; readonly why: string }
  | { readonly kind: 'timed-out'; readonly waitedFor: 'connection' | 'association' | 'sending' | 'answer' }
  | { readonly kind: 'lost'; readonly code: string };

/** What the peer said about itself when it accepted. Stand-ins for the network may leave it out. */
export type AcceptanceFacts = {
  /** Largest P-DATA-TF value that it takes; 0 is no limit. */
  readonly maxPduLength: number;
  readonly implementationClassUid: string;
  readonly implementationVersion: string;
  /** What it granted; undefined when it said nothing, which is 1 and 1. */
  readonly asyncWindow?: { readonly invoked: number; readonly performed: number };
  /** Of the contexts, in the order in which they were proposed: PS3.8 9.3.3.2. */
  readonly results: readonly (0 | 1 | 2 | 3 | 4)[];
};

export type Opening =
  | { readonly kind: 'accepted'; readonly association: OpenAssociation; readonly said?: AcceptanceFacts }
  | { readonly kind: 'rejected'; readonly result: number; readonly source: number; readonly reason: number }
  /** No TCP connection (ECONNREFUSED, ENOTFOUND, ETIMEDOUT, EHOSTUNREACH…), or none over TLS (CERT_…, ERR_SSL_…). */
  | { readonly kind: 'unreachable'; readonly code: string }
  /** Connected, but no association came of it. */
  | { readonly kind: 'failed'; readonly ending: Ending };

/** Nothing was sent because no accepted context fits: the class was refused, or only this transfer syntax of it. */
export type NotAccepted = { readonly kind: 'not-accepted'; readonly why: 'class' | 'syntax' };

/** The association was over before the first byte of the request left. */
export type NotSent = { readonly kind: 'not-sent'; readonly ending: Ending };

/** Bytes left, no answer came: the peer may have done it or not. */
export type UnknownOutcome = { readonly kind: 'unknown-outcome'; readonly ending: Ending };

/** The peer answered. `status` is the DIMSE status, `comment` what it said with it (at most 64 characters). */
export type Answered = { readonly kind: 'answered'; readonly status: number; readonly comment?: string };

export type RequestOutcome = Answered | NotAccepted | NotSent | UnknownOutcome;

/** The source threw or did not give `lengthBytes` bytes; the association is aborted, the peer keeps nothing. */
export type SourceFailed = { readonly kind: 'source-failed'; readonly error: unknown };

export type StoreRequest = {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** The encoding of the bytes; they are sent as they are (and a NULL byte behind an odd data set). */
  readonly transferSyntaxUid: string;
  /** Length of the data set (without preamble and File Meta). */
  readonly lengthBytes: number;
  /** The bytes of the data set, in pieces of any size; each piece must stay untouched until the next is asked for. */
  readonly source: AsyncIterable<Buffer> | Iterable<Buffer>;
  /** Told now and then how many bytes the socket has taken. */
  onProgress?(sentBytes: number): void;
  /** 0 medium (default), 1 high, 2 low. */
  readonly priority?: 0 | 1 | 2;
};

export type FindRequest = {
  /** SOP class of the information model. Default Study Root Query/Retrieve (PS3.4 C.6.2). */
  readonly sopClassUid?: string;
  /** Query/Retrieve Level. Absent for a worklist, which has none. */
  readonly level?: 'STUDY' | 'SERIES' | 'IMAGE';
  readonly keys: Identifier;
  /** After so many matches the query is cancelled. Default 10 000. */
  readonly mostMatches?: number;
  /** Cancels this query (C-CANCEL, PS3.7 9.3.2.3) and leaves the association open: it ends when the peer says so. */
  readonly signal?: AbortSignal;
  /** Told of each match as it comes; `matches` stays empty then. Must not throw. */
  onMatch?(match: Identifier): void;
};

/** A query that was answered. `complete` is false when it was cut at `mostMatches`, or cancelled before its end. */
export type Found = {
  readonly kind: 'answered';
  readonly status: number;
  readonly comment?: string;
  readonly matches: readonly Identifier[];
  readonly complete: boolean;
  /** Matches that were no data set; absent when all could be read. */
  readonly unreadable?: number;
};

/** An object that the peer sends us because we asked for it (C-STORE as a sub-operation of C-GET). */
export type SentObject = {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** What its data set is encoded in. */
  readonly transferSyntaxUid: string;
};

/** Where the bytes of one data set go. A rejection refuses the object (A700H). */
export type ObjectTarget = {
  /** The next bytes, in order; not called again before it settles. The pieces are untouched until then. */
  write(pieces: readonly Buffer[]): Promise<void>;
  /** All of them came: gives the status of the answer. */
  finish(): Promise<number>;
  /** It will never be whole. */
  discard(): Promise<void>;
};

export type GetRequest = {
  readonly level: 'STUDY' | 'SERIES' | 'IMAGE';
  /** Unique keys of the level and those above it (PS3.4 C.4.3.2.1). */
  readonly keys: Identifier;
  /** The peer wants to send an object: where it goes, or the status to refuse it with. Must not throw. */
  offered(object: SentObject): ObjectTarget | { readonly refuse: number };
  /** Cancels it (C-CANCEL) and leaves the association open: it ends when the peer says so. */
  readonly signal?: AbortSignal;
};

/** A retrieval that was answered. Numbers are those of the last answer; undefined where the peer did not say. */
export type Got = {
  readonly kind: 'answered';
  /** 0 all, B000H some, FE00H cancelled; else it failed (PS3.4 C.4.3.1.4). */
  readonly status: number;
  readonly comment?: string;
  readonly completed: number | undefined;
  readonly failed: number | undefined;
};

/**
 * One association as requestor. Requests are sent one after the other, in the order of the calls. Every call ends with
 * an outcome, whatever the peer does; only the signal of the opener makes it throw (AbortError). The user releases or
 * aborts it; either way the socket is closed.
 */
export type OpenAssociation = {
  /** Our own id of it. */
  readonly id: string;
  /** True when an accepted context fits, in the SCU role. Without a transfer syntax: in any. */
  accepts(abstractSyntaxUid: string, transferSyntaxUid?: string): boolean;
  /** The transfer syntaxes the peer accepted for a class. */
  acceptedSyntaxes(abstractSyntaxUid: string): readonly string[];
  readonly isOpen: boolean;
  /** Settles, never rejects, when the association is over. */
  readonly ended: Promise<Ending>;
  echo(): Promise<RequestOutcome>;
  store(request: StoreRequest): Promise<RequestOutcome | SourceFailed>;
  find(request: FindRequest): Promise<Found | NotAccepted | NotSent | UnknownOutcome>;
  /**
   * C-GET in the study root model (PS3.4 C.4.3). Needs a context of that class, and for each class of objects one with
   * the roles { scu: false, scp: true }; the peer sends only what one of these fits.
   */
  get(request: GetRequest): Promise<Got | NotAccepted | NotSent | UnknownOutcome>;
  /** N-ACTION of Storage Commitment (PS3.4 J.3.2). The report may come here, later, or never. */
  requestCommitment(transactionUid: string, references: readonly SopReference[]): Promise<RequestOutcome>;
  /** N-CREATE (PS3.7 10.1.5): makes an instance of a class under a UID of ours. */
  create(instance: SopReference, attributes: Identifier): Promise<RequestOutcome>;
  /** N-SET (PS3.7 10.1.3): changes attributes of an instance. */
  set(instance: SopReference, changes: Identifier): Promise<RequestOutcome>;
  /** N-EVENT-REPORT of Storage Commitment (PS3.4 J.3.3), on a context whose provider we are. */
  reportCommitment(report: CommitmentReport): Promise<RequestOutcome>;
  /** Ends it properly after what is pending; the socket is closed when this settles, answered or not. */
  release(): Promise<Ending>;
  /** Ends it at once. What is pending ends as an unknown outcome. */
  abort(): void;
};
