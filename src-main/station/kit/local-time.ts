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
  return `${at.getFullYear()}${parts.map(two).join('')}`;
}
