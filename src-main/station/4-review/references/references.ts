// References of one object to others that are filed elsewhere now, as new values of the sequences they stand in
// (IHE RAD-61, IRWF-3). Reads the received file; changes nothing.
//
// Followed are SOP Instance UIDs at any depth, study and series UIDs beside them, references of content items, and those
// to a study alone. An item that names a series or a study is divided when what it names went to several. Frame of
// reference UIDs stay. What private data may refer to is left and counted.
import type { MovedObject } from '#contract/shapes/rearranging.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import { decodeText, openPart10, usesCharacterSet, type NewElement, type Spot } from '#station/dicom/index.ts';
import { Problem } from '#station/kit/problem.ts';
import { readTree, uidOf, type Item, type Leaf, type Sequence } from './reference-tree.ts';
import { placesSeenBy, type Meant, type Places, type Uids } from './where-it-went.ts';

export type FollowedReferences = {
  /** Sequences at the top that are other than they were. */
  readonly sequences: readonly { readonly tag: number; readonly items: readonly (readonly NewElement[])[] }[];
  /** References to objects that are in another study than this one now. */
  readonly elsewhere: number;
  /** Identifiers in private data that are no longer those of the objects. */
  readonly leftInPrivate: number;
};

export type Referring = {
  readonly objectId: string;
  readonly path: string;
  /** The study under which it leaves. */
  readonly StudyInstanceUID: string;
  readonly receivedStudy: string;
  /** (0008,0005) as received. */
  readonly characterSet: readonly string[];
  /** Names and IDs that sequences repeat take these values. */
  readonly received: Attributes;
  readonly chosen: Attributes;
};

export const referenceTags = {
  object: 0x00081155,
  series: 0x0020000e,
  study: 0x0020000d,
  uidOfContent: 0x0040a124,
} as const;
/** In these (0008,1155) is the UID of a study: Referenced Study, RT Referenced Study Sequence. */
export const studySequences: ReadonlySet<number> = new Set([0x00081110, 0x30060012]);

const nothing: FollowedReferences = { sequences: [], elsewhere: 0, leftInPrivate: 0 };
const isReference = (tag: number) => (Object.values(referenceTags) as number[]).includes(tag);
const isPrivate = (tag: number) => ((tag >>> 16) & 1) === 1;
const privateVrs = new Set(['UI', 'UN', 'LO', 'SH', 'ST', 'LT', 'UT', 'UC', 'OB']);
const mostPrivateBytes = 65_536;
const uidLike = /(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*)){2,}/g;

/** @throws Problem 'correction-impossible' when a sequence cannot be written anew */
export async function followReferences(
  referring: Referring,
  around: readonly MovedObject[],
): Promise<FollowedReferences> {
  if (around.length === 0) return nothing;
  const places = placesSeenBy(around, referring.objectId);
  const object = await openPart10(referring.path, { name: referring.objectId });
  try {
    const wants = (spot: Spot) => {
      if (spot.parent !== null && isReference(spot.tag)) return 128;
      return isPrivate(spot.tag) && privateVrs.has(spot.vr) ? mostPrivateBytes : 0;
    };
    const { root } = await readTree(object, wants, () => true);
    const changed = new Set<number>();
    let elsewhere = 0;
    const about = { places, referring, found: { away: 0 } };
    for (const sequence of root.sequences) {
      const wanted = sequence.items.flatMap((item) => rewriteItem(item, sequence.tag, noContext, about));
      if (!isSame(sequence, wanted)) changed.add(sequence.tag);
      elsewhere += about.found.away;
      about.found.away = 0;
    }
    const leftInPrivate = countPrivate(root, places);
    if (changed.size === 0) return { sequences: [], elsewhere, leftInPrivate };

    const full = await readTree(
      object,
      (spot) => (spot.parent === null ? 0 : 16 * 1_048_576),
      (tag) => changed.has(tag),
    );
    if (!full.whole) throw impossible(referring.objectId);
    const sequences = full.root.sequences.map(({ tag, items }) => ({
      tag,
      items: items
        .flatMap((item) => rewriteItem(item, tag, noContext, about))
        .map((item) => toElements(item, referring)),
    }));
    return { sequences, elsewhere, leftInPrivate };
  } finally {
    await object.close();
  }
}

const impossible = (object: string) =>
  new Problem('correction-impossible', { object, reason: 'its references cannot be written anew' });

type Context = { readonly study: string; readonly series: string };
const noContext: Context = { study: '', series: '' };

type About = {
  readonly places: Places;
  readonly referring: Referring;
  readonly found: { away: number };
};

type Reference = { readonly meant: Meant; readonly is: Uids | undefined };

/** One item as it is to be: several when what it names went to several series or studies. */
function rewriteItem(
  item: Item,
  sequence: number,
  around: Context,
  about: About,
  keeps: (reference: Reference) => boolean = () => true,
): Item[] {
  const inner = contextOf(item, sequence, around);
  const all = referencesIn(item, sequence, around, about);
  const mine = all.filter(keeps);
  if (all.length > 0 && mine.length === 0) return [];
  const namesSeries = leafOf(item, referenceTags.series) !== undefined;
  const namesStudy = inner.study !== around.study || leafOf(item, referenceTags.study) !== undefined;
  const placeOf = ({ meant, is }: Reference) =>
    namesSeries
      ? `${is?.StudyInstanceUID ?? meant.study} ${is?.SeriesInstanceUID ?? meant.series}`
      : namesStudy
        ? (is?.StudyInstanceUID ?? meant.study)
        : '';
  const groups = mine.length === 0 ? [[]] : [...Map.groupBy(mine, placeOf).values()];
  return groups.map((group) => {
    const place = group.length === 0 ? undefined : placeOf(group[0] as Reference);
    const stays = (reference: Reference) => keeps(reference) && (place === undefined || placeOf(reference) === place);
    const said = group.find(({ is }) => is !== undefined)?.is ?? about.places.find({ ...inner, object: '' });
    return {
      leaves: item.leaves.map((leaf) => rewriteLeaf(leaf, sequence, { ...inner, said }, about)),
      sequences: item.sequences.flatMap((nested) => {
        const items = nested.items.flatMap((one) => rewriteItem(one, nested.tag, inner, about, stays));
        return items.length === 0 && nested.items.length > 0 ? [] : [{ tag: nested.tag, items }];
      }),
    };
  });
}

function rewriteLeaf(
  leaf: Leaf,
  sequence: number,
  { study, series, said }: Context & { readonly said: Uids | undefined },
  { places, referring, found }: About,
): Leaf {
  const uid = uidOf(leaf);
  const to = (text: string): Leaf => (text === uid ? leaf : { ...leaf, bytes: Buffer.from(text, 'latin1') });
  const isStudy =
    leaf.tag === referenceTags.study || (studySequences.has(sequence) && leaf.tag === referenceTags.object);
  if (isStudy) {
    // What names the study of this object alone names it still.
    const own = uid === referring.receivedStudy ? referring.StudyInstanceUID : uid;
    return to(said?.StudyInstanceUID ?? own);
  }
  if (leaf.tag === referenceTags.series) return to(said?.SeriesInstanceUID ?? uid);
  if (leaf.tag === referenceTags.object) {
    const is = places.find({ study, series, object: uid });
    if (is && is.StudyInstanceUID !== referring.StudyInstanceUID) found.away++;
    return to(is?.SOPInstanceUID ?? uid);
  }
  if (leaf.tag === referenceTags.uidOfContent) return to(followContent(uid, places, referring));
  return leaf;
}

/** A content item names an object, a series or a study, and does not say which. */
function followContent(uid: string, places: Places, { receivedStudy, StudyInstanceUID }: Referring): string {
  if (!places.isFormer(uid)) return uid;
  const object = places.find({ study: '', series: '', object: uid });
  if (object) return object.SOPInstanceUID;
  const series = places.find({ study: '', series: uid, object: '' });
  if (series && series.SeriesInstanceUID !== uid) return series.SeriesInstanceUID;
  return uid === receivedStudy ? StudyInstanceUID : uid;
}

function contextOf(item: Item, sequence: number, around: Context): Context {
  const study = leafOf(item, studySequences.has(sequence) ? referenceTags.object : referenceTags.study);
  const series = leafOf(item, referenceTags.series);
  return { study: study ? uidOf(study) : around.study, series: series ? uidOf(series) : around.series };
}

const leafOf = (item: Item, tag: number) => item.leaves.find((leaf) => leaf.tag === tag);

/** All references to objects in an item, however deep. */
function referencesIn(item: Item, sequence: number, around: Context, about: About): Reference[] {
  const found: Reference[] = [];
  const waiting: { item: Item; sequence: number; around: Context }[] = [{ item, sequence, around }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const inner = contextOf(next.item, next.sequence, next.around);
    const leaf = studySequences.has(next.sequence) ? undefined : leafOf(next.item, referenceTags.object);
    if (leaf) {
      const meant = { ...inner, object: uidOf(leaf) };
      found.push({ meant, is: about.places.find(meant) });
    }
    for (const nested of next.item.sequences) {
      for (const one of nested.items) waiting.push({ item: one, sequence: nested.tag, around: inner });
    }
  }
  return found.reverse();
}

function isSame(sequence: Sequence, items: readonly Item[]): boolean {
  const same = (a: Item, b: Item): boolean =>
    a.leaves.length === b.leaves.length &&
    a.sequences.length === b.sequences.length &&
    a.leaves.every((leaf, n) => leaf.bytes.equals(b.leaves[n]?.bytes ?? Buffer.alloc(0))) &&
    a.sequences.every((one, n) => isSame(one, b.sequences[n]?.items ?? []));
  return sequence.items.length === items.length && sequence.items.every((item, n) => same(item, items[n] as Item));
}

function countPrivate(root: Item, places: Places): number {
  let count = 0;
  const waiting = [root];
  for (let item = waiting.pop(); item; item = waiting.pop()) {
    for (const { tag, bytes } of item.leaves) {
      if (!isPrivate(tag)) continue;
      for (const uid of bytes.toString('latin1').match(uidLike) ?? []) if (places.isFormer(uid)) count++;
    }
    for (const { items } of item.sequences) waiting.push(...items);
  }
  return count;
}

const repeated: ReadonlyMap<number, 'PatientName' | 'PatientID'> = new Map([
  [0x00100010, 'PatientName'],
  [0x00100020, 'PatientID'],
]);

/** Text beyond ASCII is taken as text, so that it follows the character set of the object. */
function toElements({ leaves, sequences }: Item, referring: Referring): NewElement[] {
  return [
    // Lengths of groups are counts of what was.
    ...leaves
      .filter(({ tag }) => (tag & 0xffff) !== 0)
      .map(({ tag, vr, bytes }): NewElement => {
        const keyword = repeated.get(tag);
        const said = () => decodeText(bytes, referring.characterSet, vr);
        if (keyword && referring.chosen[keyword] !== undefined) {
          if (said().text.trim() === (referring.received[keyword] ?? '').trim())
            return { tag, vr, value: referring.chosen[keyword] ?? '' };
        }
        if (!usesCharacterSet(vr) || !bytes.some((byte) => byte >= 0x80 || byte === 0x1b))
          return { tag, vr, value: bytes };
        const { text, sound } = said();
        if (!sound) throw impossible(referring.objectId);
        return { tag, vr, value: text.replace(/[ \0]+$/, '').split('\\') };
      }),
    ...sequences.map(({ tag, items }): NewElement => ({
      ...{ tag, vr: 'SQ' },
      items: items.map((item) => toElements(item, referring)),
    })),
  ];
}
