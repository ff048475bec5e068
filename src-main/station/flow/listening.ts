// The DICOM listener as the settings want it: opened, opened anew when its address changes, and tried again while
// its port is taken. That it is down is a state to be shown, never the end of the station.
import type { Settings, StationSetting } from '#contract/shapes/settings.ts';
import { openListener, type BeginIncoming, type ListenerEvent, type ListenerPorts } from '#station/1-receive/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import type { SeenDevice } from './new-devices.ts';
import type { ListenerTruth } from './station-status.ts';

const tryAgainMs = 5_000;

export type Listening = {
  /** Takes over AE title, devices and address. */
  apply(settings: Settings): Promise<void>;
  truth(): ListenerTruth;
  close(): Promise<void>;
};

export type ListeningParts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly beginIncoming: BeginIncoming;
  readonly onCommitmentReport: NonNullable<ListenerPorts['onCommitmentReport']>;
  readonly onNewDevice: (device: SeenDevice) => void;
  /** A device that is ignored or blocked called. */
  readonly onKeptOut: (device: SeenDevice) => void;
  /** The listener opened or went down, or an association came or went. */
  readonly onChanged: () => void;
};

export function openListening(parts: ListeningParts): Listening {
  let current: Settings | undefined;
  let listener: Awaited<ReturnType<typeof openListener>> | undefined;
  let address = '';
  let closed = false;
  let takeBackRetry = () => {};

  const settings = () => {
    if (!current) throw new Error('the listener has no settings yet');
    return current;
  };
  const ports: ListenerPorts = {
    clock: parts.clock,
    rules: () => {
      const { station, devices, destinations } = settings();
      const { aeTitle, allowLoopback } = station;
      return { aeTitle, allowLoopback, devices, reporters: destinations };
    },
    beginIncoming: parts.beginIncoming,
    onCommitmentReport: parts.onCommitmentReport,
    onEvent: (event) => {
      if (event.kind === 'new-device') parts.onNewDevice({ aeTitle: event.aeTitle, address: event.address });
      else if (event.kind === 'device-kept-out') parts.onKeptOut({ aeTitle: event.aeTitle, address: event.address });
      else if (event.kind === 'association-opened' || event.kind === 'association-closed') parts.onChanged();
      logEvent(parts.log, event);
    },
  };

  const open = async () => {
    takeBackRetry();
    const { dicomHost, dicomPort } = settings().station;
    try {
      listener = await openListener({ host: dicomHost, port: dicomPort }, ports);
      parts.log.info('listening', { address: dicomHost, port: listener.port });
    } catch (error) {
      parts.log.warn('listener-down', { port: dicomPort, reason: isProblem(error) ? error.code : 'unknown' });
      takeBackRetry = parts.clock.after(tryAgainMs, () => {
        if (!closed) void open().then(parts.onChanged);
      });
    }
  };

  return {
    apply: async (next) => {
      current = next;
      const wanted = addressOf(next.station);
      if (wanted === address) return;
      address = wanted;
      await listener?.close();
      listener = undefined;
      await open();
      parts.onChanged();
    },
    truth: () => ({
      state: listener ? 'listening' : 'down',
      host: current?.station.dicomHost ?? '',
      port: listener?.port ?? current?.station.dicomPort ?? 0,
      associations: listener?.associations ?? 0,
    }),
    close: async () => {
      closed = true;
      takeBackRetry();
      await listener?.close();
      listener = undefined;
    },
  };
}

const addressOf = ({ dicomHost, dicomPort }: StationSetting) => `${dicomHost}:${dicomPort}`;

function logEvent(log: Log, event: ListenerEvent): void {
  if (event.kind === 'rule-failed') return log.error('listener-rule-failed', {}, event.error);
  if (event.kind === 'connection-dropped') {
    return log.warn('connection-dropped', { address: event.address, reason: event.why });
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
