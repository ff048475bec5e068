// Playing a stack: which picture is due. Pure, so that speed and turning back can be counted without a clock.

export const speeds = [0.25, 0.5, 1, 2, 4] as const;
export type Speed = (typeof speeds)[number];
export const rounds = ['loop', 'sway', 'once'] as const;
export type Round = (typeof rounds)[number];

/** The screen cannot show more, and no eye follows less. */
const shortestMs = 16;
const longestMs = 2000;

/** How long a frame stays: as the object says, a tenth of a second where it says nothing. */
export const frameMs = (saidMs: number | undefined, speed: Speed): number =>
  Math.max(shortestMs, Math.min(longestMs, (saidMs !== undefined && saidMs > 0 ? saidMs : 100) / speed));

/** The frame after `index`, and which way it goes; undefined when it is over. */
export function nextFrame(
  { index, forward }: { readonly index: number; readonly forward: boolean },
  count: number,
  round: Round,
): { readonly index: number; readonly forward: boolean } | undefined {
  if (count < 2) return undefined;
  const next = index + (forward ? 1 : -1);
  if (next >= 0 && next < count) return { index: next, forward };
  if (round === 'once') return undefined;
  return round === 'loop'
    ? { index: forward ? 0 : count - 1, forward }
    : { index: forward ? count - 2 : 1, forward: !forward };
}

export const stepSpeed = (speed: Speed, by: 1 | -1): Speed =>
  speeds[Math.max(0, Math.min(speeds.length - 1, speeds.indexOf(speed) + by))] ?? 1;
