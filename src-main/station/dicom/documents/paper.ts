// What an object is that is no plain picture: a report, a presentation state, a document, a video, a waveform, or something
// that is not shown, with the reason and what it says of itself.
import type { Paper } from '#contract/shapes/documents.ts';
import type { Part10 } from '../part10.ts';
import { keywordOf } from '../dictionary.ts';
import { beginsAsPdf, findEnclosed, readWords } from './enclosed.ts';
import { readPresentation, type BarePresentation } from './presentation.ts';
import { readReport, type BareReport } from './report.ts';
import type { Tree } from './tree.ts';
import { codingOf, describeVideo } from './video.ts';

/** As `Paper`, with references that nobody has looked for yet. */
export type BarePaper = Exclude<Paper, { kind: 'report' | 'presentation' }> | BareReport | BarePresentation;

const storage = '1.2.840.10008.5.1.4.1.1.';
const longestFact = 400;

/** Labels, names and dates by which somebody knows what it is. */
const factTags = [
  ...[0x0008103e, 0x00081030, 0x00080070, 0x00081090, 0x00700080, 0x00700081, 0x300a0002, 0x300a0003, 0x300a0004],
  ...[0x30060002, 0x30060004, 0x00720002, 0x00720004, 0x00420010, 0x00420012, 0x00080023, 0x00080033, 0x00280008],
];

export async function readPaper(object: Part10, tree: Tree): Promise<BarePaper> {
  const coding = codingOf(object.syntax.uid);
  if (coding !== undefined && tree.childrenOf(-1).some((n) => tree.nodes[n]?.tag === 0x7fe00010)) {
    return describeVideo(object, tree, coding);
  }
  const family = tree.text(-1, 0x00080016) || (object.meta?.sopClassUid ?? '');
  const kind = family.startsWith(storage) ? family.slice(storage.length) : '';
  if (kind.startsWith('88.') || tree.find(-1, 0x0040a730) !== undefined) return readReport(tree);
  if (kind.startsWith('11.')) return readPresentation(tree);
  if (kind.startsWith('104.') || tree.find(-1, 0x00420011) !== undefined) return readEnclosed(tree);
  if (tree.items(-1, 0x54000100).length > 0) return { kind: 'waveform' };
  return { kind: 'other', reason: reasonOf(tree, kind), facts: factsOf(tree) };
}

async function readEnclosed(tree: Tree): Promise<BarePaper> {
  const enclosed = findEnclosed(tree);
  if (enclosed === null) return { kind: 'other', reason: 'document-missing', facts: factsOf(tree) };
  const { mediaType, title, sizeBytes } = enclosed;
  const isPdf = await beginsAsPdf(tree, enclosed);
  if (isPdf || mediaType === 'application/pdf') return { kind: 'pdf', title, sizeBytes, isSound: isPdf };
  if (/^text\/|xml$/.test(mediaType)) {
    return { kind: 'enclosed-text', title, mediaType, ...(await readWords(tree, enclosed)) };
  }
  return { kind: 'other', reason: 'document-not-shown', facts: factsOf(tree) };
}

function reasonOf(tree: Tree, kind: string): string {
  if (tree.nodes.length === 0) return 'header-broken';
  // 481: radiotherapy, 66: registrations and segmentations, 91: annotations; all have something that nobody draws here.
  return kind === '' || /^(481|66|67|68|91|30|45|79|131)\b/.test(kind) ? 'class-not-shown' : 'no-pixels';
}

function factsOf(tree: Tree): { readonly keyword: string; readonly value: string }[] {
  return factTags.flatMap((tag) => {
    const value = tree.text(-1, tag).slice(0, longestFact);
    return value === '' ? [] : [{ keyword: keywordOf(tag), value }];
  });
}
