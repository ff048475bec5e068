// Documents that travel inside an object (PS3.3 C.24.2): where their bytes are, what they claim to be, and the words of those
// that are text. Nothing in them is run, opened or followed.
import { harmless, type Tree } from './tree.ts';

export type Enclosed = {
  readonly title: string;
  /** As declared, in lower case. */
  readonly mediaType: string;
  readonly offset: number;
  /** Without the byte that makes it even, where the object says how long it is. */
  readonly sizeBytes: number;
};

const mostTextBytes = 1_048_576;
const mostTextCharacters = 200_000;

/** Null when the object holds no document. */
export function findEnclosed(tree: Tree): Enclosed | null {
  const n = tree.find(-1, 0x00420011);
  const node = n === undefined ? undefined : tree.nodes[n];
  if (node === undefined || node.length <= 0) return null;
  const said = tree.number(-1, 0x00420015);
  const isSaid =
    said !== undefined && Number.isSafeInteger(said) && said > 0 && said <= node.length && said >= node.length - 1;
  return {
    title: (tree.text(-1, 0x00420010) || codeTitle(tree)).slice(0, 256),
    mediaType: tree.text(-1, 0x00420012).toLowerCase().slice(0, 64),
    offset: node.valueOffset,
    sizeBytes: isSaid ? said : node.length,
  };
}

function codeTitle(tree: Tree): string {
  const [name] = tree.items(-1, 0x0040a043);
  return name === undefined ? '' : tree.text(name, 0x00080104);
}

/** True when a PDF begins within the first kilobyte, where readers look for it. */
export async function beginsAsPdf(tree: Tree, { offset, sizeBytes }: Enclosed): Promise<boolean> {
  const head = await tree.reader.read(offset, Math.min(sizeBytes, 1024));
  return head.subarray(0, 1024).includes('%PDF-');
}

/** The words of a text or of a clinical document, with its marks taken away. */
export async function readWords(
  tree: Tree,
  { offset, sizeBytes, mediaType }: Enclosed,
): Promise<{ readonly text: string; readonly cut: boolean }> {
  const most = Math.min(sizeBytes, mostTextBytes);
  const bytes = (await tree.reader.read(offset, most)).subarray(0, most);
  const raw = decode(bytes);
  const text = harmless(/xml/.test(mediaType) || raw.trimStart().startsWith('<?xml') ? wordsOfMarkup(raw) : raw).trim();
  return { text: text.slice(0, mostTextCharacters), cut: sizeBytes > most || text.length > mostTextCharacters };
}

function decode(bytes: Buffer): string {
  const [first, second] = bytes;
  const isWide = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  if (isWide) return new TextDecoder(first === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

const ownLine = new Set('paragraph title item tr table section br list caption p div li h1 h2 h3'.split(' '));
const cell = new Set(['td', 'th']);
const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

/** What stands between the marks, one pass from front to back; no entity is expanded but those of XML itself. */
function wordsOfMarkup(markup: string): string {
  const words: string[] = [];
  for (let at = 0; at < markup.length;) {
    if (markup[at] !== '<') {
      const next = markup.indexOf('<', at);
      const end = next === -1 ? markup.length : next;
      words.push(
        markup
          .slice(at, end)
          .replace(/\s+/g, ' ')
          .replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,5});/gi, entity),
      );
      at = end;
      continue;
    }
    const comment = markup.startsWith('<!--', at);
    const quoted = markup.startsWith('<![CDATA[', at);
    // Declarations of entities lie in brackets of their own; none of them is ever used.
    const declares = /^<!DOCTYPE[^>[]{0,2000}\[/i.test(markup.slice(at, at + 2048));
    const close = comment ? '-->' : quoted ? ']]>' : declares ? ']>' : '>';
    const found = markup.indexOf(close, at);
    const end = found === -1 ? markup.length : found;
    if (quoted) words.push(markup.slice(at + 9, end));
    else if (!comment) {
      const name = /^<\/?(?:[\w.-]{1,32}:)?([\w.-]{1,32})/.exec(markup.slice(at, at + 80))?.[1]?.toLowerCase() ?? '';
      if (ownLine.has(name)) words.push('\n');
      else if (cell.has(name)) words.push('\t');
    }
    at = end + close.length;
  }
  // Each run of blanks is taken whole, and once: whatever is between two words, the time is that of reading it.
  return words
    .join('')
    .replace(/[ \t\n]+/g, (blanks) => (blanks.includes('\n') ? '\n' : blanks.length > 1 ? '\t' : blanks));
}

function entity(whole: string, name: string): string {
  if (!name.startsWith('#')) return named[name.toLowerCase()] ?? whole;
  const code = /^#x/i.test(name) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
  return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : '';
}
