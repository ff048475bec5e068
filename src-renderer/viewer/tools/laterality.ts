// Whether the marker on a picture says another side than the object.

/** `left` or `right` for what an object says of its side; undefined where it says none, both or unpaired. */
export function sideOf(laterality: string | undefined): 'L' | 'R' | undefined {
  const said = laterality?.trim().toUpperCase();
  return said === 'L' || said === 'R' ? said : undefined;
}

/** The sides of markers that the object contradicts. A picture of both sides may bear both. */
export function contradicted(
  markers: readonly ('L' | 'R' | undefined)[],
  laterality: string | undefined,
): readonly ('L' | 'R')[] {
  const side = sideOf(laterality);
  if (side === undefined) return [];
  return [...new Set(markers.filter((marker) => marker !== undefined))].filter((marker) => marker !== side);
}

/** At most four letters, as they stand beside a marker: 'Anna Weber' becomes 'AW', 'Weber^Anna' too. */
export function initialsOf(name: string): string {
  const [family = '', given] = name.split('^');
  const parts = (given === undefined ? name : `${given} ${family}`).split(/[\s.,=-]+/);
  return parts
    .flatMap((part) => [...part].slice(0, 1))
    .filter((letter) => /\p{L}/u.test(letter))
    .slice(0, 4)
    .join('')
    .toLocaleUpperCase();
}
