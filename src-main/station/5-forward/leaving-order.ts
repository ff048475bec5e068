// In which order the objects of one approval leave: images first, then what refers to them (presentation states,
// structured reports, key object notes), so that a destination knows what they speak of. Pure.

const referring = [
  '1.2.840.10008.5.1.4.1.1.11.', // presentation states
  '1.2.840.10008.5.1.4.1.1.88.', // structured reports, key object selections
];

/** Place by id, from 0; the given order stays among equals. */
export function placesOf(
  revisions: readonly { readonly id: string; readonly sopClassUid: string }[],
): ReadonlyMap<string, number> {
  const refers = (uid: string) => referring.some((beginning) => uid.startsWith(beginning));
  const images = revisions.filter((revision) => !refers(revision.sopClassUid));
  const others = revisions.filter((revision) => refers(revision.sopClassUid));
  return new Map([...images, ...others].map((revision, place) => [revision.id, place]));
}
