// Certificates as people compare and read them out. Pure; the clock is handed in.
import { sayDate, sayMany } from './formats.ts';

const dayMs = 86_400_000;

/** 'A1B2 C3D4 …': a SHA-256 in groups of four, as it is read out over the telephone. */
export const sayFingerprint = (sha256: string): string =>
  (
    sha256
      .replaceAll(':', '')
      .toUpperCase()
      .match(/.{1,4}/g) ?? []
  ).join(' ');

/** 'Good until 12 Mar 2027, 109 days', 'Ran out on 2 Jan 2026, 3 days ago'. */
export function sayValidity(validTo: string, now: number): string {
  const endMs = Date.parse(validTo);
  if (Number.isNaN(endMs)) return '';
  const date = sayDate(validTo.slice(0, 10).replaceAll('-', ''));
  const days = sayMany(Math.floor(Math.abs(endMs - now) / dayMs), 'day');
  return endMs < now ? `Ran out on ${date}, ${days} ago` : `Good until ${date}, ${days}`;
}
