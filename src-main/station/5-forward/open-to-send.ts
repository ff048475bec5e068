// One revision opened for its way out, its first piece read; or what it means that it cannot be.
import { isProblem } from '#station/kit/problem.ts';
import { DigestMismatch, primeSource, type PrimedSource } from './checked-source.ts';
import type { Claim } from './claim.ts';
import { cannotRead, ownFault, type Verdict } from './classification.ts';
import type { ForwardPorts, RevisionBytes } from './ports.ts';

export type OpenedRevision = PrimedSource & { readonly lengthBytes: number };

/** Where what was claimed in another transfer syntax comes from. */
type FormSource = {
  open(claim: Claim): Promise<RevisionBytes>;
  /** It is not what it was: it is made anew. */
  mistrust(claim: Claim): Promise<void>;
};

/** Never rejects. Whoever does not send it drops it. */
export async function openToSend(
  ports: Pick<ForwardPorts, 'openRevision'>,
  claim: Claim,
  forms?: FormSource,
): Promise<OpenedRevision | Verdict> {
  try {
    const revision = await openBytes(ports, claim, forms);
    if ('class' in revision) return revision;
    return { lengthBytes: revision.dataSetLength, ...(await primeSource(revision, claim.dataSetSha256)) };
  } catch (error) {
    return verdictOfClaim(error, claim, forms);
  }
}

/** The bytes of what was claimed, nothing of them read yet. Never rejects. */
export async function openBytes(
  ports: Pick<ForwardPorts, 'openRevision'>,
  claim: Claim,
  forms?: FormSource,
): Promise<RevisionBytes | Verdict> {
  try {
    if (claim.isMade && forms) return await forms.open(claim);
    const revision = await ports.openRevision(claim.revisionId);
    return revision.dataSetSha256 === claim.dataSetSha256 ? revision : ownFault('digest-mismatch');
  } catch (error) {
    return verdictOfClaim(error, claim, forms);
  }
}

/** The same for what was claimed: a form that is not what it was is made anew, and nothing is wrong with the object. */
export async function verdictOfClaim(error: unknown, claim: Claim, forms?: FormSource): Promise<Verdict> {
  if (!claim.isMade || !forms) return verdictOfReading(error);
  await forms.mistrust(claim);
  return cannotRead(error instanceof DigestMismatch ? 'DIGEST' : codeOf(error));
}

/** What it means that a revision cannot be read here. */
export function verdictOfReading(error: unknown): Verdict {
  if (error instanceof DigestMismatch || isProblem(error, 'digest-mismatch')) return ownFault('digest-mismatch');
  if (isProblem(error, 'object-file-missing')) return ownFault('file-missing');
  const code = codeOf(error);
  return code === 'ENOENT' ? ownFault('file-missing') : cannotRead(code);
}

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'ERROR';
}
