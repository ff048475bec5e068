// Opens a station and the HTTP porch in front of it, in this order, and closes them the other way round.
import { systemClock } from '#station/kit/clock.ts';
import { openLog } from '#station/kit/log.ts';
import { openStation, type Station, type StationOptions } from '#station/station.ts';
import { readMetricsToken } from './metrics-token.ts';
import { openHttpServer } from './server.ts';

export type Ready = {
  readonly ready: true;
  readonly aeTitle: string;
  readonly dicomPort: number;
  readonly url: string;
  readonly token: string;
};

export type RunningStation = { readonly ready: Ready; readonly station: Station; close(): Promise<void> };

/** @throws what openStation throws, and the system's error when the HTTP port is taken; nothing stays open then. */
export async function runHeadless(
  options: StationOptions & {
    readonly httpPort: number;
    readonly pagesFolder: string;
    readonly metricsTokenFile?: string;
  },
): Promise<RunningStation> {
  const { metricsTokenFile } = options;
  const metricsToken = metricsTokenFile === undefined ? undefined : await readMetricsToken(metricsTokenFile);
  const log = options.log ?? openLog((line) => void process.stderr.write(`${line}\n`), systemClock.now);
  const station = await openStation({ ...options, log });
  try {
    const http = await openHttpServer(station, {
      log,
      port: options.httpPort,
      pagesFolder: options.pagesFolder,
      ...(metricsToken === undefined ? {} : { metricsToken }),
    });
    return {
      station,
      ready: { ready: true, ...station.listening(), url: http.url, token: http.token },
      close: async () => {
        await http.close();
        await station.close();
      },
    };
  } catch (error) {
    await station.close();
    throw error;
  }
}
