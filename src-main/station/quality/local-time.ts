// A moment as the clock of this machine shows it, for sums by day and by shift.

export type LocalTime = { readonly day: string; readonly hour: number; readonly timeZone: string };

/** Of an ISO time; summer time as it was in force then. */
export function localTimeOf(iso: string): LocalTime {
  const at = new Date(iso);
  const two = (n: number) => String(n).padStart(2, '0');
  return {
    day: `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`,
    hour: at.getHours(),
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  };
}
