// What the parts of an examination over DICOM share: whom they examine, how patient they are, how they open associations.
import type { DestinationSetting } from '#contract/shapes/settings.ts';
import type { Profile, ProfileKind } from '#contract/shapes/profile.ts';
import {
  openAssociation,
  type AssociationRequest,
  type CommitmentReport,
  type Opening,
  type OpenAssociation,
  type ProposedContext,
  type RequestTimeouts,
  type SecureCalling,
} from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { wireSyntaxes } from './peer.ts';
import type { Report } from './profile-line.ts';
import type { ForwardPorts } from './ports.ts';

export type ExaminedTarget = Pick<
  DestinationSetting,
  'id' | 'aeTitle' | 'host' | 'port' | 'confirm' | 'tls' | 'protocol' | 'web'
>;

/** Milliseconds. */
export type ProfileTimes = RequestTimeouts & {
  /** The whole examination. */
  readonly wholeMs: number;
  /** For a commitment report, and for a query to show the test image. */
  readonly patienceMs: number;
};

export const profileTimes: ProfileTimes = {
  ...{ connectMs: 5_000, associateMs: 8_000, stalledMs: 8_000, answerMs: 8_000, releaseMs: 2_000 },
  ...{ wholeMs: 90_000, patienceMs: 8_000 },
};

export type HeldKind = Omit<ProfileKind, 'accepted'>;

export type DicomExamination = {
  readonly clock: Clock;
  readonly ports: Pick<ForwardPorts, 'openAssociation'>;
  readonly report: Report;
  readonly target: ExaminedTarget;
  readonly secure: SecureCalling | undefined;
  readonly calling: string;
  /** What is held here, most first. */
  readonly kinds: readonly HeldKind[];
  readonly sendTestImage: boolean;
  readonly times: ProfileTimes;
  readonly signal: AbortSignal;
  /** Resolves with the report of this transaction that comes on an association which the peer opens. */
  readonly lateReport: (transactionUid: string, signal: AbortSignal) => Promise<CommitmentReport>;
};

export type Found = Pick<
  Profile,
  'kinds' | 'maxPduLength' | 'commitment' | 'query' | 'suggestedConfirm' | 'testStudyInstanceUID'
>;

export const nothingFound: Found = {
  ...{ kinds: [], maxPduLength: null, commitment: null, query: null, suggestedConfirm: null, testStudyInstanceUID: '' },
};

export const open = (
  { ports, target, secure, calling, times, signal }: DicomExamination,
  contexts: readonly ProposedContext[],
  more: Partial<AssociationRequest> = {},
): Promise<Opening> =>
  (ports.openAssociation ?? openAssociation)({
    ...{ host: target.host, port: target.port, callingAeTitle: calling, calledAeTitle: target.aeTitle, contexts },
    ...{ timeouts: times, signal },
    ...(secure ? { secure } : {}),
    ...more,
  });

export const context = (uid: string): ProposedContext => ({ abstractSyntaxUid: uid, transferSyntaxUids: wireSyntaxes });

export async function release(association: OpenAssociation): Promise<void> {
  if (association.isOpen) await association.release();
}
