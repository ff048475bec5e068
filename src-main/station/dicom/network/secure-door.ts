// The door of a listener that speaks TLS: what comes in is a bare connection, what goes on is one whose handshake is done
// and whose certificate was judged.
//
// Guarantees: a handshake ends within the time that its owner gives it, and whatever ends it otherwise is told with its
// reason and nothing of what was sent; a certificate that does not stand is never let in. New terms count from the next
// connection on.
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { Certificate, RefusalReason } from '#contract/shapes/secure.ts';
import { certificateFacts } from './secure-certificate.ts';
import type { OwnCertificate, TrustedCertificates } from './secure-files.ts';
import { profileOptions, type TlsMinimum } from './secure-profile.ts';
import { refusalReasonOf } from './secure-reasons.ts';

export type SecureTerms = {
  readonly own: OwnCertificate;
  readonly trusted: TrustedCertificates;
  /** `optional`: who shows one must show a good one. */
  readonly clientCertificates: 'required' | 'optional' | 'none';
  readonly minimum: TlsMinimum;
};

/** A connection that came to nothing before it was DICOM. */
export type HandshakeRefusal = {
  readonly address: string;
  readonly reason: RefusalReason;
  /** The library's code, for the log. */
  readonly code: string;
  readonly certificate?: Certificate;
};

export type DoorEvents = {
  entered(socket: TLSSocket): void;
  refused(refusal: HandshakeRefusal): void;
  /** It is over, entered or not. */
  left(): void;
};

/** What a person sees of a connection over TLS. */
export type SecureFacts = { readonly secure?: true; readonly certificate?: Certificate };

/** What is known of the peer by its socket: nothing of a plain one. */
export function secureFactsOf(socket: Socket): SecureFacts {
  if (!('getPeerX509Certificate' in socket)) return {};
  const certificate = (socket as TLSSocket).getPeerX509Certificate();
  return { secure: true, ...(certificate ? { certificate: certificateFacts(certificate) } : {}) };
}

export class SecureDoor {
  readonly #underWay = new WeakMap<Socket, Handshake>();
  #server: Server;

  constructor(terms: SecureTerms) {
    this.#server = this.#serverFor(terms);
  }

  renew(terms: SecureTerms): void {
    this.#server = this.#serverFor(terms);
  }

  /** Takes over a bare connection that was just accepted. */
  open(bare: Socket, artimMs: number, events: DoorEvents): Handshake {
    const handshake = new Handshake(bare, events, artimMs);
    this.#underWay.set(bare, handshake);
    // It listens nowhere: it only does the handshakes it is given.
    this.#server.emit('connection', bare);
    return handshake;
  }

  #serverFor({ own, trusted, clientCertificates, minimum }: SecureTerms): Server {
    const server = createServer({
      ...profileOptions(minimum),
      cert: own.chainPem,
      key: own.keyPem,
      // An empty list trusts nobody; none at all would trust every authority of the web.
      ca: [...trusted.pem],
      requestCert: clientCertificates !== 'none',
      // Judged in `finished`: what the library refuses by itself it drops without a word about whose certificate it was.
      rejectUnauthorized: false,
      allowHalfOpen: true,
    });
    server.on('secureConnection', (socket: TLSSocket) => this.#find(socket)?.finished(socket, clientCertificates));
    server.on('tlsClientError', (error: NodeJS.ErrnoException, socket: TLSSocket) =>
      this.#find(socket)?.failed(error, socket),
    );
    return server;
  }

  /** The library does not say which connection a handshake was of, but each socket knows the one below it. */
  #find(socket: TLSSocket): Handshake | undefined {
    const { _parent: bare } = socket as unknown as { readonly _parent?: Socket | null };
    const found = bare ? this.#underWay.get(bare) : undefined;
    if (found === undefined) socket.destroy();
    return found;
  }
}

/** One handshake under way; stands among the silent connections until it is over. */
export class Handshake {
  readonly address: string;
  readonly #bare: Socket;
  readonly #events: DoorEvents;
  readonly #artimMs: number;
  readonly #beganAt = performance.now();
  #isOver = false;

  constructor(bare: Socket, events: DoorEvents, artimMs: number) {
    this.#bare = bare;
    this.#events = events;
    this.#artimMs = artimMs;
    this.address = (bare.remoteAddress ?? '').replace(/^::ffff:/, '');
    bare.once('close', () => this.#refuse('broken-off', 'EOF'));
    bare.on('error', () => {});
  }

  /** Called about once a second (ARTIM, PS3.8 9.1.5). */
  check(now: number): void {
    if (now - this.#beganAt >= this.#artimMs) this.#refuse('too-slow', 'ETIMEDOUT');
  }

  drop(why: string): void {
    this.#refuse('broken-off', why);
  }

  endSoon(): void {
    this.#refuse('broken-off', 'stopping');
  }

  finished(socket: TLSSocket, wanted: SecureTerms['clientCertificates']): void {
    if (this.#isOver) return void socket.destroy();
    const shown = wanted === 'none' ? undefined : socket.getPeerX509Certificate();
    const fault = shown === undefined || socket.authorized ? undefined : codeOf(socket.authorizationError);
    if (fault !== undefined) return this.#refuse(refusalReasonOf(fault), fault, socket);
    if (shown === undefined && wanted === 'required')
      return this.#refuse('no-certificate', 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE', socket);
    this.#isOver = true;
    this.#events.entered(socket);
    this.#events.left();
  }

  failed(error: NodeJS.ErrnoException, socket: TLSSocket): void {
    socket.on('error', () => {});
    const code = codeOf(error);
    this.#refuse(refusalReasonOf(code), code, socket);
  }

  #refuse(reason: RefusalReason, code: string, socket?: TLSSocket): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const shown = socket?.getPeerX509Certificate();
    const refusal: HandshakeRefusal = { address: this.address, reason, code };
    // An alert that was written goes out first; the peer has a moment to take it, and no more.
    socket?.destroySoon();
    this.#bare.destroySoon();
    setTimeout(() => this.#bare.destroy(), lastWordsMs);
    this.#events.left();
    this.#events.refused(shown ? { ...refusal, certificate: certificateFacts(shown) } : refusal);
  }
}

const lastWordsMs = 250;

const codeOf = (error: unknown): string =>
  typeof error === 'string' ? error : ((error as { readonly code?: string } | null | undefined)?.code ?? 'ERROR');
