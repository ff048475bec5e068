// The station in figures, for machines that watch: what came in, what waits, what went, and how the process does.
//
// Nothing here says anything about a patient. Labels are bounded: destinations and devices of the settings, states, codes;
// what comes from a device that is not listed is counted together. Reads are cheap at any size of the queue.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Settings } from '#contract/shapes/settings.ts';
import type { StationStatus } from '#contract/shapes/station.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Book } from '#station/records/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { OutboxFigures } from '#station/5-forward/index.ts';
import { deviceAt } from './device-decisions.ts';
import { latencyBounds, type Latency } from './latency.ts';

type LoopDelay = ReturnType<typeof monitorEventLoopDelay>;

export type Labels = Readonly<Record<string, string>>;

export type Sample = {
  readonly labels: Labels;
  /** A state that does not hold, a bucket, a quantile: what the type of its family says. */
  readonly value: number;
  /** Behind the name of the family: '_total', '_bucket', ... */
  readonly suffix?: string;
};

/** As OpenMetrics 1.0 has it. */
export type MetricFamily = {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'info' | 'stateset' | 'summary';
  readonly unit?: 'bytes' | 'seconds';
  readonly help: string;
  readonly samples: readonly Sample[];
};

export type FigureParts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly catalog: Pick<Catalog, 'sourceFacts'>;
  readonly figures: OutboxFigures;
  readonly settings: () => Settings;
  readonly status: () => StationStatus;
  readonly commits: Latency;
};

export type Figures = { read(): MetricFamily[]; close(): void };

const stages = ['waiting', 'sent', 'confirmed', 'blocked', 'held', 'cancelled'] as const;
const outcomes = [
  ...(['sent', 'sent-with-warning', 'transient', 'object-refused', 'destination-refused', 'unknown'] as const),
];
const destinationStates = ['well', 'silent', 'refusing', 'paused'] as const;
const loopResolutionMs = 20;

/** Begins to watch the loop with the first read. The caller closes it. */
export function openFigures(parts: FigureParts): Figures {
  let loop: LoopDelay | undefined;
  return {
    read: () => {
      if (!loop) {
        loop = monitorEventLoopDelay({ resolution: loopResolutionMs });
        loop.enable();
      }
      const status = parts.status();
      return [
        ...ofStation(status),
        ...ofIntake(parts, status),
        ...ofOutbox(parts, status),
        ...ofDisk(status),
        ...ofTroubles(parts.book, status),
        ...ofProcess(loop, parts.clock),
      ];
    },
    close: () => loop?.disable(),
  };
}

const one = (value: number, labels: Labels = {}): readonly Sample[] => [{ labels, value }];
const total = (value: number, labels: Labels = {}): Sample => ({ labels, value, suffix: '_total' });
const epochSeconds = (iso: string): number => Date.parse(iso) / 1000;
const gauge = (name: string, help: string, samples: readonly Sample[], unit?: MetricFamily['unit']): MetricFamily => ({
  ...{ name, type: 'gauge', help, samples },
  ...(unit && { unit }),
});

function ofStation({ versions, startedAt, listener, aeTitle }: StationStatus): MetricFamily[] {
  const { safelight = '', node = '' } = versions;
  return [
    {
      ...{ name: 'safelight_build', type: 'info', help: 'What runs here.' },
      samples: [{ labels: { version: safelight, node }, value: 1, suffix: '_info' }],
    },
    gauge('safelight_start_timestamp_seconds', 'When the station started.', one(epochSeconds(startedAt)), 'seconds'),
    gauge(
      'safelight_listening',
      '1 while the DICOM listener takes calls.',
      one(listener.state === 'listening' ? 1 : 0, { ae_title: aeTitle }),
    ),
    gauge('safelight_incoming_associations', 'Associations that devices have open.', one(listener.associations)),
  ];
}

/** By device of the settings. Whoever is not listed there is counted together: who calls is not ours to bound. */
function ofIntake({ catalog, settings, book, commits }: FigureParts, status: StationStatus): MetricFamily[] {
  const { devices } = settings();
  const sums = new Map<string, { received: number; resent: number; rejected: number }>(
    ['unlisted', ...devices.map(({ id }) => id)].map((id) => [id, { received: 0, resent: 0, rejected: 0 }]),
  );
  for (const { aeTitle, address, received, resent, rejected } of catalog.sourceFacts()) {
    const sum = sums.get(deviceAt(settings(), aeTitle, address)?.id ?? 'unlisted');
    if (!sum) continue;
    sum.received += received;
    sum.resent += resent;
    sum.rejected += rejected;
  }
  const keptOut = new Map(
    book
      .sql<{ deviceId: string; times: number }>('SELECT deviceId, times FROM kept_out')
      .all()
      .map(({ deviceId, times }) => [deviceId, times]),
  );
  const by = (pick: 'received' | 'resent' | 'rejected', suffix?: '_total'): Sample[] =>
    [...sums].map(([device, sum]) => ({ labels: { device }, value: sum[pick], ...(suffix && { suffix }) }));
  const acknowledged = [...sums.values()].reduce((sum, { received, resent }) => sum + received + resent, 0);
  const { counts, sumSeconds } = commits.read();
  let below = 0;
  return [
    {
      ...{ name: 'safelight_objects_received', type: 'counter' },
      ...{ help: 'Objects that devices sent and that are kept.', samples: by('received', '_total') },
    },
    {
      ...{ name: 'safelight_objects_resent', type: 'counter' },
      ...{ help: 'Objects that devices sent again.', samples: by('resent', '_total') },
    },
    gauge('safelight_objects_rejected', 'Objects of devices that a person keeps from leaving.', by('rejected')),
    {
      ...{ name: 'safelight_objects_acknowledged', type: 'counter' },
      ...{ help: 'Objects that a device was answered Success for.', samples: [total(acknowledged)] },
    },
    {
      ...{ name: 'safelight_calls_turned_away', type: 'counter', help: 'Calls of listed devices that may not send.' },
      samples: devices.map(({ id }) => total(keptOut.get(id) ?? 0, { device: id })),
    },
    gauge('safelight_new_devices', 'Devices nobody has decided about.', one(status.newDevices.length)),
    {
      ...{ name: 'safelight_receive_commit_seconds', type: 'histogram', unit: 'seconds' },
      help: 'From the last byte of an object that is new to its durable row.',
      samples: [
        ...counts.map((count, index): Sample => {
          const bound = latencyBounds[index];
          below += count;
          return { labels: { le: bound === undefined ? '+Inf' : boundText(bound) }, value: below, suffix: '_bucket' };
        }),
        { labels: {}, value: below, suffix: '_count' },
        { labels: {}, value: sumSeconds, suffix: '_sum' },
      ],
    },
  ];
}

/** Bounds are written with a point, so that 1 and 1.0 are one. */
const boundText = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound));

function ofOutbox({ figures, clock }: FigureParts, { destinations, queue }: StationStatus): MetricFamily[] {
  const ids = new Set(destinations.map(({ id }) => id));
  const counts = figures.stages().filter(({ destinationId }) => ids.has(destinationId));
  const totals = figures.totals().filter(({ destinationId }) => ids.has(destinationId));
  const totalOf = (id: string, name: string) =>
    totals.find((row) => row.destinationId === id && row.name === name)?.value ?? 0;
  const each = (value: (destination: StationStatus['destinations'][number]) => number): Sample[] =>
    destinations.map((destination) => ({ labels: { destination: destination.id }, value: value(destination) }));
  const eachTotal = (name: string): Sample[] =>
    destinations.map(({ id }) => total(totalOf(id, name), { destination: id }));
  return [
    gauge(
      'safelight_deliveries',
      'Deliveries by where they stand.',
      destinations.flatMap(({ id }) =>
        stages.map((state) => ({
          labels: { destination: id, state },
          value: counts.find((row) => row.destinationId === id && row.stage === state)?.deliveries ?? 0,
        })),
      ),
    ),
    {
      ...{ name: 'safelight_delivery_attempts', type: 'counter', help: 'Attempts that ended, by what came of them.' },
      samples: destinations.flatMap(({ id }) =>
        outcomes.map((outcome) => total(totalOf(id, `attempts:${outcome}`), { destination: id, outcome })),
      ),
    },
    {
      ...{ name: 'safelight_objects_sent', type: 'counter', help: 'Objects that a destination took.' },
      samples: eachTotal('sent-objects'),
    },
    {
      ...{ name: 'safelight_sent_bytes', type: 'counter', unit: 'bytes', help: 'Bytes that a destination took.' },
      samples: eachTotal('sent-bytes'),
    },
    gauge(
      'safelight_waiting_bytes',
      'Bytes that wait for a destination.',
      each(({ waitingBytes }) => waitingBytes),
      'bytes',
    ),
    gauge(
      'safelight_oldest_waiting_seconds',
      'How long the oldest waits; 0 when nothing does.',
      each(({ oldestWaitingSince: since }) =>
        since === null ? 0 : Math.max(0, (clock.epochMs() - Date.parse(since)) / 1000),
      ),
      'seconds',
    ),
    gauge(
      'safelight_outgoing_associations',
      'Associations open to a destination.',
      each((d) => d.associations),
    ),
    {
      ...{ name: 'safelight_destination_state', type: 'stateset', help: 'How a destination stands.' },
      samples: destinations.flatMap(({ id, state }) =>
        destinationStates.map((name) => ({
          labels: { destination: id, safelight_destination_state: name },
          value: state === name ? 1 : 0,
        })),
      ),
    },
    gauge(
      'safelight_queue_deliveries',
      'Deliveries that are not over, also to destinations that left the settings.',
      Object.entries(queue).map(([state, value]) => ({ labels: { state }, value })),
    ),
  ];
}

function ofDisk({ disk, upkeep }: StationStatus): MetricFamily[] {
  const { scrub, snapshotAt } = upkeep;
  return [
    gauge('safelight_disk_free_bytes', 'Room on the volume of the home.', one(disk.freeBytes), 'bytes'),
    gauge('safelight_disk_size_bytes', 'Size of the volume of the home.', one(disk.totalBytes), 'bytes'),
    gauge(
      'safelight_disk_used_bytes',
      'What is used of it.',
      one(Math.max(0, disk.totalBytes - disk.freeBytes)),
      'bytes',
    ),
    gauge(
      'safelight_disk_left_seconds',
      'Until nothing more is taken in, at the rate of today; absent when nothing comes in.',
      disk.hoursLeft === null ? [] : one(disk.hoursLeft * 3600),
      'seconds',
    ),
    {
      ...{ name: 'safelight_disk_state', type: 'stateset', help: 'Whether room is short.' },
      samples: (['well', 'amber', 'red'] as const).map((state) => ({
        labels: { safelight_disk_state: state },
        value: disk.state === state ? 1 : 0,
      })),
    },
    gauge(
      'safelight_scrub_objects',
      'Objects read in the present or last round of scrubbing.',
      one(scrub?.objects ?? 0),
    ),
    gauge('safelight_scrub_damaged', 'Objects that were found to hold other bytes.', one(scrub?.damaged ?? 0)),
    gauge('safelight_scrub_missing', 'Objects that were found missing.', one(scrub?.missing ?? 0)),
    gauge(
      'safelight_scrub_start_timestamp_seconds',
      'When that round began; absent before the first.',
      scrub ? one(epochSeconds(scrub.startedAt)) : [],
      'seconds',
    ),
    gauge(
      'safelight_snapshot_timestamp_seconds',
      'When the catalog was last copied; absent before the first time.',
      snapshotAt === null ? [] : one(epochSeconds(snapshotAt)),
      'seconds',
    ),
  ];
}

function ofTroubles(book: Book, { problems, alerts }: StationStatus): MetricFamily[] {
  const codes = new Map<string, number>();
  for (const { code } of problems) codes.set(code, (codes.get(code) ?? 0) + 1);
  for (const { code, n } of book
    .sql<{ code: string; n: number }>(
      'SELECT code, count(*) AS n FROM problem INDEXED BY problem_exam WHERE clearedAt IS NULL GROUP BY code',
    )
    .all())
    codes.set(code, (codes.get(code) ?? 0) + n);
  const kinds = ['exams-waiting', 'destination-refuses', 'objects-blocked', 'problem'] as const;
  const levels = ['amber', 'red'] as const;
  return [
    gauge(
      'safelight_problems',
      'Problems that stand, by their code (docs/problems.md).',
      [...codes].map(([code, value]) => ({ labels: { code }, value })),
    ),
    gauge(
      'safelight_alerts',
      'Alerts that stand, acknowledged or not.',
      kinds.flatMap((kind) =>
        levels.map((level) => ({
          labels: { kind, level },
          value: alerts.filter((alert) => alert.kind === kind && alert.level === level).length,
        })),
      ),
    ),
    gauge(
      'safelight_alerts_unacknowledged',
      'Alerts that nobody has acknowledged.',
      one(alerts.filter(({ acknowledged }) => acknowledged === null).length),
    ),
  ];
}

function ofProcess(loop: LoopDelay, clock: Clock): MetricFamily[] {
  const { user, system } = process.cpuUsage();
  const lag = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - loopResolutionMs / 1000);
  const quantiles = [0.5, 0.99, 1].map((quantile): Sample => {
    const found = loop.percentile(quantile * 100);
    return { labels: { quantile: boundText(quantile) }, value: Number.isFinite(found) ? lag(found) : 0 };
  });
  loop.reset();
  return [
    gauge('process_resident_memory_bytes', 'Resident memory.', one(process.memoryUsage.rss()), 'bytes'),
    {
      ...{ name: 'process_cpu_seconds', type: 'counter', unit: 'seconds', help: 'CPU time used.' },
      samples: [total((user + system) / 1e6)],
    },
    gauge(
      'process_start_time_seconds',
      'When the process started.',
      one(Math.round(clock.epochMs() / 1000 - process.uptime())),
      'seconds',
    ),
    {
      ...{ name: 'safelight_event_loop_lag_seconds', type: 'summary', unit: 'seconds' },
      ...{ help: 'How late the event loop is, since the last scrape.', samples: quantiles },
    },
  ];
}
