// The reasons of a site as lines that people edit, and the list that is offered. Pure.
import { rejectReasons } from '#contract/shapes/reject-reasons.ts';

export type OwnReason = { readonly label: string; readonly code: string };
export type OfferedReason = { readonly code: string; /** '' by our own words. */ readonly ownLabel: string };

/** Those that are wanted most often come first, where a site says nothing else. */
const common = ['111209', '111210', '111211', '111212', '111207', '113026', '113038', '113037', '113680'];
const codes = rejectReasons.map(({ code }) => code as string);
const inOrder = [...common, ...codes.filter((code) => !common.includes(code))];

/** What is offered: the site's own first, in its order, then ours without those that are hidden. */
export function offeredReasons(
  own: readonly OwnReason[],
  hidden: readonly string[],
  allowed: (code: string) => boolean = () => true,
): OfferedReason[] {
  return [
    ...own.map(({ label, code }) => ({ code, ownLabel: label })),
    ...inOrder.filter((code) => !hidden.includes(code)).map((code) => ({ code, ownLabel: '' })),
  ].filter(({ code }) => allowed(code));
}

export const writeOwnReasons = (own: readonly OwnReason[]): string =>
  own.map(({ label, code }) => `${label}; ${code}`).join('\n');

/** Each label once; or the number of the first line, from 1, that cannot be read. */
export function readOwnReasons(text: string): OwnReason[] | number {
  const found = new Map<string, OwnReason>();
  for (const [n, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const [label = '', code = '', ...more] = line.split(';').map((part) => part.trim());
    if (label === '' || label.length > 64 || !codes.includes(code) || more.length > 0) return n + 1;
    if (!found.has(label)) found.set(label, { label, code });
  }
  return [...found.values()];
}
