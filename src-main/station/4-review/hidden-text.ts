// Text where nobody says that there is text: private values of unknown kind, embedded documents, what was packed once
// more. Everything it returns is for searching only.
//
// Guarantees: never throws; what it unpacks is limited. What it could not open it names.
import { inflateSync } from 'node:zlib';

const shortestRun = 4;
const mostUnpacked = 16 * 1_048_576;
const mostStreams = 2_000;

/** Runs of printable text, in single bytes and in UTF-16 of both orders. */
export function textRuns(bytes: Buffer): Buffer[] {
  const runs: Buffer[] = [];
  let start = -1;
  for (let at = 0; at <= bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    const printable = byte >= 0x20 ? byte !== 0x7f : byte === 9 || byte === 10 || byte === 13 || byte === 0x1b;
    if (printable && at < bytes.length) {
      if (start < 0) start = at;
    } else if (start >= 0) {
      if (at - start >= shortestRun) runs.push(bytes.subarray(start, at));
      start = -1;
    }
  }
  return runs;
}

/** The bytes as UTF-16, from an even and an odd place, in both orders. Latin letters have a zero beside each. */
export function wideTexts(bytes: Buffer, beyondLatin: boolean): string[] {
  if (!beyondLatin && !bytes.includes(0)) return [];
  const texts: string[] = [];
  for (const offset of [0, 1]) {
    const even = bytes.subarray(offset, bytes.length - ((bytes.length - offset) % 2));
    if (even.length < 2 * shortestRun) continue;
    for (const order of ['little', 'big'] as const) {
      const ordered = order === 'little' ? even : Buffer.from(even).swap16();
      texts.push(ordered.toString('utf16le').replace(/[\p{C}\uFFFD]+/gu, '\n'));
    }
  }
  return texts;
}

/** The text without the marks of XML and HTML, with its entities resolved; '' when there are none. */
export function withoutMarkup(text: string): string {
  if (!/[<&%]/.test(text)) return '';
  const bare = text
    .replace(/<[^<>]{0,2000}>/g, ' ')
    .replace(/&#x([0-9a-fA-F]{1,6});/g, (all, hex: string) => characterOf(Number.parseInt(hex, 16), all))
    .replace(/&#(\d{1,7});/g, (all, digits: string) => characterOf(Number(digits), all))
    .replace(/&([AaOoUu])uml;/g, (_all, letter: string) => `${letter}\u0308`)
    .replace(/&([A-Za-z])(?:acute|grave|circ|tilde|cedil|ring|slash);/g, '$1')
    .replace(/&szlig;/g, 'ß')
    .replace(/&\w{2,6};/g, ' ');
  if (!/%[0-9a-fA-F]{2}/.test(bare)) return bare;
  const bytes = bare.replace(/%([0-9a-fA-F]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return `${bytes}\n${Buffer.from(bytes, 'latin1').toString('utf8')}`;
}

function characterOf(code: number, otherwise: string): string {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : otherwise;
}

/** What a text in Base64 stands for, or null. */
export function fromBase64(text: string): Buffer | null {
  const bare = text.replace(/[\s\0]+/g, '');
  if (bare.length < 12 || bare.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(bare)) return null;
  return Buffer.from(bare, 'base64');
}

/** True for what is packed (gzip, zlib, ZIP, 7z, XZ) or enciphered in a form that begins with its own mark. */
export function isPacked(bytes: Buffer): boolean {
  const head = bytes.toString('latin1', 0, 6);
  if (head.startsWith('\x1f\x8b') || head.startsWith('PK\x03\x04') || head.startsWith('7z\xbc\xaf')) return true;
  if (head.startsWith('\xfd7zXZ') || head.startsWith('BZh')) return true;
  return bytes.length > 16 && bytes[0] === 0x78 && [0x01, 0x5e, 0x9c, 0xda].includes(bytes[1] ?? 0);
}

/** Texts of a PDF that can be read without drawing it: its properties, strings, metadata, and those of packed streams. */
export function textsOfPdf(bytes: Buffer): string[] {
  const texts: string[] = [...stringsOfPdf(bytes.toString('latin1'))];
  let unpacked = 0;
  let at = 0;
  for (let count = 0; count < mostStreams; count++) {
    const begin = bytes.indexOf('stream', at);
    if (begin < 0) break;
    const from = begin + (bytes[begin + 6] === 0x0d ? 8 : 7);
    const end = bytes.indexOf('endstream', from);
    if (end < 0) break;
    at = end + 9;
    const packed = bytes.subarray(from, end);
    try {
      const plain = inflateSync(packed, { maxOutputLength: mostUnpacked - unpacked });
      unpacked += plain.length;
      texts.push(...stringsOfPdf(plain.toString('latin1')), plain.toString('utf8'));
    } catch {
      // Not packed this way, or too large: what is drawn is not judged anyway, and that is said.
      texts.push(packed.toString('utf8'));
    }
    if (unpacked >= mostUnpacked - 1024) break;
  }
  return texts;
}

/** Literal and hexadecimal strings (PDF 32000-1 7.3.4); each alone, and what a text operator shows in one piece. */
function stringsOfPdf(text: string): string[] {
  const found: string[] = [];
  const shown: string[] = [];
  for (const [, literal, hex] of text.matchAll(/\(((?:[^()\\]|\\[\s\S]){1,4000})\)|<([0-9A-Fa-f\s]{4,8000})>/g)) {
    const bytes = Buffer.from(
      literal === undefined ? (hex ?? '').replace(/\s/g, '') : unescapePdf(literal),
      literal === undefined ? 'hex' : 'latin1',
    );
    const wide = bytes[0] === 0xfe && bytes[1] === 0xff && bytes.length % 2 === 0;
    const read = wide ? Buffer.from(bytes).swap16().toString('utf16le') : bytes.toString('latin1');
    found.push(read);
    shown.push(read);
    if (!wide) found.push(bytes.toString('utf8'));
  }
  found.push(shown.join(''));
  return found;
}

function unescapePdf(literal: string): string {
  return literal.replace(/\\(?:([0-7]{1,3})|\r?\n|([\s\S]))/g, (_all, octal?: string, letter?: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    return letter === undefined ? '' : 'nrtbf'.includes(letter) ? ' ' : letter;
  });
}
