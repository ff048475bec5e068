// One port that the station listens on: opened, opened anew when its address changes, and tried again while it is taken.
// That it is down is a state to be shown, never the end of the station.
import { openListener, type ListenerPorts } from '#station/1-receive/index.ts';
import type { SecureTerms } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';

const tryAgainMs = 5_000;

export type PortWish = {
  readonly host: string;
  readonly port: number;
  /** With TLS. Other terms for the same address count from the next connection on; nothing is closed for them. */
  readonly secure?: SecureTerms;
};

export type ListeningPort = {
  /** `undefined`: listen nowhere. */
  apply(wish: PortWish | undefined): Promise<void>;
  truth(): { readonly listening: boolean; readonly port: number; readonly associations: number };
  close(): Promise<void>;
};

export type PortParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly ports: ListenerPorts;
  /** It opened or went down by itself. */
  readonly onChanged: () => void;
};

export function openListeningPort({ clock, log, ports, onChanged }: PortParts): ListeningPort {
  let wanted: PortWish | undefined;
  let listener: Awaited<ReturnType<typeof openListener>> | undefined;
  let isClosed = false;
  let takeBackRetry = () => {};

  const open = async (wish: PortWish) => {
    const code = wish.secure ? 'tls' : 'plain';
    try {
      const opened = await openListener(wish, ports);
      // Settings may have changed while it opened.
      if (isClosed || wanted !== wish) return opened.close();
      listener = opened;
      log.info('listening', { address: wish.host, port: listener.port, code });
    } catch (error) {
      log.warn('listener-down', { port: wish.port, code, reason: isProblem(error) ? error.code : 'unknown' });
      takeBackRetry = clock.after(tryAgainMs, () => {
        if (!isClosed && wanted === wish) void open(wish).then(onChanged);
      });
    }
  };

  const apply = async (wish: PortWish | undefined) => {
    const before = wanted;
    wanted = wish;
    const stays = listener !== undefined && isSameAddress(before, wish);
    if (stays && wish?.secure) listener?.renew(wish.secure);
    if (stays) return;
    takeBackRetry();
    const left = listener;
    listener = undefined;
    await left?.close();
    if (wish !== undefined && !isClosed) await open(wish);
    if (wish !== undefined || left !== undefined) onChanged();
  };

  let applying: Promise<void> = Promise.resolve();
  return {
    apply(wish) {
      // One after the other: two of them must not open the same port.
      // One that failed does not stand in the way of the next.
      applying = applying.catch(() => undefined).then(() => apply(wish));
      return applying;
    },
    truth: () => ({
      listening: listener !== undefined,
      port: listener?.port ?? wanted?.port ?? 0,
      associations: listener?.associations ?? 0,
    }),
    close: async () => {
      isClosed = true;
      takeBackRetry();
      await applying.catch(() => undefined);
      await listener?.close();
      listener = undefined;
    },
  };
}

const isSameAddress = (first: PortWish | undefined, second: PortWish | undefined): boolean =>
  first?.host === second?.host &&
  first?.port === second?.port &&
  (first?.secure === undefined) === (second?.secure === undefined);
