// A connection that we opened becomes one over TLS, and the peer is who it should be.
//
// Guarantees: nothing but the handshake is sent before the peer's certificate was judged; ends within its time, with a
// socket or a code; a socket that is not handed on is closed.
import { createHash, X509Certificate } from 'node:crypto';
import net, { type Socket } from 'node:net';
import { checkServerIdentity, connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import type { Certificate } from '#contract/shapes/secure.ts';
import { certificateFacts, plainFingerprint } from './secure-certificate.ts';
import type { OwnCertificate, TrustedCertificates } from './secure-files.ts';
import { profileOptions, type TlsMinimum } from './secure-profile.ts';

export type CallingTerms = {
  /** What we show when we are asked. */
  readonly own?: OwnCertificate;
  /** Who vouches for the peer. Absent: those whom the runtime trusts, or nobody when the fingerprint decides alone. */
  readonly trusted?: TrustedCertificates;
  /** The name that the peer's certificate must bear, when it is not the host that is called. */
  readonly servername?: string;
  readonly verifyHost: boolean;
  /** The only certificate that the peer may show. */
  readonly certificateSha256?: string;
  readonly minimum: TlsMinimum;
  /** Told of the certificate of a peer that was accepted. */
  onPeerCertificate?(certificate: Certificate, version: string): void;
};

/** Made once for many connections. */
export type SecureCalling = CallingTerms & { readonly context: SecureContext };

/** @throws what the library throws; files that were read by secure-files make a context without complaint. */
export function secureCalling(terms: CallingTerms): SecureCalling {
  const context = createSecureContext({
    ...profileOptions(terms.minimum),
    ...(terms.own ? { cert: terms.own.chainPem, key: terms.own.keyPem } : {}),
    ...(terms.trusted ? { ca: [...terms.trusted.pem] } : {}),
  });
  return { ...terms, context };
}

export type SecuredOrCode = { readonly socket: TLSSocket } | { readonly code: string };

/** How long a peer that gives no ticket has to say that it does not take our certificate. */
const peerJudgesMs = 150;

/** Does the handshake on a connected socket. `code` is the library's, or CERT_PINNED_OTHER for another fingerprint. */
export function makeSecure(
  bare: Socket,
  { host, calling, withinMs, signal }: SecuringOptions,
): Promise<SecuredOrCode | 'cancelled'> {
  return new Promise((resolve) => {
    const { certificateSha256, trusted, verifyHost } = calling;
    const name = calling.servername ?? host;
    // A fingerprint and nobody to vouch: the fingerprint alone says who it is.
    const fingerprintDecides = certificateSha256 !== undefined && trusted === undefined;
    const socket = connect({
      socket: bare,
      host: name,
      ...(net.isIP(name) === 0 ? { servername: name } : {}),
      secureContext: calling.context,
      rejectUnauthorized: !fingerprintDecides,
      checkServerIdentity: (_hostname, peer) => (verifyHost ? checkServerIdentity(name, peer) : undefined),
    });
    let isSettled = false;
    const settle = (settled: SecuredOrCode | 'cancelled') => {
      isSettled = true;
      clearTimeout(timer);
      socket.removeAllListeners('session');
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      socket.off('close', onClose);
      if (typeof settled === 'string' || 'code' in settled) {
        // A late error of a socket that is given up must find a listener.
        socket.on('error', () => {});
        socket.destroy();
      }
      resolve(settled);
    };
    const onError = (error: NodeJS.ErrnoException) => settle({ code: error.code ?? 'ERR_SSL_FAILED' });
    const onClose = () => settle({ code: 'ECONNRESET' });
    const onAbort = () => settle('cancelled');
    let timer = setTimeout(() => settle({ code: 'ETIMEDOUT' }), withinMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once('secureConnect', () => {
      const peer = socket.getPeerX509Certificate();
      const code = judge(peer, certificateSha256);
      if (code !== undefined || peer === undefined) return settle({ code: code ?? 'CERT_MISSING' });
      const done = () => {
        if (isSettled) return;
        calling.onPeerCertificate?.(certificateFacts(peer), socket.getProtocol() ?? '');
        settle({ socket });
      };
      // With TLS 1.3 the peer judges us when we are done already. Its ticket says that it is content; what it says against
      // us would be lost to a reset if we went on talking.
      if (socket.getProtocol() !== 'TLSv1.3') return done();
      clearTimeout(timer);
      timer = setTimeout(done, peerJudgesMs);
      // Not from within: the library is reading when it says so.
      socket.once('session', () => setImmediate(done));
    });
    if (signal?.aborted) onAbort();
  });
}

export type SecuringOptions = {
  readonly host: string;
  readonly calling: SecureCalling;
  readonly withinMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** What the chain does not say: the fingerprint, and with a fingerprint alone the dates as well. */
function judge(peer: X509Certificate | undefined, wanted: string | undefined): string | undefined {
  if (peer === undefined || wanted === undefined) return undefined;
  if (createHash('sha256').update(peer.raw).digest('hex') !== plainFingerprint(wanted)) return 'CERT_PINNED_OTHER';
  const now = Date.now();
  if (now > peer.validToDate.getTime()) return 'CERT_HAS_EXPIRED';
  return now < peer.validFromDate.getTime() ? 'CERT_NOT_YET_VALID' : undefined;
}
