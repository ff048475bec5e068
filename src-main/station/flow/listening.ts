// The DICOM listeners as the settings want them: the plain port, and the one with TLS beside it. Neither waits for the other.
import type { Certificate } from '#contract/shapes/secure.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import type { StationStatus } from '#contract/shapes/station.ts';
import type { BeginIncoming, ListenerEvent, ListenerPorts, Vouching } from '#station/1-receive/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { Certificates } from './certificates.ts';
import { openListeningPort } from './listening-port.ts';
import type { SeenDevice } from './new-devices.ts';
import { Refusals, securePortWish, secureTruth } from './secure-listening.ts';
import type { ListenerTruth } from './station-status.ts';

export type Listening = {
  /** Takes over AE title, devices, addresses and certificates. */
  apply(settings: Settings): Promise<void>;
  /** Certificates were read anew. */
  renew(): Promise<void>;
  truth(): ListenerTruth;
  secure(): StationStatus['secure'];
  close(): Promise<void>;
};

export type ListeningParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly certificates: Certificates;
  readonly beginIncoming: BeginIncoming;
  readonly onCommitmentReport: NonNullable<ListenerPorts['onCommitmentReport']>;
  /** Devices ask whether we hold what they sent. */
  readonly vouching?: Pick<Vouching, 'ask' | 'isOffered'>;
  readonly onNewDevice: (device: SeenDevice) => void;
  /** A device that is ignored or blocked called. */
  readonly onKeptOut: (device: SeenDevice) => void;
  /** A listener opened or went down, or an association came or went. */
  readonly onChanged: () => void;
};

export function openListening(parts: ListeningParts): Listening {
  const { clock, log, certificates, onChanged } = parts;
  const refusals = new Refusals(clock);
  let current: Settings | undefined;

  const settings = () => {
    if (!current) throw new Error('the listener has no settings yet');
    return current;
  };
  const ports: ListenerPorts = {
    clock,
    rules: () => {
      const { station, devices, destinations } = settings();
      const { aeTitle, allowLoopback } = station;
      // Where we call over TLS, a report that comes without it could be anybody's: unless we have no port for it.
      const overTls = certificates.terms() !== undefined;
      const reporters = destinations
        .filter(({ protocol }) => protocol !== 'dicomweb')
        .map(({ aeTitle: title, host, tls }) => ({
          aeTitle: title,
          host,
          overTlsOnly: overTls && tls !== undefined,
        }));
      return { aeTitle, allowLoopback, devices, reporters };
    },
    beginIncoming: parts.beginIncoming,
    onCommitmentReport: parts.onCommitmentReport,
    ...(parts.vouching ? { answerCommitment: parts.vouching.ask, offersCommitment: parts.vouching.isOffered } : {}),
    onEvent: (event) => {
      if (event.kind === 'new-device') parts.onNewDevice(deviceOf(event));
      else if (event.kind === 'device-kept-out') parts.onKeptOut({ aeTitle: event.aeTitle, address: event.address });
      else if (event.kind === 'association-opened' || event.kind === 'association-closed') onChanged();
      else if (event.kind === 'handshake-refused') {
        refusals.add(event);
        onChanged();
      }
      if (event.kind === 'association-opened' && event.association.certificate) {
        const { callingAeTitle, address, certificate } = event.association;
        certificates.seen(`device ${callingAeTitle} ${address}`, certificate);
      }
      logEvent(log, event);
    },
  };
  const plain = openListeningPort({ clock, log, ports, onChanged });
  const secure = openListeningPort({ clock, log, ports, onChanged });

  return {
    apply: async (next) => {
      current = next;
      const { dicomHost: host, dicomPort: port } = next.station;
      await Promise.all([plain.apply({ host, port }), secure.apply(securePortWish(next, certificates))]);
    },
    renew: async () => {
      if (current) await secure.apply(securePortWish(current, certificates));
    },
    truth: () => {
      const { listening, port, associations } = plain.truth();
      return {
        state: listening ? 'listening' : 'down',
        host: current?.station.dicomHost ?? '',
        port,
        associations: associations + secure.truth().associations,
      };
    },
    secure: () => secureTruth(current, secure, certificates, refusals),
    close: async () => {
      await Promise.all([plain.close(), secure.close()]);
    },
  };
}

const deviceOf = ({
  aeTitle,
  address,
  certificate,
}: SeenDevice & { readonly certificate?: Certificate }): SeenDevice => ({
  aeTitle,
  address,
  ...(certificate ? { certificate } : {}),
});

function logEvent(log: Log, event: ListenerEvent): void {
  // What the disk has no room for is sent again and again: one short line each, on a disk that has no room.
  if (event.kind === 'rule-failed' && isProblem(event.error, 'no-room'))
    return log.warn('object-refused', { code: event.error.code });
  if (event.kind === 'rule-failed') return log.error('listener-rule-failed', {}, event.error);
  if (event.kind === 'connection-dropped') {
    return log.warn('connection-dropped', { address: event.address, reason: event.why, count: event.count });
  }
  if (event.kind === 'handshake-refused') {
    return log.warn('handshake-refused', { address: event.address, code: event.code, reason: event.reason });
  }
  if (event.kind === 'new-device' || event.kind === 'device-kept-out' || event.kind === 'wrong-called-ae') {
    return log.warn(event.kind, { aeTitle: event.aeTitle, address: event.address });
  }
  const { id: associationId, callingAeTitle: aeTitle, address } = event.association;
  if (event.kind === 'association-opened') return log.info(event.kind, { associationId, aeTitle, address });
  if (event.kind === 'association-rejected') {
    const reason = `${event.result}/${event.source}/${event.reason}`;
    return log.warn(event.kind, { associationId, aeTitle, address, reason });
  }
  const reason = event.why === undefined ? event.how : `${event.how}: ${event.why}`;
  log.info(event.kind, { associationId, count: event.objects, sizeBytes: event.sizeBytes, reason });
}
