// Decides each presentation context of a proposal made to us: storage for everything that is not another service,
// verification, commitment reports from a peer that is their provider, and what else the owner of the server serves. Pure.
import type { ContextOffer, ContextResult, Proposal } from './negotiation.ts';
import {
  choosePlainSyntax,
  chooseTransferSyntax,
  commitmentClass,
  isStorage,
  studyRootFindClass,
  verificationClass,
} from './services.ts';

/** What is offered besides storage and verification. */
export type Offered = {
  /** False for a peer that may report and say hello, and nothing else. */
  readonly stores: boolean;
  /** Somebody here is waiting for commitment reports. */
  readonly takesReports: boolean;
  /** Somebody here keeps objects and commits to them. */
  readonly commits: boolean;
  readonly answersQueries: boolean;
};

const abstractSyntaxNotSupported = 3;
const transferSyntaxesNotSupported = 4;
const noReason = 2;

/** One result for each context, in their order. */
export function decideContexts(proposal: Proposal, offered: Offered): readonly ContextResult[] {
  const isAboutReportsOnly = proposal.contexts.every(
    ({ abstractSyntaxUid }) => abstractSyntaxUid === commitmentClass || abstractSyntaxUid === verificationClass,
  );
  return proposal.contexts.map((offer) => {
    const asksUs = offered.stores && offer.roles?.scp !== true;
    if (offer.abstractSyntaxUid === commitmentClass && offered.commits && asksUs) return decidePlain(offer);
    if (offer.abstractSyntaxUid === studyRootFindClass && offered.stores && offered.answersQueries)
      return decidePlain(offer);
    if (offer.abstractSyntaxUid === commitmentClass)
      return offered.takesReports
        ? decideCommitment(offer, isAboutReportsOnly)
        : reject(offer, abstractSyntaxNotSupported);
    if (offer.abstractSyntaxUid === verificationClass || (offered.stores && isStorage(offer.abstractSyntaxUid)))
      return decideStorage(offer);
    return reject(offer, abstractSyntaxNotSupported);
  });
}

/** A service with small data sets, of which the peer is SCU. */
function decidePlain(offer: ContextOffer): ContextResult {
  const transferSyntaxUid = choosePlainSyntax(offer.transferSyntaxUids);
  if (transferSyntaxUid === undefined) return reject(offer, transferSyntaxesNotSupported);
  return { id: offer.id, result: 0, transferSyntaxUid, ...(offer.roles ? { roles: { scu: true, scp: false } } : {}) };
}

/** The peer is SCU of storage and verification; it may say so, and may wish to be SCP too, which nobody needs here. */
function decideStorage(offer: ContextOffer): ContextResult {
  const transferSyntaxUid = chooseTransferSyntax(offer.transferSyntaxUids);
  if (transferSyntaxUid === undefined) return reject(offer, transferSyntaxesNotSupported);
  if (offer.roles === undefined) return { id: offer.id, result: 0, transferSyntaxUid };
  if (!offer.roles.scu) return reject(offer, noReason);
  return { id: offer.id, result: 0, transferSyntaxUid, roles: { scu: true, scp: false } };
}

/**
 * The peer must be SCP to report. One that proposes nothing but commitment and forgets the role selection means a
 * report; with storage beside it, it is a device that wants to ask us for commitment, which is not offered.
 */
function decideCommitment(offer: ContextOffer, isAboutReportsOnly: boolean): ContextResult {
  const transferSyntaxUid = choosePlainSyntax(offer.transferSyntaxUids);
  if (transferSyntaxUid === undefined) return reject(offer, transferSyntaxesNotSupported);
  if (offer.roles?.scp) return { id: offer.id, result: 0, transferSyntaxUid, roles: { scu: false, scp: true } };
  if (offer.roles === undefined && isAboutReportsOnly) return { id: offer.id, result: 0, transferSyntaxUid };
  return reject(offer, abstractSyntaxNotSupported);
}

function reject(offer: ContextOffer, result: 2 | 3 | 4): ContextResult {
  return { id: offer.id, result };
}
