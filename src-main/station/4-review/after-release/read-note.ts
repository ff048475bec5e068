// What a Key Object Selection Document from elsewhere says when its title is one of CID 7010: which images must not be
// used, and why. Reads the file and nothing else.
//
// Hostile like all that comes in: read iteratively, within limits, and what does not fit is no rejection note. Which images
// are meant is what its content says; where that names none, what its evidence names (PS3.16 TID 2010).
import { findRejectReason } from '#contract/shapes/reject-reasons.ts';
import { deviceNoteTitleShape, type DeviceNoteTitle } from '#contract/shapes/after-release.ts';
import { decodeText, openPart10 } from '#station/dicom/index.ts';
import { readTree, uidOf, type Item } from '../references/reference-tree.ts';

export type SaidByNote = {
  readonly title: DeviceNoteTitle;
  /** A code of CID 7011 that is known here; '' when it says none. */
  readonly reason: string;
  readonly text: string;
  /** SOP Instance UIDs, each once. */
  readonly uids: readonly string[];
};

const tags = {
  codeValue: 0x00080100,
  codingScheme: 0x00080102,
  referencedSeries: 0x00081115,
  referencedObjects: 0x00081199,
  object: 0x00081155,
  conceptName: 0x0040a043,
  conceptCode: 0x0040a168,
  textValue: 0x0040a160,
  evidence: 0x0040a375,
  content: 0x0040a730,
} as const;
const entered: ReadonlySet<number> = new Set([tags.conceptName, tags.evidence, tags.content]);
const wanted: ReadonlySet<number> = new Set([tags.codeValue, tags.codingScheme, tags.object, tags.textValue]);

const documentTitleModifier = '113011';
const keyObjectDescription = '113012';
const mostUids = 10_000;
const mostTextCharacters = 1024;
const longest = 16_384;

/**
 * Null when it is no rejection note, or cannot be followed to its end.
 * @param name stands in problems
 * @throws Problem 'not-dicom' and what reading the disk throws
 */
export async function readRejectionNote(
  path: string,
  { name, characterSet }: { readonly name: string; readonly characterSet: readonly string[] },
): Promise<SaidByNote | null> {
  const object = await openPart10(path, { name });
  try {
    const { root, whole } = await readTree(
      object,
      ({ tag }) => (wanted.has(tag) ? longest : 0),
      (tag) => entered.has(tag),
    );
    const title = deviceNoteTitleShape.safeParse(codeIn(root, tags.conceptName));
    if (!whole || !title.success) return null;
    const content = itemsOf(root, tags.content);
    const named = content.flatMap((item) => uidsUnder(item));
    const uids = [
      ...new Set(named.length > 0 ? named : itemsOf(root, tags.evidence).flatMap((item) => uidsUnder(item))),
    ];
    if (uids.length === 0 || uids.length > mostUids) return null;
    const modifier = content.find((item) => codeIn(item, tags.conceptName) === documentTitleModifier);
    const code = modifier ? codeIn(modifier, tags.conceptCode) : '';
    const said = content.find((item) => codeIn(item, tags.conceptName) === keyObjectDescription);
    const bytes = said?.leaves.find(({ tag }) => tag === tags.textValue)?.bytes ?? Buffer.alloc(0);
    const text = decodeText(bytes, characterSet, 'UT').text.replaceAll('\0', '').trim().slice(0, mostTextCharacters);
    const known = title.data === '113001' && findRejectReason(code)?.title === '113001';
    return { title: title.data, reason: known ? code : '', text, uids };
  } finally {
    await object.close();
  }
}

const itemsOf = (item: Item, tag: number): readonly Item[] =>
  item.sequences.find((sequence) => sequence.tag === tag)?.items ?? [];

/** The code of a concept in the coding scheme of DICOM; '' when there is none. */
function codeIn(item: Item, tag: number): string {
  const [concept] = itemsOf(item, tag);
  const valueOf = (wantedTag: number) => concept?.leaves.find((leaf) => leaf.tag === wantedTag);
  const scheme = valueOf(tags.codingScheme);
  const value = valueOf(tags.codeValue);
  return scheme && value && uidOf(scheme) === 'DCM' ? uidOf(value) : '';
}

/** However deep: a note may have containers in it. */
function uidsUnder(top: Item): string[] {
  const found: string[] = [];
  const waiting = [top];
  for (let item = waiting.pop(); item; item = waiting.pop()) {
    for (const { tag, items } of item.sequences) {
      if (tag === tags.referencedObjects) {
        for (const one of items) {
          const leaf = one.leaves.find((each) => each.tag === tags.object);
          if (leaf) found.push(uidOf(leaf));
        }
      } else if (tag === tags.content || tag === tags.referencedSeries) waiting.push(...items);
    }
  }
  return found.reverse();
}
