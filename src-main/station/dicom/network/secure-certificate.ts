// Certificates as they are shown, compared and warned about. Everything in one that a peer shows is hostile text.
import { createHash, type X509Certificate } from 'node:crypto';
import type { Certificate } from '#contract/shapes/secure.ts';

const longestSubject = 200;

/** The facts of a certificate; the subject in one line, without control characters, cut at 200. */
export function certificateFacts(certificate: X509Certificate): Certificate {
  return {
    // A subject may be empty; then the names it stands for say more.
    subject: oneLine(certificate.subject || certificate.subjectAltName || ''),
    sha256: createHash('sha256').update(certificate.raw).digest('hex'),
    validFrom: certificate.validFromDate.toISOString(),
    validTo: certificate.validToDate.toISOString(),
  };
}

/** A fingerprint in the one form in which they are compared: lower case, without colons. */
export const plainFingerprint = (fingerprint: string): string => fingerprint.replaceAll(':', '').toLowerCase();

function oneLine(text: string): string {
  const line = text
    .replace(/\s*\n\s*/g, ', ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, '')
    .trim();
  return line.length > longestSubject ? `${line.slice(0, longestSubject)}…` : line;
}
