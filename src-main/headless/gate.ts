// Who may speak to the headless station over HTTP: only this machine's own pages and scripts that know the token.
//
// Checked on every request and on every WebSocket upgrade: exact Host (DNS rebinding), exact Origin and Sec-Fetch-Site
// (other sites in the same browser), then the token as bearer or the session cookie that it was exchanged for.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export type Entry = 'welcome' | 'wrong-host' | 'wrong-origin' | 'unknown';

export class Gate {
  /** Printed once at the start; whoever has it may do everything. */
  readonly token = randomBytes(24).toString('base64url');
  readonly #session = randomBytes(24).toString('base64url');
  readonly #cookieName: string;
  readonly #hosts: ReadonlySet<string>;

  readonly #metricsToken: string | undefined;

  /** @param metricsToken may read the figures and nothing else */
  constructor(port: number, metricsToken?: string) {
    this.#metricsToken = metricsToken;
    this.#cookieName = `safelight-${port}`;
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`]);
  }

  /** A page may be loaded by anybody on this machine; it holds nothing. */
  admitPage(request: IncomingMessage): Entry {
    return this.#hosts.has(request.headers.host ?? '') ? 'welcome' : 'wrong-host';
  }

  /** Everything below /api. */
  admit(request: IncomingMessage): Entry {
    const { host, origin, authorization, cookie } = request.headers;
    if (!this.#hosts.has(host ?? '')) return 'wrong-host';
    if (origin !== undefined && origin !== `http://${host}`) return 'wrong-origin';
    const site = request.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return 'wrong-origin';
    if (authorization?.startsWith('Bearer ') === true) {
      return this.knows(authorization.slice(7)) ? 'welcome' : 'unknown';
    }
    return equal(readCookie(cookie ?? '', this.#cookieName), this.#session) ? 'welcome' : 'unknown';
  }

  /** The figures: whoever may do everything, and whoever has their own token. */
  admitMetrics(request: IncomingMessage): Entry {
    const entry = this.admit(request);
    if (entry !== 'unknown' || this.#metricsToken === undefined) return entry;
    const { authorization } = request.headers;
    if (authorization?.startsWith('Bearer ') !== true) return 'unknown';
    return equal(authorization.slice(7), this.#metricsToken) ? 'welcome' : 'unknown';
  }

  knows(token: string): boolean {
    return equal(token, this.token);
  }

  /** The header that turns a token into a session of this browser. */
  sessionCookie(): string {
    return `${this.#cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }
}

function equal(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function readCookie(header: string, name: string): string {
  for (const part of header.split(';')) {
    const at = part.indexOf('=');
    if (part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return '';
}
