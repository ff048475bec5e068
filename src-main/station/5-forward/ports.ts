// What forwarding needs from the rest of the house, and how fast it goes about it. Types and defaults only.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { DestinationTls } from '#contract/shapes/secure.ts';
import type { DeliveryState } from '#contract/shapes/delivery.ts';
import type { WebAuth } from '#contract/shapes/web.ts';
import type { CannotTranscodeReason } from '#station/dicom/codecs/index.ts';
import type { AssociationRequest, Opening, SecureCalling } from '#station/dicom/network/index.ts';
import { transientBackoff, type Backoff } from '#station/kit/backoff.ts';
import type { DeliveryEvent } from '#station/model/delivery-lifecycle.ts';
import type { WebTimeouts } from './web/exchange.ts';

/** The bytes of one revision as they leave: the data set alone, without preamble and File Meta. */
export type RevisionBytes = {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly dataSetLength: number;
  /** What was verified at approval, lower case hexadecimal. */
  readonly dataSetSha256: string;
  /**
   * Opens its files when the first piece is asked for and lets go of them when the iteration ends, is left, or fails.
   * A piece stays untouched until the next one is asked for.
   */
  stream(): AsyncIterable<Buffer>;
};

/** A revision in another transfer syntax. */
export type MadeForm = {
  /** Where the data set begins in the file that was made. */
  readonly dataSetOffset: number;
  readonly dataSetLength: number;
  readonly dataSetSha256: string;
  readonly framesCompared: number;
};

export type FormOutcome =
  ({ readonly kind: 'made' } & MadeForm) | { readonly kind: 'cannot'; readonly reason: CannotTranscodeReason };

export type FormWish = Omit<RevisionBytes, 'dataSetSha256' | 'stream'> & {
  readonly revisionId: string;
  readonly source: AsyncIterable<Buffer>;
  /** The transfer syntax that it is to be given. */
  readonly to: string;
  readonly mayDecompressLossy: boolean;
};

/** Who makes and keeps them. A form is named by its revision and its transfer syntax. */
export type SyntaxMaker = {
  /** Durable when it resolves, and proved. The same wish gives the same bytes. Rejects as the source does. */
  make(wish: FormWish): Promise<FormOutcome>;
  /** The bytes from `start` on; fails like a file that is not there. */
  stream(revisionId: string, transferSyntaxUid: string, start: number): AsyncIterable<Buffer>;
  /** Never rejects. */
  drop(revisionId: string, transferSyntaxUid: string): Promise<void>;
  /** Removes all others; gives whether one of them is there. */
  keepOnly(
    forms: readonly { readonly revisionId: string; readonly TransferSyntaxUID: string }[],
  ): (form: { readonly revisionId: string; readonly TransferSyntaxUID: string }) => boolean;
  close(): Promise<void>;
};

/** One delivery that went from one state to another. */
export type DeliveryMove = {
  readonly deliveryId: string;
  readonly examId: string;
  readonly objectId: string;
  readonly destinationId: string;
  readonly from: DeliveryState;
  readonly to: DeliveryState;
  readonly event: DeliveryEvent;
  readonly answer: PeerAnswer | null;
  /** What a person wanted besides: where it goes instead, how soon. */
  readonly detail?: Readonly<Record<string, string | number>>;
};

export type ForwardPorts = {
  /** Rejects with a Problem ('object-file-missing', 'digest-mismatch') or a system error. */
  openRevision(revisionId: string): Promise<RevisionBytes>;
  /** Gives objects another transfer syntax; without it they leave as they are or not at all. */
  readonly syntaxMaker?: SyntaxMaker;
  /** The network; another one in tests. */
  openAssociation?(request: AssociationRequest): Promise<Opening>;
  /** How a destination with TLS is called. Throws the Problem of its files. */
  callingOf?(destinationId: string): SecureCalling | undefined;
  /** The same for one that is not saved. */
  readCalling?(tls: DestinationTls): Promise<SecureCalling>;
  /** The password or token of a DICOMweb destination. Throws the Problem 'secret-unreadable'. */
  readSecret?(auth: WebAuth): Promise<string>;
  /** How long a DICOMweb destination is waited for; others in tests. */
  readonly webTimeouts?: WebTimeouts;
  /** What an examination found that a destination takes; undefined when nobody knows, or it was long ago. */
  knownToTake?(
    destinationId: string,
    sopClassUid: string,
    transferSyntaxUid: string,
  ): 'yes' | 'class' | 'syntax' | undefined;
  /** Called after the change is durable, once for many deliveries. */
  onChanged?(change: { readonly examIds: readonly string[] }): void;
  /** A destination went silent, came back, refuses, was paused. */
  onDestinationChanged?(destinationId: string): void;
  /**
   * Called inside the transaction that moves them, so that what belongs to it (a problem, an audit entry) is written
   * with it. Must not wait. Only moves from one stage to another (waiting, sent, confirmed, blocked, held, cancelled),
   * and what a person did;
   * not for a whole queue that is blocked or taken back because its destination left or came back.
   */
  onMoved?(moves: readonly DeliveryMove[]): void;
};

/** Milliseconds unless said otherwise. */
export type ForwardOptions = {
  /** Between tries of one object, and between associations before the breaker opens. */
  readonly retry: Backoff;
  /** Between two C-ECHOs to a destination that is silent. */
  readonly probeMs: number;
  /** Between two tries of one that refuses by configuration. */
  readonly refusingProbeMs: number;
  /** Objects whose attempts are written down in one transaction, before the first of them leaves. */
  readonly batchObjects: number;
  readonly batchBytes: number;
  /** Associations to one destination for which nothing is set. */
  readonly associations: number;
  /** How long an association stays open for what comes next. */
  readonly keepOpenMs: number;
  /** One object that moves nothing for so long, and for twenty times what objects take here, does not hold up the rest. */
  readonly stuckAfterMs: number;
  /** A destination that refused one more association is not asked for it again for so long. */
  readonly contentForMs: number;
  /** How long what was sent is gathered before one asks for its confirmation. */
  readonly gatherMs: number;
  /** Deliveries in one commitment request. */
  readonly mostInCommitment: number;
  /** A commitment report that has not come by then is asked for anew; doubles with every asking, up to a day. */
  readonly commitDeadlineMs: number;
  /** The same after a restart: reports may have come while nobody listened. */
  readonly commitAfterRestartMs: number;
  /** How long the association of a commitment request stays open for its report. */
  readonly reportGraceMs: number;
  /** Queries that do not find an object before it is sent again. */
  readonly askingsBeforeResend: number;
  readonly random: () => number;
};

export const forwardDefaults: ForwardOptions = {
  retry: transientBackoff,
  probeMs: 30_000,
  refusingProbeMs: 300_000,
  batchObjects: 64,
  batchBytes: 32 * 1024 * 1024,
  associations: 4,
  keepOpenMs: 5_000,
  stuckAfterMs: 1_000,
  contentForMs: 60_000,
  gatherMs: 2_000,
  mostInCommitment: 500,
  commitDeadlineMs: 600_000,
  commitAfterRestartMs: 20_000,
  reportGraceMs: 1_000,
  askingsBeforeResend: 4,
  random: Math.random,
};
