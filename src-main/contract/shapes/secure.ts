// What a person sets and sees of DICOM over TLS: the port of its own, certificates, fingerprints, who was refused.
import { z } from 'zod';

/** SHA-256 of a certificate as people read it out: 64 hexadecimal digits in either case, with or without colons. */
export const fingerprintShape = z
  .string()
  .regex(/^[0-9A-Fa-f]{2}(?::?[0-9A-Fa-f]{2}){31}$/, 'a SHA-256 fingerprint: 64 hexadecimal digits, colons or not');

/** A file on the station's machine: absolute, or below the home folder of the station. */
export const filePathShape = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^[^\u0000-\u001f]+$/, 'the path of a file');

const tlsVersionShape = z.enum(['TLSv1.2', 'TLSv1.3']);

/** The DICOM listener for TLS, beside the plain one. Absent or not `enabled`: there is none. */
export const stationTlsShape = z.strictObject({
  enabled: z.boolean().default(true),
  /** 0 takes any free one at each start. 2762 is the one registered for DICOM over TLS (PS3.8 9.1.1). */
  port: z.int().min(0).max(65_535).default(2762),
  /** PEM, the certificate of this station first and those above it behind; or one certificate as DER. */
  certificateFile: filePathShape,
  /** PEM. Its passphrase, if it has one, is the first line of `passphraseFile`, else of SAFELIGHT_TLS_PASSPHRASE. */
  keyFile: filePathShape,
  passphraseFile: filePathShape.optional(),
  /** PEM, any number of certificates in each, or one as DER: who vouches for devices, or a device's own certificate. */
  trustedCertificatesFiles: z.array(filePathShape).max(32).default([]),
  clientCertificates: z.enum(['required', 'optional', 'none']).default('required'),
  minimum: tlsVersionShape.default('TLSv1.2'),
});
export type StationTls = z.infer<typeof stationTlsShape>;

/** How a destination is called over TLS. Absent: it is called plainly. */
export const destinationTlsShape = z.strictObject({
  /** Who vouches for it. Absent: those whom the runtime trusts, unless a fingerprint alone says who it is. */
  trustedCertificatesFile: filePathShape.optional(),
  /** What we show it. Absent: the certificate of the station, if it has one. */
  certificateFile: filePathShape.optional(),
  keyFile: filePathShape.optional(),
  passphraseFile: filePathShape.optional(),
  /** The name that its certificate must bear, when it is not the host. */
  servername: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[A-Za-z0-9._:-]+$/, 'a host name or an address')
    .optional(),
  verifyHost: z.boolean().default(true),
  /** The only certificate that it may show. Without `trustedCertificatesFile` nobody else need vouch for it. */
  certificateSha256: fingerprintShape.optional(),
  minimum: tlsVersionShape.default('TLSv1.2'),
});
export type DestinationTls = z.infer<typeof destinationTlsShape>;

/** A certificate as it is shown. `sha256` is lower case, without colons. */
export const certificateShape = z.strictObject({
  subject: z.string(),
  sha256: z.string(),
  validFrom: z.string(),
  validTo: z.string(),
});
export type Certificate = z.infer<typeof certificateShape>;

/** Why a connection over TLS came to nothing; words are in text/. */
export const refusalReasons = [
  'not-tls',
  'version',
  'cipher',
  'no-certificate',
  'certificate-expired',
  'certificate-not-yet-valid',
  'certificate-self-signed',
  'certificate-unknown-issuer',
  'certificate-not-valid',
  'certificate-refused-by-peer',
  'too-slow',
  'broken-off',
  'failed',
] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export const refusalShape = z.strictObject({
  at: z.string(),
  address: z.string(),
  reason: z.enum(refusalReasons),
  certificateSha256: z.string().optional(),
  certificateSubject: z.string().optional(),
});
export type Refusal = z.infer<typeof refusalShape>;
