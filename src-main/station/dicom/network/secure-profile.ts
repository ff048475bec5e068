// What we agree to over TLS, as server and as client: BCP 195 with RFC 8996 and RFC 9325 (PS3.15 B.12), which is what
// the older non-downgrading profile (B.10) asks for as well.
//
// Guarantees: TLS 1.2 or 1.3, forward secrecy, authenticated encryption; no renegotiation, no compression, and no
// session is resumed, so that each connection is judged by the certificates and the settings of its own moment.
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';

export type TlsMinimum = 'TLSv1.2' | 'TLSv1.3';

/** In order of preference; names without `TLS_` are those of TLS 1.2. */
export const cipherSuites: readonly string[] = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
];

/** Options of every context that we make. */
export function profileOptions(minimum: TlsMinimum): SecureContextOptions {
  return {
    minVersion: minimum,
    maxVersion: 'TLSv1.3',
    ciphers: cipherSuites.join(':'),
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
  };
}
