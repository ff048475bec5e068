// An answer of the station beside what the list holds already: what is drawn, and in which order. Pure.

/**
 * The rows of an answer, as they are to be shown. Of two states of a row the newer one is taken, and the held one when they
 * say the same. With `keepsOrder`, rows that are held in another order only keep that: they do not change places under a
 * hand.
 */
export function settle<Row extends { readonly id: string; readonly version?: number }>(
  held: readonly (Row | undefined)[],
  answered: readonly Row[],
  keepsOrder: boolean,
): readonly Row[] {
  const before = new Map(held.flatMap((row) => (row === undefined ? [] : [[row.id, row]])));
  const taken = new Map(
    answered.map((row) => {
      const old = before.get(row.id);
      const isOld = old !== undefined && ((old.version ?? 0) > (row.version ?? 0) || saysTheSame(old, row));
      return [row.id, isOld ? old : row];
    }),
  );
  const isSameSet = keepsOrder && before.size === taken.size && answered.every(({ id }) => before.has(id));
  const ids = isSameSet ? [...before.keys()] : [...taken.keys()];
  return ids.flatMap((id) => taken.get(id) ?? []);
}

const saysTheSame = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b);
