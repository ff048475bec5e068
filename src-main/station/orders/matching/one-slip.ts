// How two short texts differ when one was typed from the other: the slips that hands make. Pure, symmetric, linear.

export type Slip = 'equal' | 'one-sign' | 'swapped' | 'other';

/** `one-sign`: one sign replaced, missing or too many. `swapped`: two neighbours changed places. */
export function slipBetween(a: string, b: string): Slip {
  if (a === b) return 'equal';
  if (Math.abs(a.length - b.length) > 1) return 'other';
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const [left, right] = [a.length - start - end, b.length - start - end];
  if (left <= 1 && right <= 1) return 'one-sign';
  if (left === 2 && right === 2 && a[start] === b[start + 1] && a[start + 1] === b[start]) return 'swapped';
  return 'other';
}
