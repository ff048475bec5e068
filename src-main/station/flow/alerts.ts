// Alerts that do not stop: raised when their reason is seen, there until it is gone. Nobody can put one away; a person can
// acknowledge it, with name and time, until it gets worse. All of it is durable.
//
// It looks every two seconds, and soon after something moved. Guarantees: an acknowledgement is in the book and in the
// trail before anybody hears of it; a restart changes neither when an alert began nor who acknowledged it.
import type { Alert } from '#contract/shapes/alerts.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import type { StationStatus } from '#contract/shapes/station.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { OutboxFigures } from '#station/5-forward/index.ts';
import type { Audit } from '#station/audit/index.ts';
import { isWorse, reasonsForAlerts, type AlertReason } from './alert-reasons.ts';

export type AlertRooms = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly audit: Pick<Audit, 'append'>;
  readonly settings: () => Settings;
  readonly figures: Pick<OutboxFigures, 'overdue'>;
  readonly status: () => Pick<StationStatus, 'destinations' | 'problems'>;
  readonly onChanged: () => void;
};

export type Alerts = {
  /** Begins to look. To be called when everything is open. */
  start(): void;
  /** What stands, the worst first. */
  current(): readonly Alert[];
  /** Something moved: looks again soon. */
  nudge(): void;
  /** @throws Problem 'not-found' when it does not stand any more. */
  acknowledge(id: string, by: string): void;
  close(): void;
};

const lookEveryMs = 2_000;
/** Many moves are looked at once. */
const soonMs = 300;

type Kept = {
  readonly id: string;
  readonly since: string;
  readonly grades: string;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: string | null;
  readonly acknowledgedGrades: string | null;
};

/** The caller closes it. */
export function openAlerts(rooms: AlertRooms): Alerts {
  const { book, clock, log, audit, settings, figures, status, onChanged } = rooms;
  const closedUntilMs = new Map<string, number>();
  let standing: readonly Alert[] = [];
  let said = '[]';
  let isStarted = false;
  let isClosed = false;
  let isSoon = false;
  let takeBack = () => {};

  const keptRows = () =>
    new Map(
      book
        .sql<Kept>('SELECT * FROM alert')
        .all()
        .map((row) => [row.id, row]),
    );

  const reasons = (): AlertReason[] => {
    const { destinations, problems } = status();
    const nowMs = clock.epochMs();
    for (const { id, opensAt } of destinations) if (opensAt !== null) closedUntilMs.set(id, nowMs);
    return reasonsForAlerts({
      ...{ destinations, problems, nowMs },
      limits: settings().station.alerts,
      overdue: figures.overdue,
      closedUntilMs: (id) => closedUntilMs.get(id) ?? 0,
    });
  };

  const look = () => {
    const found = reasons();
    const kept = keptRows();
    const ids = new Set(found.map(({ id }) => id));
    const gone = [...kept.keys()].filter((id) => !ids.has(id));
    const changed = found.filter(({ id, grades }) => kept.get(id)?.grades !== JSON.stringify(grades));
    if (gone.length + changed.length > 0) {
      book.transaction(() => {
        for (const id of gone) book.sql('DELETE FROM alert WHERE id = ?').run(id);
        for (const reason of changed) write(reason, kept.get(reason.id));
      });
      for (const id of gone) log.info('alert-over', { reason: id });
      for (const { id } of changed) if (!kept.has(id)) log.warn('alert', { reason: id });
    }
    show(found);
  };

  const write = ({ id, since, grades }: AlertReason, before: Kept | undefined) => {
    const isBack = isWorse(grades, gradesOf(before?.acknowledgedGrades));
    const keeps = before !== undefined && before.acknowledgedAt !== null && !isBack;
    book
      .sql(
        `INSERT INTO alert (id, since, grades) VALUES (:id, :since, :grades)
         ON CONFLICT (id) DO UPDATE SET grades = excluded.grades,
           acknowledgedBy = iif(:keeps, acknowledgedBy, NULL), acknowledgedAt = iif(:keeps, acknowledgedAt, NULL),
           acknowledgedGrades = iif(:keeps, acknowledgedGrades, NULL)`,
      )
      .run({ id, since: since ?? clock.now(), grades: JSON.stringify(grades), keeps: keeps ? 1 : 0 });
  };

  const show = (found: readonly AlertReason[]) => {
    const kept = keptRows();
    standing = found.map(({ grades: _, ...reason }) => {
      const row = kept.get(reason.id);
      const { acknowledgedBy: by = null, acknowledgedAt: at = null } = row ?? {};
      return {
        ...reason,
        since: row?.since ?? clock.now(),
        acknowledged: by === null || at === null ? null : { by, at },
      };
    });
    const next = JSON.stringify(standing);
    if (next === said) return;
    said = next;
    onChanged();
  };

  const round = () => {
    if (isClosed) return;
    isSoon = false;
    takeBack();
    try {
      look();
    } catch (error) {
      log.error('alerts-not-read', {}, error);
    }
    takeBack = clock.after(lookEveryMs, round);
  };

  return {
    start: () => {
      isStarted = true;
      round();
    },
    current: () => standing,
    nudge: () => {
      // The start looks by itself, when all that is looked at is there.
      if (isSoon || isClosed || !isStarted) return;
      isSoon = true;
      takeBack();
      takeBack = clock.after(soonMs, round);
    },
    acknowledge: (id, by) => {
      const row = keptRows().get(id);
      if (!row || !standing.some((alert) => alert.id === id)) throw new Problem('not-found', { what: 'alert' });
      if (row.acknowledgedAt !== null) return;
      book.transaction(() => {
        book
          .sql('UPDATE alert SET acknowledgedBy = ?, acknowledgedAt = ?, acknowledgedGrades = grades WHERE id = ?')
          .run(by, clock.now(), id);
        audit.append({ by, action: 'alert-acknowledged', params: { alert: id, since: row.since } });
      });
      round();
    },
    close: () => {
      isClosed = true;
      takeBack();
    },
  };
}

const gradesOf = (text: string | null | undefined): readonly number[] =>
  text === null || text === undefined ? [] : (JSON.parse(text) as number[]);
