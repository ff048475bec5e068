// Forwarding to a DICOMweb service on this machine, with the real clock and short waits.
import type { DeliveryRow } from '#contract/shapes/delivery.ts';
import type { WebSetting } from '#contract/shapes/web.ts';
import { openForward, type Forward, type ForwardOptions, type ForwardPorts } from '#station/5-forward/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog, type Fields } from '#station/kit/log.ts';
import { until } from '../../../support/until.ts';
import { settingsWith, Shelf, type SampleDestination } from '../approved-exam.ts';
import { startWebPeer, type WebPeer } from './web-peer.ts';

export type WebStation = {
  readonly shelf: Shelf;
  readonly peer: WebPeer;
  readonly forward: Forward;
  /** Every line of its log. */
  readonly said: string[];
  rows(): DeliveryRow[];
  states(): string[];
  attempts(): { readonly outcome: string; readonly answer: string | null }[];
  approve(exam: ReturnType<Shelf['exam']>): void;
  /** Looks until it is so. */
  until(isSo: (rows: readonly DeliveryRow[]) => boolean): Promise<void>;
  close(): Promise<void>;
};

export const quickly: Partial<ForwardOptions> = {
  retry: { firstMs: 40, mostMs: 200 },
  probeMs: 60,
  refusingProbeMs: 80,
  gatherMs: 20,
};

type WebTimeouts = NonNullable<ForwardPorts['webTimeouts']>;

/** Only what a service need not say is not waited for long: whether it wants the body. */
const patience: WebTimeouts = { stalledMs: 30_000, answerMs: 30_000, readMs: 30_000, continueMs: 100 };

export type WebStationOptions = {
  readonly peer?: WebPeer;
  readonly web?: Partial<Omit<WebSetting, 'baseUrl'>>;
  readonly destination?: Partial<SampleDestination>;
  readonly ports?: Partial<ForwardPorts>;
  /** Shorter where a service is to be given up; else a slow machine would be taken for a slow service. */
  readonly timeouts?: Partial<WebTimeouts>;
  readonly options?: Partial<ForwardOptions>;
};

export async function openWebStation(given: WebStationOptions = {}): Promise<WebStation> {
  const shelf = new Shelf();
  const peer = given.peer ?? (await startWebPeer());
  const said: string[] = [];
  const say = (event: string, fields?: Fields, cause?: unknown) =>
    void said.push(`${event} ${JSON.stringify(fields)} ${cause instanceof Error ? cause.stack : ''}`);
  const forward = openForward({
    book: shelf.book,
    clock: systemClock,
    log: { ...silentLog, info: say, warn: say, error: say },
    ports: {
      openRevision: shelf.openRevision,
      webTimeouts: { ...patience, ...given.timeouts },
      ...given.ports,
    },
    options: { ...quickly, ...given.options },
  });
  const rows = () => forward.deliveries({ limit: 10_000, offset: 0 }).deliveries.toReversed();
  const web = { baseUrl: peer.baseUrl, auth: { kind: 'none' }, ...given.web } as WebSetting;
  await forward.applySettings(
    settingsWith({ id: 'archive', confirm: 'query', protocol: 'dicomweb', web, ...given.destination }),
  );
  return {
    shelf,
    peer,
    forward,
    said,
    rows,
    states: () => rows().map((row) => row.state),
    attempts: () =>
      shelf.book
        .sql<{ outcome: string; answer: string | null }>('SELECT outcome, answer FROM attempt ORDER BY rowid')
        .all(),
    approve: (exam) => shelf.book.transaction(() => void forward.enqueue(exam.id, exam.revisions)),
    async until(isSo) {
      let seen: readonly DeliveryRow[] = [];
      const look = () => {
        seen = rows();
        const stand = seen.slice(0, 30).map((row) => `${row.state} ${row.lastAnswer?.key} ${row.attempts}`);
        return { stand, said: said.slice(-20) };
      };
      await until('the deliveries', look, () => isSo(seen));
    },
    async close() {
      await forward.close(300);
      await peer.close();
      const errors = said.filter((line) => line.startsWith('courier-failed') || line.startsWith('confirmation-failed'));
      if (errors.length > 0) throw new Error(errors.join('\n'));
    },
  };
}

export const allIn = (state: string) => (rows: readonly DeliveryRow[]) =>
  rows.length > 0 && rows.every((row) => row.state === state);
