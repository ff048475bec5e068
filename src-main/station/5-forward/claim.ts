// What the outbox gives out and takes back. Types only.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { AttemptOutcome, DeliveryState } from '#contract/shapes/delivery.ts';
import type { DeliveryEvent } from '#station/model/delivery-lifecycle.ts';
import type { DeliveryMove } from './ports.ts';

/** One object that a courier may send now; its attempt is written down. */
export type Claim = {
  readonly deliveryId: string;
  readonly attemptId: string;
  readonly examId: string;
  readonly objectId: string;
  readonly destinationId: string;
  readonly revisionId: string;
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
  readonly TransferSyntaxUID: string;
  readonly dataSetSha256: string;
  /** It leaves in a transfer syntax that is not its own; digest and syntax are of that form. */
  readonly isMade?: true;
  /** Attempts, this one included. */
  readonly attempts: number;
  readonly unknownAttempts: number;
};

/** What became of a claim. */
export type Settled = {
  readonly claim: Claim;
  readonly event: DeliveryEvent;
  readonly outcome: AttemptOutcome;
  readonly answer: PeerAnswer;
  readonly unknownAttempts: number;
  /** Milliseconds from now: until the next try, or until its proof is asked for. */
  readonly nextInMs: number | null;
  /** The site takes the destination on its word. */
  readonly needsNoProof: boolean;
};

export type ClaimWish = {
  readonly mostObjects: number;
  readonly mostBytes: number;
  /** Places in `priorities` that may go now. */
  readonly allowed: readonly number[];
  /** Among so many associations what is left is shared at the end of a queue. */
  readonly sharedBy: number;
  /** Deliveries that are claimed by it already: they leave before what is claimed now. */
  readonly before?: readonly string[];
  /** Whether the open association carries such an object. */
  fits(sopClassUid: string, transferSyntaxUid: string): 'yes' | 'class' | 'syntax' | 'not-proposed';
  /** In which other form it may leave; `wentOtherwise`: something may have arrived whose digest is not this one. */
  instead?(
    row: MovingRow & Pick<Claim, 'revisionId' | 'SOPInstanceUID' | 'SOPClassUID' | 'TransferSyntaxUID'>,
    wentOtherwise: (dataSetSha256: string) => boolean,
  ): Instead | undefined;
};

type MadeClaim = Pick<Claim, 'TransferSyntaxUID' | 'dataSetSha256'> & {
  readonly isMade: true;
  readonly sizeBytes: number;
};

/** How an object leaves that does not go as it is. */
export type Instead =
  | { readonly kind: 'made'; readonly form: MadeClaim }
  /** It waits until that is done; `begin` is called when this is durable. */
  | { readonly kind: 'to-make'; readonly answer: PeerAnswer; begin(): void }
  | { readonly kind: 'refused'; readonly answer: PeerAnswer };

export type Claimed = {
  readonly claims: readonly Claim[];
  /** False when nothing is left that this association could carry. */
  readonly more: boolean;
  /** What comes next needs an association that proposes it. */
  readonly otherKind: boolean;
};

export type MovingRow = {
  readonly id: string;
  readonly examId: string;
  readonly objectId: string;
  readonly destinationId: string;
  readonly state: DeliveryState;
};

export type Sets = Readonly<Record<string, string | number | null>>;

/** Moves deliveries inside one transaction. */
export type Mover = {
  /** Ready ones are sent now, all at once: the same event for each, and one more attempt. */
  begin(claims: readonly Pick<Claim, 'deliveryId' | 'examId'>[]): void;
  /** False when the event cannot happen in its state. Several happen one after the other and are written as one. */
  move(
    row: MovingRow,
    event: DeliveryEvent | readonly DeliveryEvent[],
    sets?: Sets,
    answer?: PeerAnswer,
    detail?: DeliveryMove['detail'],
  ): boolean;
};
