// Dates as people type them, made the DICOM form YYYYMMDD. Day before month where the order is open, because it is
// shown back in words while it is typed. A year has four digits: guessing a century would make up a patient's age.
import { isCalendarDate } from '#contract/shapes/value-rules.ts';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** '2 Jan 1970', '2.1.1970', '1970-01-02', '02/01/1970', '19700102', '2nd January 1970'. Undefined when it is no day. */
export function readTypedDate(typed: string): string | undefined {
  const text = typed.trim().toLowerCase();
  if (text === '') return '';
  const parts = /^\d{8}$/.test(text) ? [text.slice(0, 4), text.slice(4, 6), text.slice(6)] : text.split(/[\s./,-]+/);
  const [a = '', b = '', c = ''] = parts
    .filter((part) => part !== '')
    .map((part) => part.replace(/(\d)(st|nd|rd|th)$/, '$1'));
  const date =
    a.length === 4
      ? compose(a, monthOf(b), c)
      : /^[a-z]/.test(a)
        ? compose(c, monthOf(a), b)
        : compose(c, monthOf(b), a);
  return date !== undefined && isCalendarDate(date) ? date : undefined;
}

function monthOf(text: string): string {
  const named = /^[a-z]{3,}$/.test(text) ? months.indexOf(text.slice(0, 3)) + 1 : Number(text);
  return String(named);
}

function compose(year: string, month: string, day: string): string | undefined {
  if (!/^\d{4}$/.test(year) || !/^\d{1,2}$/.test(month) || !/^\d{1,2}$/.test(day)) return undefined;
  return `${year}${month.padStart(2, '0')}${day.padStart(2, '0')}`;
}
