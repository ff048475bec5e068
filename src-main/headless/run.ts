// Opens a station and the HTTP porch in front of it, in this order, and closes them the other way round.
import { openStation, type Station, type StationOptions } from '#station/station.ts';
import { ClosingStack } from '#station/kit/closing.ts';
import { openHttpServer } from './server.ts';

export type Ready = {
  readonly ready: true;
  readonly aeTitle: string;
  readonly dicomPort: number;
  readonly url: string;
  readonly token: string;
};

export type RunningStation = { readonly ready: Ready; readonly station: Station; close(): Promise<void> };

export async function runHeadless(
  options: StationOptions & { readonly httpPort: number; readonly pagesFolder: string },
): Promise<RunningStation> {
  const opened = new ClosingStack();
  try {
    const station = opened.add(await openStation(options));
    const http = opened.add(
      await openHttpServer(station, { port: options.httpPort, pagesFolder: options.pagesFolder }),
    );
    const { aeTitle, dicomPort } = station.listening();
    return {
      station,
      ready: { ready: true, aeTitle, dicomPort, url: http.url, token: http.token },
      close: () => opened.close(),
    };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
