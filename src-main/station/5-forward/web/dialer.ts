// Connections to one DICOMweb service, plain or over TLS as for a DICOM destination.
//
// Guarantees: nothing is said before the certificate of the other side was judged; ends within its time, with a socket or
// a code; never throws but for its signal.
import net from 'node:net';
import { readBaseUrl, type BaseUrl } from '#contract/shapes/web.ts';
import { makeSecure, secureCalling, type SecureCalling } from '#station/dicom/network/index.ts';
import { bug } from '#station/kit/problem.ts';
import { ownCertificateUnusable } from '../classification.ts';

export type Dialled = { readonly socket: net.Socket } | { readonly code: string };

export type Dialer = BaseUrl & {
  /** As it stands in the request. */
  readonly hostHeader: string;
  dial(): Promise<Dialled>;
};

const connectMs = 10_000;

/** @param calling how it is called over TLS; undefined for those whom the runtime trusts and no certificate of ours. */
export function dialerOf(baseUrl: string, calling: () => SecureCalling | 'unusable' | undefined): Dialer {
  const base = readBaseUrl(baseUrl);
  if (base === undefined) throw bug('not a base URL');
  const { host, port, secure } = base;
  const name = net.isIPv6(host) ? `[${host}]` : host;
  let trusting: SecureCalling | undefined;
  return {
    ...base,
    hostHeader: port === (secure ? 443 : 80) ? name : `${name}:${port}`,
    async dial() {
      const terms = secure ? calling() : undefined;
      if (terms === 'unusable') return { code: ownCertificateUnusable };
      const dialled = await connect(host, port);
      if (!secure || 'code' in dialled) return dialled;
      trusting ??= secureCalling({ verifyHost: true, minimum: 'TLSv1.2' });
      const secured = await makeSecure(dialled.socket, { host, calling: terms ?? trusting, withinMs: connectMs });
      return secured === 'cancelled' ? { code: 'ECONNABORTED' } : secured;
    },
  };
}

function connect(host: string, port: number): Promise<Dialled> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, noDelay: true, keepAlive: true });
    const settle = (dialled: Dialled) => {
      clearTimeout(timer);
      socket.off('error', onError);
      // A late error of a socket that is given up must find a listener.
      if ('code' in dialled) socket.on('error', () => {}).destroy();
      resolve(dialled);
    };
    const onError = (error: NodeJS.ErrnoException) => settle({ code: error.code ?? 'ECONNREFUSED' });
    const timer = setTimeout(() => settle({ code: 'ETIMEDOUT' }), connectMs);
    socket.once('error', onError);
    socket.once('connect', () => settle({ socket }));
  });
}
