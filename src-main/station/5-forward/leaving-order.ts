// In which order the objects of one approval leave: images first, then what refers to them (presentation states,
// structured reports, key object notes), so that a destination knows what they speak of. Pure.

const referring = [
  '1.2.840.10008.5.1.4.1.1.11.', // presentation states
  '1.2.840.10008.5.1.4.1.1.88.', // structured reports, key object selections
];

/** Places of what refers to images begin here: it waits until their sending has ended, on whatever association. */
const referringFrom = 1_000_000;

/** Place by id; the given order stays among equals. */
export function placesOf(
  revisions: readonly { readonly id: string; readonly sopClassUid: string }[],
): ReadonlyMap<string, number> {
  const refers = (uid: string) => referring.some((beginning) => uid.startsWith(beginning));
  return new Map(
    revisions.map(({ id, sopClassUid }, place) => [id, place + (refers(sopClassUid) ? referringFrom : 0)]),
  );
}

export const isReferringPlace = (place: number): boolean => place >= referringFrom;
