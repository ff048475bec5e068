// One revision opened for its way out, its first piece read; or what it means that it cannot be.
import { isProblem } from '#station/kit/problem.ts';
import { DigestMismatch, primeSource, type PrimedSource } from './checked-source.ts';
import type { Claim } from './claim.ts';
import { cannotRead, ownFault, type Verdict } from './classification.ts';
import type { ForwardPorts } from './ports.ts';

export type OpenedRevision = PrimedSource & { readonly lengthBytes: number };

/** Never rejects. Whoever does not send it drops it. */
export async function openToSend(
  ports: Pick<ForwardPorts, 'openRevision'>,
  claim: Claim,
): Promise<OpenedRevision | Verdict> {
  try {
    const revision = await ports.openRevision(claim.revisionId);
    if (revision.dataSetSha256 !== claim.dataSetSha256) return ownFault('digest-mismatch');
    return { lengthBytes: revision.dataSetLength, ...(await primeSource(revision, claim.dataSetSha256)) };
  } catch (error) {
    return verdictOfReading(error);
  }
}

/** What it means that a revision cannot be read here. */
export function verdictOfReading(error: unknown): Verdict {
  if (error instanceof DigestMismatch || isProblem(error, 'digest-mismatch')) return ownFault('digest-mismatch');
  if (isProblem(error, 'object-file-missing')) return ownFault('file-missing');
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (code === 'ENOENT') return ownFault('file-missing');
  return cannotRead(typeof code === 'string' ? code : 'ERROR');
}
