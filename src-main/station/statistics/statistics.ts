// Figures of a span of days: read a few days at a time, summed, named. Reads only.
//
// Days are those of the station's own clock. What it answers is whole: an image that comes while it counts is in it or not,
// but never in one sum and missing in another of the same day.
import type { KeptBackAsked, KeptBackPage, Outage, Sending, Statistics } from '#contract/shapes/statistics.ts';
import type { StatisticsAsked, StatisticsSetting, SpanAsked } from '#contract/shapes/statistics.ts';
import type { Clock } from '#station/kit/clock.ts';
import { localDay } from '#station/kit/local-time.ts';
import type { Book } from '#station/records/index.ts';
import { exposureOf, targetBand, type DeviationRow } from './exposure.ts';
import { keptBack } from './kept-back.ts';
import * as read from './queries.ts';
import { shiftOfHours } from './shifts.ts';
import { daysLater, hoursOfDay, pointOf, pointsOf, spanOf, unitFor, type Span } from './spans.ts';
import { sumUp, type HourRow, type KeyRow, type Named } from './sums.ts';

export type StatisticsParts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly settings: () => StatisticsSetting;
  /** The device that an AE title at an address is, as people set it up; undefined for one that is not listed. */
  readonly deviceAt: (
    aeTitle: string,
    address: string | null,
  ) => { readonly id: string; readonly name: string } | undefined;
};

export type StatisticsRoom = {
  /** @throws Problem 'input-invalid' for a span that makes no sense */
  read(asked: StatisticsAsked): Promise<Statistics>;
  images(asked: KeptBackAsked): KeptBackPage;
  /** Local first and last day of what is asked for. */
  spanOf(asked: SpanAsked): Span;
};

export function openStatistics({ book, clock, settings, deviceAt }: StatisticsParts): StatisticsRoom {
  const today = () => localDay(new Date(clock.epochMs()));
  const span = (asked: SpanAsked) => spanOf(asked, today());

  const nameOf = ({ kind, label, address }: read.SourceRow): Named => {
    if (kind !== 'dicom') return { key: kind, name: '' };
    const listed = deviceAt(label, address);
    return listed ? { key: `device:${listed.id}`, name: listed.name } : { key: `ae:${label}`, name: label };
  };
  const devices = (): ReadonlyMap<string, Named> => new Map(read.sources(book).map((row) => [row.id, nameOf(row)]));
  const nobody: Named = { key: '', name: '' };

  return {
    spanOf: span,

    async read(asked) {
      const { hideTechnologists, shifts } = settings();
      const days = span(asked);
      const unit = unitFor(days, asked.unit);
      const named = devices();
      const deviceOf = (sourceId: string) => named.get(sourceId) ?? nobody;
      const hours: HourRow[] = [];
      const keys: KeyRow[] = [];
      const deviations: DeviationRow[] = [];
      for (const part of read.partsOf(days)) {
        hours.push(...read.hourRows(book, part));
        keys.push(...read.keyRows(book, part));
        await othersTurn();
      }
      const times = pointsOf(unit === 'hour' ? 'day' : unit, days);
      for (const [n, at] of times.entries()) {
        const next = times[n + 1];
        const firstDay = at < days.firstDay ? days.firstDay : at;
        const lastDay = next === undefined ? days.lastDay : daysLater(next, -1);
        for (const row of read.deviations(book, { firstDay, lastDay }, targetBand)) deviations.push({ at, ...row });
        if (n % 8 === 7) await othersTurn();
      }
      const summed = sumUp(hours, keys, { span: days, unit, shifts, deviceOf, hideTechnologists });
      const time = inTime(days);
      const exams = countBy(read.examArrivals(book, time).map((iso) => localPoint(unit, iso)));
      const names = read.destinationNames(book);
      return {
        ...{ ...time, ...days, unit },
        zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        countedAt: clock.now(),
        technologistsHidden: hideTechnologists,
        ...summed,
        points: summed.points.map((point) => ({ ...point, exams: exams.get(point.at) ?? 0 })),
        exposure: exposureOf(deviations, { times, deviceOf }),
        outages: read.outages(book, time).map((row) => lasting(row, { time, names, now: clock.epochMs() })),
        sending: sendingOf(book, time, names),
      };
    },

    images({ axis, key, limit, offset, ...asked }) {
      const { hideTechnologists, shifts } = settings();
      const named = devices();
      const shiftOf = shiftOfHours(shifts);
      const found = keptBack(book, {
        ...{ axis, key, limit, offset, hideTechnologists },
        span: span(asked),
        sourcesOf: (device) => [...named].filter(([, { key: of }]) => of === device).map(([id]) => id),
        hoursOf: (shift) => hoursOfDay.filter((hour) => shiftOf[hour] === shift),
      });
      const images = found.images.map(({ sourceId, ...image }) => {
        const { key: device, name } = named.get(sourceId) ?? nobody;
        return { ...image, isHere: image.isHere === 1, device: name || device };
      });
      return { images, total: found.total };
    },
  };
}

const othersTurn = () => new Promise((resolve) => setImmediate(resolve));

function localPoint(unit: Statistics['unit'], iso: string): string {
  const at = new Date(iso);
  return pointOf(unit, localDay(at), at.getHours());
}

/** Midnight before the first day to midnight after the last, by the station's clock. */
function inTime({ firstDay, lastDay }: Span): read.SpanInTime {
  const midnight = (day: string) => new Date(`${day}T00:00:00`).toISOString();
  return { from: midnight(firstDay), to: midnight(daysLater(lastDay, 1)) };
}

function countBy(keys: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

/** An outage as it was; its length is that of what lies in the span and has already been. */
function lasting(
  row: read.OutageRow,
  {
    time,
    names,
    now,
  }: { readonly time: read.SpanInTime; readonly names: ReadonlyMap<string, string>; readonly now: number },
): Outage {
  const begins = Math.max(Date.parse(row.since), Date.parse(time.from));
  const ends = Math.min(row.until === null ? now : Date.parse(row.until), Date.parse(time.to), now);
  return {
    ...row,
    name: names.get(row.destinationId) ?? row.destinationId,
    seconds: Math.max(0, (ends - begins) / 1000),
  };
}

function sendingOf(book: Book, time: read.SpanInTime, names: ReadonlyMap<string, string>): Sending[] {
  const waited = Map.groupBy(read.waitedFor(book, time), ({ destinationId }) => destinationId);
  const waiting = new Map(read.waitingNow(book).map((row) => [row.destinationId, row]));
  return [...names]
    .filter(([id]) => waited.has(id) || waiting.has(id))
    .map(([destinationId, name]) => {
      const rows = waited.get(destinationId) ?? [];
      const sent = rows.reduce((sum, { deliveries }) => sum + deliveries, 0);
      let passed = 0;
      const median = rows.find(({ deliveries }) => (passed += deliveries) * 2 >= sent);
      const now = waiting.get(destinationId);
      return {
        ...{ destinationId, name, sent },
        medianSeconds: median?.seconds ?? null,
        longestSeconds: rows.at(-1)?.seconds ?? null,
        waiting: now?.waiting ?? 0,
        oldestWaitingSince: now?.since ?? null,
      };
    });
}
