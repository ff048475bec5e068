// Identifiers that a slip of the hand makes of another one: a sign replaced, missing or too many, or two neighbours swapped.
// Pure. Bounded: nothing is near to an identifier of fewer than 4 or more than 24 signs.

const fewestSigns = 4;
const mostSigns = 24;
const digits = '0123456789';
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Every identifier that is one slip away, each once, without itself; letters only where it has letters. */
export function idsNear(id: string): string[] {
  if (id.length < fewestSigns || id.length > mostSigns) return [];
  const signs = [...digits, ...(/[A-Z]/.test(id) ? letters : ''), ...(/[a-z]/.test(id) ? letters.toLowerCase() : '')];
  const near = new Set<string>();
  for (let at = 0; at <= id.length; at += 1) {
    const [before, rest] = [id.slice(0, at), id.slice(at + 1)];
    for (const sign of signs) near.add(before + sign + id.slice(at));
    if (at === id.length) break;
    near.add(before + rest);
    for (const sign of signs) near.add(before + sign + rest);
    if (at + 1 < id.length) near.add(before + (id[at + 1] ?? '') + (id[at] ?? '') + id.slice(at + 2));
  }
  near.delete(id);
  return [...near];
}
