// Why a connection over TLS came to nothing: the codes of the library become the few reasons that people can act on.
import type { RefusalReason } from '#contract/shapes/secure.ts';

const byCode: Readonly<Record<string, RefusalReason>> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-not-yet-valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-unknown-issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-unknown-issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-unknown-issuer',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'no-certificate',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'version',
  ERR_SSL_VERSION_TOO_LOW: 'version',
  ERR_SSL_INAPPROPRIATE_FALLBACK: 'version',
  ERR_SSL_NO_SHARED_CIPHER: 'cipher',
  ERR_SSL_NO_SHARED_GROUP: 'cipher',
  ERR_SSL_NO_SHARED_GROUPS: 'cipher',
  ERR_SSL_NO_SUITABLE_KEY_SHARE: 'cipher',
  ERR_SSL_NO_SUITABLE_GROUPS: 'cipher',
  ERR_SSL_NO_SUITABLE_SIGNATURE_ALGORITHM: 'cipher',
  ERR_SSL_NO_SHARED_SIGNATURE_ALGORITHMS: 'cipher',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not-tls',
  ERR_SSL_HTTP_REQUEST: 'not-tls',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'not-tls',
  ERR_SSL_UNKNOWN_PROTOCOL: 'not-tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not-tls',
  ERR_SSL_RECORD_LAYER_FAILURE: 'not-tls',
  ERR_SSL_UNEXPECTED_MESSAGE: 'not-tls',
  ERR_SSL_BAD_RECORD_TYPE: 'not-tls',
  ECONNRESET: 'broken-off',
  EPIPE: 'broken-off',
  EOF: 'broken-off',
  ERR_SSL_UNEXPECTED_EOF_WHILE_READING: 'broken-off',
  ETIMEDOUT: 'too-slow',
};

/** What a peer's alert says about our certificate (RFC 8446 6.2). */
export const certificateAlert =
  /^ERR_SSL_(SSLV3|TLSV1|TLSV13)_ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|ACCESS_DENIED)/;

/** The reason behind a code of the library, and `failed` for those that nobody foresaw. */
export function refusalReasonOf(code: string): RefusalReason {
  const known = byCode[code];
  if (known !== undefined) return known;
  if (certificateAlert.test(code)) return 'certificate-refused-by-peer';
  if (/PROTOCOL_VERSION/.test(code)) return 'version';
  if (/HANDSHAKE_FAILURE/.test(code)) return 'cipher';
  return code.startsWith('ERR_SSL') || code === 'ERROR' ? 'failed' : 'certificate-not-valid';
}
