// Waiting for a state that somebody else brings about. The bound is for what never comes, not for how fast a machine is:
// what waits too short fails by the load of others. In a test of vitest, `expect.poll` does the same for an expectation.
import { inspect } from 'node:util';

const mostMs = 40_000;
const everyMs = 10;

/** Looks until `isSo`, and gives what it saw then. Throws after 40 s, with what it waited for and what it saw last. */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  isSo: (seen: T) => boolean = Boolean,
): Promise<T> {
  for (const endMs = performance.now() + mostMs; ;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (performance.now() > endMs) {
      throw new Error(
        `waited ${mostMs / 1000} s for: ${what}; seen last: ${inspect(seen, { depth: 6, maxArrayLength: 30 })}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
