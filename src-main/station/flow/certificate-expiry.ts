// When people are told that a certificate runs out: 60, 30, 7 and 1 days before, and when it has. Pure.
import type { ProblemNote } from '#contract/problems.ts';
import type { Certificate } from '#contract/shapes/secure.ts';

/** Whose it is: that of this station, of somebody whom it trusts, or of a device or destination that showed it. */
export type WatchedCertificate = { readonly whose: 'own' | 'trusted' | 'peer'; readonly certificate: Certificate };

export type ExpiryNotice = {
  readonly note: ProblemNote;
  /** When this stage was reached, ISO. */
  readonly since: string;
  /** Days before the end at which it was reached; 0 when the end is past. */
  readonly stage: number;
  readonly sha256: string;
};

/** Days before the end, loudest first. */
export const expiryStages: readonly number[] = [1, 7, 30, 60];

const dayMs = 86_400_000;

/** The notice that stands at `nowMs`; undefined when there is more than 60 days, or the certificate cannot be dated. */
export function expiryNotice({ whose, certificate }: WatchedCertificate, nowMs: number): ExpiryNotice | undefined {
  const endMs = Date.parse(certificate.validTo);
  if (Number.isNaN(endMs)) return undefined;
  const leftMs = endMs - nowMs;
  const { subject, sha256 } = certificate;
  if (leftMs < 0) {
    const days = Math.floor(-leftMs / dayMs);
    const note = { code: 'certificate-expired', params: { whose, subject, days } } as const;
    return { note, since: certificate.validTo, stage: 0, sha256 };
  }
  const stage = expiryStages.find((days) => leftMs <= days * dayMs);
  if (stage === undefined) return undefined;
  // Days that are whole: on the last of them it says "less than a day".
  const days = Math.floor(leftMs / dayMs);
  const note = { code: 'certificate-expires', params: { whose, subject, days } } as const;
  return { note, since: new Date(endMs - stage * dayMs).toISOString(), stage, sha256 };
}

/** The notices of many, the most pressing first; one for each certificate. */
export function expiryNotices(watched: readonly WatchedCertificate[], nowMs: number): ExpiryNotice[] {
  const found = new Map<string, ExpiryNotice>();
  for (const one of watched) {
    const notice = expiryNotice(one, nowMs);
    if (notice && !found.has(notice.sha256)) found.set(notice.sha256, notice);
  }
  return [...found.values()].sort((first, second) => first.stage - second.stage);
}
