// Carries walks out, and finds the fewest steps of one that failed.
import { compareWithBook } from './checks.ts';
import { House } from './house.ts';
import type { StationHost } from './station-host.ts';
import { play, type Step } from './steps.ts';
import { finish } from './resting.ts';
import { Walk } from './walk.ts';

export type Outcome = {
  /** Steps that were carried out, of those that were to be. */
  readonly steps: number;
  readonly breaches: readonly string[];
  /** How often each kind of step ended how. */
  readonly ends: ReadonlyMap<string, number>;
  readonly acknowledged: number;
  readonly arrived: number;
};

/** Walks until the steps or the patience of the checks end. */
export async function walkThrough(steps: readonly Step[], host: StationHost): Promise<Outcome> {
  host.errors.splice(0);
  const house = await House.open(host);
  const walk = new Walk(house);
  const ends = new Map<string, number>();
  let done = 0;
  try {
    await walk.open();
    for (const [n, step] of steps.entries()) {
      walk.at(`step ${n} ${step.kind}`);
      const end = await play(walk, step);
      ends.set(`${step.kind} ${end}`, (ends.get(`${step.kind} ${end}`) ?? 0) + 1);
      if (process.env['SAFELIGHT_WALK'] === 'tell') console.error(n, step.kind, end);
      done++;
      compareWithBook(house, walk.model, (words) => walk.say(words));
      if (walk.breaches.length > 0) break;
    }
    if (walk.breaches.length === 0) await finish(walk);
  } catch (error) {
    walk.say(error instanceof Error ? `${error.stack ?? error.message}\n${house.log.slice(-1500)}` : String(error));
  } finally {
    await walk.arrivals.close();
    await house.close();
  }
  const acknowledged = walk.model.acknowledged.length;
  return { steps: done, breaches: walk.breaches, ends, acknowledged, arrived: walk.arrived };
}

/** What a breach is about, whoever it befell. */
const aboutOf = (breach: string): string =>
  breach
    .replace(/^[^:]*: /, '')
    .replace(/\[.*|; .*|\{.*/su, '')
    .replace(/\S*\d\S*|ID-\w+|(?:archive|cache)/gu, '#');

/** True when one of these breaches is of the same kind as one of those. */
export function isAlike(these: readonly string[], those: readonly string[]): boolean {
  const about = new Set(those.map(aboutOf));
  return these.some((breach) => about.has(aboutOf(breach)));
}

/** The fewest steps that still fail, found by leaving out more and more. */
export async function shrink(
  steps: readonly Step[],
  fails: (steps: readonly Step[]) => Promise<boolean>,
  withinMs = 120_000,
): Promise<readonly Step[]> {
  const until = performance.now() + withinMs;
  let shortest = steps;
  for (let size = Math.ceil(steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = shortest.length - size; from > -size && performance.now() < until; from -= size) {
      const without = shortest.filter((_, n) => n < from || n >= from + size);
      if (without.length < shortest.length && (await fails(without))) shortest = without;
    }
  }
  return shortest;
}
