// Two identifiers or two birth dates: the same, the same written otherwise, a slip of the hand, or others. Pure, symmetric.
import { slipBetween } from './one-slip.ts';

export type NumberVerdict =
  'unsaid' | 'equal' | 'leading-zeros' | 'look-alike' | 'check-digit' | 'one-digit' | 'swapped' | 'other';

const mostCharacters = 64;
const fewestSigns = 4;

/** Two patient IDs or accession numbers. Case, spaces and hyphens do not count; fewer than 4 signs are equal or other. */
export function compareIds(a: string, b: string): NumberVerdict {
  const [left, right] = [plainId(a), plainId(b)];
  if (left === '' || right === '') return 'unsaid';
  if (left === right) return 'equal';
  const [bareA, bareB] = [left.replace(/^0+/, ''), right.replace(/^0+/, '')];
  if (bareA === bareB) return 'leading-zeros';
  if (Math.min(left.length, right.length) < fewestSigns) return 'other';
  if (looksOf(left) === looksOf(right)) return 'look-alike';
  if (isLonger(bareA, bareB) || isLonger(bareB, bareA)) return 'check-digit';
  const slip = slipBetween(left, right);
  return slip === 'swapped' ? 'swapped' : slip === 'one-sign' ? 'one-digit' : 'other';
}

const plainId = (id: string) =>
  id
    .slice(0, mostCharacters)
    .toUpperCase()
    .replace(/[\s-]+/g, '');

/** Letters that are taken for digits. */
const looksOf = (id: string) => id.replaceAll('O', '0').replace(/[IL]/g, '1').replace(/^0+/, '');

const isLonger = (long: string, short: string) =>
  long.length === short.length + 1 && short.length >= fewestSigns && long.startsWith(short);

export type DateVerdict = 'unsaid' | 'equal' | 'one-digit' | 'day-month' | 'one-year' | 'swapped' | 'other';

/** Two dates as YYYYMMDD; what is no date of eight digits says nothing. */
export function compareDates(a: string, b: string): DateVerdict {
  if (!/^\d{8}$/.test(a) || !/^\d{8}$/.test(b)) return 'unsaid';
  if (a === b) return 'equal';
  const [yearA, yearB] = [a.slice(0, 4), b.slice(0, 4)];
  if (yearA === yearB && a.slice(4, 6) === b.slice(6) && a.slice(6) === b.slice(4, 6)) return 'day-month';
  if (a.slice(4) === b.slice(4) && Math.abs(Number(yearA) - Number(yearB)) === 1) return 'one-year';
  const slip = slipBetween(a, b);
  return slip === 'one-sign' ? 'one-digit' : slip === 'swapped' ? 'swapped' : 'other';
}

/** Minutes between two times of the same clock (YYYYMMDDHHMMSS, at least to the hour), or undefined. */
export function minutesBetween(a: string, b: string): number | undefined {
  const [left, right] = [millisecondsOf(a), millisecondsOf(b)];
  return left === undefined || right === undefined ? undefined : Math.round((left - right) / 60_000);
}

/** Whole days between two days (YYYYMMDD…), or undefined. */
export function daysBetween(a: string, b: string): number | undefined {
  const [left, right] = [millisecondsOf(`${a.slice(0, 8)}00`), millisecondsOf(`${b.slice(0, 8)}00`)];
  return left === undefined || right === undefined ? undefined : Math.round((left - right) / 86_400_000);
}

function millisecondsOf(text: string): number | undefined {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)?(\d\d)?/.exec(text);
  if (!found) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
