// What a DICOM server and those who give it rules say to each other. Types only.
import type { HandshakeRefusal, SecureFacts, SecureTerms } from './secure-door.ts';
import type { CommitmentReport, CommitmentRequest, Identifier } from './small-data-sets.ts';

/** Who is on the other side of an association. Nothing here is trusted: it is what the peer said of itself. */
export type AssociationFacts = SecureFacts & {
  /** Our own id of the association, for logs and for what was received over it. */
  readonly id: string;
  /** Trimmed of the blanks around it (PS3.8 9.3.2). */
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  /** IP address of the peer; IPv4 without the `::ffff:` of a mapped one. */
  readonly address: string;
  readonly port: number;
  readonly implementationClassUid?: string;
  readonly implementationVersion?: string;
};

/** A C-STORE whose data set is about to come. UIDs are as received: of any length up to 64, perhaps illegal or empty. */
export type StoreStart = {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** What was accepted for its presentation context: the encoding of the bytes that follow. */
  readonly transferSyntaxUid: string;
  readonly association: AssociationFacts;
};

/** The answer to a C-STORE: a DIMSE status (PS3.4 B.2.3, PS3.7 C) and, if any, an error comment (LO, cut at 64). */
export type StoreAnswer = { readonly status: number; readonly comment?: string };

/**
 * Where the data set of one C-STORE goes. Calls come one at a time and in order: `write` any number of times (none for
 * an empty data set), then either `finish` once or `discard` once. What is written is the data set alone, byte for
 * byte, without preamble and File Meta.
 */
export type ObjectSink = {
  /**
   * Takes the next bytes. `undefined`: they are done with, go on. A promise: the buffers belong to the sink until it
   * settles, and no other call of this sink comes before; the peer is held back when too much is waiting. A throw or
   * a rejection is a failed object: the rest is drained, `discard` is called and `answerTo` of the rules is answered.
   */
  write(pieces: readonly Buffer[]): Promise<void> | undefined;
  /** All bytes were written. Resolves when the object is durable, or refused, with the answer for the peer. After a
   * rejection nothing more is called. */
  finish(): Promise<StoreAnswer>;
  /** The object will never be whole (abort, lost connection, stop). Never throws; nothing of it may be kept. */
  discard(): void;
};

/** Whether an association is let in; `reject` carries the numbers of PS3.8 table 9-21. */
export type Admission =
  /** `reportsOnly`: it may verify and report commitment, and no storage class is accepted. */
  | { readonly kind: 'accept'; readonly reportsOnly?: boolean }
  | { readonly kind: 'reject'; readonly result: 1 | 2; readonly source: 1 | 2 | 3; readonly reason: number };

/** What happens at the server, for logs and for the screen. */
export type ServerEvent =
  | { readonly kind: 'association-opened'; readonly association: AssociationFacts }
  | {
      readonly kind: 'association-rejected';
      readonly association: AssociationFacts;
      readonly result: number;
      readonly source: number;
      readonly reason: number;
    }
  | {
      readonly kind: 'association-closed';
      readonly association: AssociationFacts;
      readonly how: 'released' | 'aborted-by-peer' | 'aborted-by-us' | 'lost';
      /** Why we aborted, in words for a log. */
      readonly why?: string;
      readonly objects: number;
      readonly sizeBytes: number;
    }
  /** A connection that never became an association: silent, not DICOM, or one too many. */
  | {
      readonly kind: 'connection-dropped';
      readonly address: string;
      readonly why: string;
      /** How many this stands for: of a flood a few are told one by one, the rest of a second together. */
      readonly count: number;
    }
  /** A connection to a door with TLS whose handshake came to nothing. */
  | ({ readonly kind: 'handshake-refused' } & HandshakeRefusal)
  /** One of the rules threw; the peer got 0110H or an abort. */
  | { readonly kind: 'rule-failed'; readonly association?: AssociationFacts; readonly error: unknown };

/** An N-EVENT-REPORT on the association of the request; the peer's status, undefined when the association ends before it. */
export type ReportBack = (report: CommitmentReport) => Promise<number | undefined>;
export type CommitmentAnswer = CommitmentReport | { readonly status: number };

/** What the owner of a server decides. A throw or rejection in any of them never reaches the peer or the process. */
export type ServerRules = {
  /** Decides at once, before anything is accepted. */
  admit(association: AssociationFacts): Admission;
  /** Gives the place for an object. To refuse it, give a sink that drops the bytes and answers from `finish`. */
  beginObject(start: StoreStart): ObjectSink | Promise<ObjectSink>;
  /** The answer to an object whose `beginObject`, `write` or `finish` threw. Default 0110H. */
  answerTo?(error: unknown): StoreAnswer;
  /** A commitment report on an association that the peer opened; gives the DIMSE status. Absent: the class is refused. */
  onCommitmentReport?(report: CommitmentReport, association: AssociationFacts): number | Promise<number>;
  /**
   * A peer asks us to commit to what we keep (PS3.4 J.3.2). A report that this gives goes back on the same association
   * behind the answer; a status is the answer, and `report` may be called for as long as the association is open. Absent:
   * the class is refused.
   */
  answerCommitment?(
    request: CommitmentRequest,
    association: AssociationFacts,
    report: ReportBack,
  ): CommitmentAnswer | Promise<CommitmentAnswer>;
  /** Whether this peer is offered commitment at all. Absent: every peer is. */
  offersCommitment?(association: AssociationFacts): boolean;
  /** A query of the Study Root model (PS3.4 C.6.2); gives the matches. Absent: the class is refused. */
  answerQuery?(keys: Identifier, association: AssociationFacts): readonly Identifier[] | Promise<readonly Identifier[]>;
  onEvent?(event: ServerEvent): void;
};

export type ServerOptions = {
  /** Address to listen on. */
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
  /** Largest P-DATA-TF value that we tell the peer and take. Default 131072. */
  readonly maxPduLength?: number;
  /** Associations at one time; one more is rejected as local limit exceeded, to be tried again (2/3/2). Default 256. */
  readonly mostAssociations?: number;
  /** Associations from one address; beyond it as above. Default 128. */
  readonly mostFromOneAddress?: number;
  /**
   * Connections that have not sent a whole A-ASSOCIATE-RQ; beyond it the oldest is dropped, of the address that has most of
   * them. Each costs about 10 kB and a descriptor. Default 512.
   */
  readonly mostSilent?: number;
  /** From accepting a connection to a whole A-ASSOCIATE-RQ (ARTIM, PS3.8 9.1.5). Default 10 000 ms. */
  readonly artimMs?: number;
  /** From our last words (release, reject, abort) to the peer's closing; then we close (ARTIM of Sta13). Default 1000 ms. */
  readonly closingMs?: number;
  /** An association on which nothing is under way is aborted after this. Default 600 000 ms. */
  readonly idleMs?: number;
  /** Over this time an open PDU or message must bring `slowestBytesPerSecond`. Default 30 000 ms. */
  readonly rateWindowMs?: number;
  /** Default 1000. */
  readonly slowestBytesPerSecond?: number;
  /** Bytes of data sets that wait to be written, over all associations. Default 24 MiB. */
  readonly mostWaitingBytes?: number;
  /** Absent: connections come without TLS. */
  readonly secure?: SecureTerms;
};

export type DicomServer = {
  /** The port that is listened on. */
  readonly port: number;
  /** Associations at this moment. */
  readonly associations: number;
  /** Other certificates or demands from the next connection on; for a server that was opened with `secure`. */
  renew(terms: SecureTerms): void;
  /**
   * Stops accepting, lets each association finish the object at hand (at most `withinMs`, default 10 000), then ends
   * it. Resolves when every socket is closed; safe to call twice.
   */
  close(withinMs?: number): Promise<void>;
};
