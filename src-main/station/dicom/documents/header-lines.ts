// The header of an object line by line: tag, VR and value as text, sequences as a tree, and beside each line what it is in
// another copy of the same object.
//
// Guarantees: every line is in the order of the file; values are cut, and say so; nothing that was written by a stranger
// keeps control characters.
import type { HeaderLine } from '#contract/shapes/documents.ts';
import { keywordOf } from '../dictionary.ts';
import { decodeText } from '../text-decode.ts';
import { harmless, numbersOf, trimmed, type Tree, type TreeNode } from './tree.ts';

const mostCharacters = 600;
const mostShownNumbers = 48;
const mostShownBytes = 24;
const texts = new Set('AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT'.split(' '));
const binaries = new Set('US SS UL SL FL FD UV SV'.split(' '));

type Line = HeaderLine & { readonly path: string };

/** Lines of `received`; where `leaves` is given, with what is other, new or gone in it. */
export function compareHeaders(received: Tree, leaves: Tree | null): HeaderLine[] {
  const before = linesOf(received);
  if (leaves === null) return before.map(withoutPath);
  const after = linesOf(leaves);
  const byPath = new Map(after.map((line) => [line.path, line]));
  const known = new Set(before.map(({ path }) => path));
  // What is only in the outgoing copy stands behind what it stands behind there.
  const behind = new Map<string, Line[]>();
  let last = '';
  for (const line of after) {
    if (known.has(line.path)) last = line.path;
    else {
      const others = behind.get(last);
      if (others) others.push(line);
      else behind.set(last, [line]);
    }
  }
  const whole = leaves.stopped === '';
  const added = (path: string) =>
    (behind.get(path) ?? []).map((line): HeaderLine => ({
      ...withoutPath(line),
      received: null,
      leaves: line.received,
    }));
  return [
    ...added(''),
    ...before.flatMap((line): HeaderLine[] => {
      const other = byPath.get(line.path);
      const own = withoutPath(line);
      const said = other === undefined ? (whole ? { leaves: null } : {}) : differing(line, other);
      return [{ ...own, ...said }, ...added(line.path)];
    }),
  ];
}

const differing = (line: Line, other: Line): { readonly leaves?: string } =>
  line.received === other.received && (line.vr === 'SQ' || line.sizeBytes === other.sizeBytes || line.received !== '')
    ? {}
    : { leaves: other.received ?? '' };

function withoutPath({ path: _path, ...line }: Line): HeaderLine {
  return line;
}

function linesOf(tree: Tree): Line[] {
  const creators = new Map<string, string>();
  const paths: string[] = [];
  const met = new Map<string, number>();
  return tree.nodes.map((node, n) => {
    const above = node.parent === -1 ? '' : (paths[node.parent] ?? '');
    const tag = node.tag.toString(16).padStart(8, '0').toUpperCase();
    const step = node.kind === 'item' ? `[${node.index}]` : `/${tag}`;
    // The same element twice in one item is told apart by its number.
    const times = (met.get(above + step) ?? 0) + 1;
    met.set(above + step, times);
    const path = times === 1 ? above + step : `${above}${step}#${times}`;
    paths.push(path);
    if (node.kind === 'item') return itemLine(node, tag, path);
    const group = node.tag >>> 16;
    const element = node.tag & 0xffff;
    const isPrivate = (group & 1) === 1;
    if (isPrivate && element >= 0x10 && element <= 0xff) creators.set(`${node.parent}/${tag}`, tree.textOf(n));
    const block = ((group << 16) | (element >>> 8)) >>> 0;
    const creator = isPrivate
      ? (creators.get(`${node.parent}/${block.toString(16).padStart(8, '0').toUpperCase()}`) ?? '')
      : '';
    const keyword = isPrivate ? (element >= 0x10 && element <= 0xff ? 'PrivateCreator' : '') : keywordOf(node.tag);
    const { text, cut } = sayValue(tree, n);
    return {
      path,
      tag,
      keyword: keyword === tag ? '' : keyword,
      creator: creator.slice(0, 64),
      vr: node.vr,
      depth: node.depth,
      item: null,
      sizeBytes: node.length === -1 ? null : node.length,
      received: text,
      cut,
    };
  });
}

const itemLine = (node: TreeNode, tag: string, path: string): Line => ({
  ...{ path, tag, keyword: '', creator: '', vr: '', depth: node.depth, item: node.index + 1 },
  ...{ sizeBytes: node.length === -1 ? null : node.length, received: '', cut: false },
});

function sayValue(tree: Tree, n: number): { readonly text: string; readonly cut: boolean } {
  const node = tree.nodes[n];
  if (node === undefined || node.vr === 'SQ' || node.length === 0) return { text: '', cut: false };
  if (node.value === null) return { text: '', cut: node.length !== -1 || node.tag >>> 16 === 0x7fe0 };
  const isShort = node.value.length < node.length;
  if (node.vr === 'AT') return shorten(tagsIn(node), isShort);
  if (binaries.has(node.vr)) {
    const numbers = numbersOf(node);
    const said = numbers.slice(0, mostShownNumbers).map((one) => (node.vr === 'FL' ? Math.fround(one) : one));
    return shorten(said.map(plainNumber).join('\\'), isShort || numbers.length > mostShownNumbers);
  }
  if (texts.has(node.vr) || looksLikeText(node.value)) {
    const vr = texts.has(node.vr) ? node.vr : 'LO';
    return shorten(harmless(trimmed(decodeText(node.value, tree.termsAt(n), vr).text)), isShort);
  }
  const shown = node.value.subarray(0, mostShownBytes);
  const bytes = [...shown].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
  return { text: bytes, cut: isShort || node.value.length > mostShownBytes };
}

const plainNumber = (one: number): string => String(Number.isInteger(one) ? one : Number(one.toPrecision(9)));

function shorten(text: string, cut: boolean): { readonly text: string; readonly cut: boolean } {
  return text.length > mostCharacters ? { text: text.slice(0, mostCharacters), cut: true } : { text, cut };
}

function tagsIn(node: TreeNode): string {
  return numbersOf(node)
    .slice(0, mostShownNumbers)
    .map((tag) => tag.toString(16).padStart(8, '0').toUpperCase())
    .map((tag) => `(${tag.slice(0, 4)},${tag.slice(4)})`)
    .join('\\');
}

/** UN and bytes that are words all the same: private elements of implicit files. */
function looksLikeText(value: Buffer): boolean {
  const end = value.length - (value.at(-1) === 0 ? 1 : 0);
  if (end === 0) return false;
  for (let at = 0; at < end; at++) {
    const byte = value[at] ?? 0;
    if (byte < 0x20 ? byte !== 0x0a && byte !== 0x0d && byte !== 0x09 : byte === 0x7f) return false;
  }
  return end > 1;
}

/** Those lines that say the words, with what they lie in. Compares without case; a tag may be written as (0010,0010). */
export function searchHeader(lines: readonly HeaderLine[], search: string): HeaderLine[] {
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return [...lines];
  const plain = wanted.replace(/[(),\s]/g, '');
  const isTag = /^[0-9a-f]{4,8}$/.test(plain);
  const words = wanted.split(/\s+/);
  const above: HeaderLine[] = [];
  const kept = new Set<HeaderLine>();
  for (const line of lines) {
    above.length = Math.min(above.length, depthOf(line));
    const said = [line.keyword, line.keyword.replace(/([a-z0-9])([A-Z])/g, '$1 $2'), line.received ?? '']
      .concat(line.leaves ?? '', line.creator, line.vr)
      .join(' ')
      .toLowerCase();
    if ((isTag && line.tag.toLowerCase().startsWith(plain)) || words.every((word) => said.includes(word))) {
      for (const outer of above) kept.add(outer);
      kept.add(line);
    }
    above[depthOf(line)] = line;
  }
  return lines.filter((line) => kept.has(line));
}

/** Elements and items are levels of their own: a sequence, its item, what is in the item. */
const depthOf = ({ depth, item }: HeaderLine): number => depth * 2 - (item === null ? 0 : 1);
