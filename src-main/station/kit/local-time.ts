// A moment as the clock of this machine shows it: for sums by day and by shift, and as DICOM and HL7 write it.

export type LocalTime = { readonly day: string; readonly hour: number; readonly timeZone: string };

const two = (n: number): string => String(n).padStart(2, '0');

/** YYYY-MM-DD. */
export const localDay = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

/** Of an ISO time; summer time as it was in force then. */
export function localTimeOf(iso: string): LocalTime {
  const at = new Date(iso);
  return { day: localDay(at), hour: at.getHours(), timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}

/** YYYYMMDDHHMMSS. */
export function localDateTime(at: Date): string {
  const parts = [at.getMonth() + 1, at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds()];
  return `${String(at.getFullYear()).padStart(4, '0')}${parts.map(two).join('')}`;
}

/** DA and TM to the second (PS3.5 6.2). */
export function dateAndTime(at: Date): { readonly date: string; readonly time: string } {
  const moment = localDateTime(at);
  return { date: moment.slice(0, 8), time: moment.slice(8) };
}

/** DA. */
export const localDate = (at: Date): string => dateAndTime(at).date;

/** DT with the offset that was in force then. */
export function dateTimeWithZone(at: Date): string {
  const minutes = -at.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${localDateTime(at)}${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${two(size % 60)}`;
}
