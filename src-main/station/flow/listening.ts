// The DICOM listener as the settings want it: opened, opened anew when its address changes, and tried again while
// its port is taken. That it is down is a state to be shown, never the end of the station.
import type { Settings, StationSetting } from '#contract/shapes/settings.ts';
import { openListener, type Listener, type ListenerRules } from '#station/1-receive/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
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
  /** Everything but the settings that the listener needs. */
  readonly rules: (settings: () => Settings) => ListenerRules;
  readonly onChanged: () => void;
};

export function openListening(parts: ListeningParts): Listening {
  let current: Settings | undefined;
  let listener: Listener | undefined;
  let address = '';
  let closed = false;
  let takeBackRetry = () => {};

  const settings = () => {
    if (!current) throw new Error('the listener has no settings yet');
    return current;
  };
  const rules = parts.rules(settings);

  const open = async () => {
    takeBackRetry();
    const { dicomHost, dicomPort } = settings().station;
    try {
      listener = await openListener({ host: dicomHost, port: dicomPort }, rules);
      parts.log.info('listening', { address: dicomHost, port: listener.port });
    } catch (error) {
      parts.log.warn('listener-down', { port: dicomPort, reason: (error as NodeJS.ErrnoException).code ?? 'unknown' });
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
