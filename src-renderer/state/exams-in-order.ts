// A list of exams, newest first, with news put into it: what the station would answer if it were asked again, worked out
// here so that it need not be asked. Pure. Where the list has holes the news cannot be placed exactly; it is asked again
// for those (PagedRows.merge).
import type { ExamFilter, ExamRow, ExamState } from '#contract/shapes/exam.ts';
import type { ExamNews } from './exam-news.ts';

type Rows = readonly (ExamRow | undefined)[];

const shownBy: Readonly<Record<ExamFilter, readonly ExamState[] | 'every'>> = {
  'needs-you': ['arriving', 'review'],
  arriving: ['arriving'],
  held: ['held'],
  approved: ['approved', 'confirmed'],
  rejected: ['rejected'],
  all: 'every',
};

const belongs = (exam: ExamRow, filter: ExamFilter) =>
  shownBy[filter] === 'every' || shownBy[filter].includes(exam.state);

/** As the station orders them: the last arrival first, then by id. */
const standsBefore = (a: ExamRow, b: ExamRow) =>
  a.lastArrivedAt === b.lastArrivedAt ? a.id < b.id : a.lastArrivedAt > b.lastArrivedAt;

/**
 * An exam of which images are coming keeps its place, or the rows at the top would change places with every image and
 * nobody could point at one.
 */
const keepsPlace = (held: ExamRow, renewed: ExamRow) =>
  held.lastArrivedAt === renewed.lastArrivedAt || held.state === 'arriving';

/** The same rows with newer ones in their places; the same array when none is among them. */
export function renewRows(rows: Rows, exams: ReadonlyMap<string, ExamRow>): Rows {
  let changed = false;
  const renewed = rows.map((row) => {
    const newer = row && exams.get(row.id);
    if (!row || !newer || newer.version < row.version) return row;
    changed = true;
    return newer;
  });
  return changed ? renewed : rows;
}

/** The list of a filter (without a search) after the news. As long as the station counts. */
export function putInOrder(rows: Rows, news: ExamNews, filter: ExamFilter): Rows {
  const placed = new Set<string>();
  const next: (ExamRow | undefined)[] = [];
  for (const row of rows) {
    if (row === undefined) next.push(row);
    else if (!news.removed.has(row.id)) {
      const newer = news.exams.get(row.id);
      const kept = newer === undefined || newer.version < row.version ? row : newer;
      const stays = kept === row || (belongs(kept, filter) && keepsPlace(row, kept));
      if (stays) {
        next.push(kept);
        placed.add(row.id);
      }
    }
  }
  for (const exam of news.exams.values()) {
    if (!placed.has(exam.id) && belongs(exam, filter)) insert(next, exam);
  }
  return fit(next, news.totals[filter]);
}

/** Before the first row that is older; nowhere when that is beyond a hole. */
function insert(rows: (ExamRow | undefined)[], exam: ExamRow): void {
  const at = rows.findIndex((row) => row === undefined || standsBefore(exam, row));
  if (at < 0) rows.push(exam);
  else if (rows[at] !== undefined) rows.splice(at, 0, exam);
}

/** Holes at the end come and go; rows that are known do not. */
function fit(rows: (ExamRow | undefined)[], total: number): Rows {
  while (rows.length > total && rows.at(-1) === undefined) rows.pop();
  while (rows.length < total) rows.push(undefined);
  return rows;
}
