// A second reader of DICOM data sets, written from PS3.5 7 on its own: the verifier trusts nothing that the writer of
// revisions (dicom/) is made of, so that one mistake cannot hide itself. dcmjs's parser would not do: it wants the whole
// object in memory and stops at structures that real devices send.
//
// One pass over a stream of pieces; no more than one piece and one value of `mostValueBytes` is held. Iterative, at most
// 128 levels and 2,000,000 elements. Refuses by Unreadable what it cannot follow; a file that is cut off in its last
// element is read to its end.
import { createHash, type Hash } from 'node:crypto';

/** Values up to this length are shown to the visitor; longer ones only go into the digests. */
const mostValueBytes = 1_048_576;
/** A document is looked into whole. */
const embeddedDocument = 0x00420011;
const mostDocumentBytes = 16 * 1_048_576;
const mostElements = 2_000_000;
const mostLevels = 128;
const noLength = 0xffffffff;
const mostPlainBytes = 256;

export class Unreadable extends Error {
  readonly offset: number;
  constructor(reason: string, offset: number) {
    super(reason);
    this.name = 'Unreadable';
    this.offset = offset;
  }
}

/** An element that is not a sequence. */
export type Leaf = {
  readonly tag: number;
  /** As written; '' where it is not written. */
  readonly vr: string;
  /** Null when it is longer than `mostValueBytes`, or in fragments. Only good during the call. */
  readonly value: Buffer | null;
  readonly length: number;
  /** Values of (0008,0005) that hold here. */
  readonly characterSet: readonly string[];
  /** Tags of the sequences it lies in, outermost first, each with the number of the item. Empty at the top. */
  readonly path: readonly Step[];
};

type Step = { readonly tag: number; readonly item: number };

type TopElement = {
  readonly tag: number;
  readonly vr: string;
  /** The whole element with its header: its bytes as Latin-1 when it is short, else their SHA-256. */
  readonly print: string;
  /** Number of items of a sequence. */
  readonly items: number;
};

export type Summary = {
  /** In the order of the file. */
  readonly top: readonly TopElement[];
  /** True when the last element is shorter than it says. */
  readonly cutOff: boolean;
};

type Frame = {
  readonly tag: number;
  readonly holds: 'elements' | 'items';
  /** Offset where it ends, or -1 when a delimiter ends it. */
  readonly end: number;
  readonly explicit: boolean;
  readonly little: boolean;
  characterSet: readonly string[];
  items: number;
};

const shortForm = new Set('AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US'.split(' '));

/**
 * Reads a data set and shows each leaf to `leaf`. `layout` is how the transfer syntax writes elements.
 * @throws Unreadable, and what `pieces` throws
 */
export async function readOnce(
  pieces: AsyncIterable<Buffer>,
  layout: { readonly explicit: boolean; readonly littleEndian: boolean },
  leaf: (leaf: Leaf) => void,
): Promise<Summary> {
  const bytes = new Pieces(pieces);
  const top: TopElement[] = [];
  const root: Frame = {
    tag: 0,
    holds: 'elements',
    end: -1,
    explicit: layout.explicit,
    little: layout.littleEndian,
    characterSet: [],
    items: 0,
  };
  const stack: Frame[] = [root];
  let open: { tag: number; vr: string; items: number } | null = null;
  let cutOff = false;
  let count = 0;

  const finishTop = () => {
    if (open) top.push({ ...open, print: bytes.endPrint() });
    open = null;
  };
  const pathHere = (): Step[] => {
    const path: Step[] = [];
    for (const frame of stack) if (frame.holds === 'items') path.push({ tag: frame.tag, item: frame.items - 1 });
    return path;
  };

  for (;;) {
    let frame = stack[stack.length - 1] ?? root;
    while (frame.end >= 0 && bytes.position >= frame.end) {
      if (bytes.position > frame.end) throw new Unreadable('beyond its container', bytes.position);
      stack.pop();
      frame = stack[stack.length - 1] ?? root;
    }
    const atTop = stack.length === 1;
    if (atTop) finishTop();
    if (!bytes.has(1) && !(await bytes.load(1))) {
      if (!atTop) throw new Unreadable('not closed', bytes.position);
      return { top, cutOff };
    }
    if (atTop) bytes.beginPrint();
    if (!bytes.has(8) && !(await bytes.load(8))) throw new Unreadable('half a header', bytes.position);
    if (++count > mostElements) throw new Unreadable('too many elements', bytes.position);
    const start = bytes.position;
    const { little } = frame;
    const group = bytes.uint16(0, little);
    const tag = group * 65_536 + bytes.uint16(2, little);

    if (group === 0xfffe) {
      const length = bytes.uint32(4, little);
      bytes.skip(8);
      if (frame.holds === 'items' && tag === 0xfffee000) {
        if (stack.length > mostLevels * 2) throw new Unreadable('too deep', start);
        frame.items++;
        if (stack.length === 2 && open) (open as { items: number }).items = frame.items;
        stack.push({ ...frame, holds: 'elements', end: length === noLength ? -1 : bytes.position + length, items: 0 });
      } else if (!atTop && frame.end < 0 && tag === (frame.holds === 'items' ? 0xfffee0dd : 0xfffee00d)) {
        stack.pop();
      } else throw new Unreadable('a stray delimiter', start);
      continue;
    }
    if (frame.holds === 'items') throw new Unreadable('not an item', start);

    let vr = '';
    let header = 8;
    let length: number;
    if (frame.explicit && isCapital(bytes.byte(4)) && isCapital(bytes.byte(5))) {
      vr = String.fromCharCode(bytes.byte(4), bytes.byte(5));
      if (shortForm.has(vr)) length = bytes.uint16(6, little);
      else {
        header = 12;
        if (!bytes.has(12) && !(await bytes.load(12))) throw new Unreadable('half a header', start);
        length = bytes.uint32(8, little);
      }
    } else length = bytes.uint32(4, little);
    bytes.skip(header);
    if (atTop) open = { tag, vr, items: 0 };

    const fragments = length === noLength && (tag === 0x7fe00010 || vr === 'OB' || vr === 'OW');
    if (fragments) {
      if (!(await passFragments(bytes, little))) cutOff = true;
      if (cutOff && !atTop) throw new Unreadable('cut off inside a sequence', start);
      leaf({ tag, vr, value: null, length, characterSet: frame.characterSet, path: pathHere() });
      continue;
    }
    // Where no VR is written, a sequence shows by its first item.
    const begins =
      vr === '' && length >= 8 && length !== noLength && (bytes.has(8) || (await bytes.load(8)))
        ? bytes.uint16(0, little) * 65_536 + bytes.uint16(2, little) === 0xfffee000
        : false;
    if (vr === 'SQ' || length === noLength || begins) {
      const inUnknown = vr === 'UN';
      stack.push({
        tag,
        holds: 'items',
        end: length === noLength ? -1 : bytes.position + length,
        explicit: frame.explicit && !inUnknown,
        little: frame.little || inUnknown,
        characterSet: frame.characterSet,
        items: 0,
      });
      continue;
    }
    if (frame.end >= 0 && bytes.position + length > frame.end) throw new Unreadable('beyond its container', start);
    let value: Buffer | null = null;
    if (length <= (tag === embeddedDocument ? mostDocumentBytes : mostValueBytes)) {
      if (bytes.has(length) || (await bytes.load(length))) value = bytes.take(length);
      else cutOff = true;
    }
    if (value === null && !(await bytes.pass(length))) cutOff = true;
    if (cutOff && !atTop) throw new Unreadable('cut off inside a sequence', start);
    if (tag === 0x00080005 && value) {
      frame.characterSet = value
        .toString('latin1')
        .split('\\')
        .map((term) => term.replace(/[ \0]+$/, '').trimStart());
    }
    leaf({ tag, vr, value, length, characterSet: frame.characterSet, path: atTop ? [] : pathHere() });
  }
}

/** False when the file ends before the fragments do. */
async function passFragments(bytes: Pieces, little: boolean): Promise<boolean> {
  for (;;) {
    if (!bytes.has(8) && !(await bytes.load(8))) {
      await bytes.pass(Infinity);
      return false;
    }
    const tag = bytes.uint16(0, little) * 65_536 + bytes.uint16(2, little);
    const length = bytes.uint32(4, little);
    bytes.skip(8);
    if (tag === 0xfffee0dd) return true;
    if (tag !== 0xfffee000 || length === noLength) throw new Unreadable('not a fragment', bytes.position);
    if (!(await bytes.pass(length))) return false;
  }
}

const empty = Buffer.alloc(0);

function isCapital(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a;
}

/** The pieces of a stream as bytes to look at and to go over, with a digest of what was gone over. */
class Pieces {
  readonly #source: AsyncIterator<Buffer>;
  #piece: Buffer = Buffer.alloc(0);
  #at = 0;
  #digest: Hash | null = null;
  #digestFrom = 0;
  #printed = false;
  position = 0;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  has(count: number): boolean {
    return this.#piece.length - this.#at >= count;
  }

  /** False when the stream ends before `count` bytes are there; what there is stays. */
  async load(count: number): Promise<boolean> {
    let piece = this.#rest();
    if (piece.length < count) {
      // Copied: a piece is only good until the next one is asked for.
      const parts: Buffer[] = piece.length === 0 ? [] : [Buffer.from(piece)];
      let length = piece.length;
      while (length < count) {
        const next = await this.#source.next();
        if (next.done) break;
        length += next.value.length;
        parts.push(length < count || parts.length > 0 ? Buffer.from(next.value) : next.value);
      }
      const [only = empty] = parts;
      piece = parts.length > 1 ? Buffer.concat(parts) : only;
    }
    this.#piece = piece;
    this.#at = 0;
    this.#digestFrom = 0;
    return piece.length >= count;
  }

  byte(offset: number): number {
    return this.#piece[this.#at + offset] ?? 0;
  }

  uint16(offset: number, little: boolean): number {
    return little ? this.#piece.readUInt16LE(this.#at + offset) : this.#piece.readUInt16BE(this.#at + offset);
  }

  uint32(offset: number, little: boolean): number {
    return little ? this.#piece.readUInt32LE(this.#at + offset) : this.#piece.readUInt32BE(this.#at + offset);
  }

  skip(count: number): void {
    this.#at += count;
    this.position += count;
  }

  take(count: number): Buffer {
    const taken = this.#piece.subarray(this.#at, this.#at + count);
    this.skip(count);
    return taken;
  }

  /** Goes over `count` bytes without holding them; false when there are fewer. */
  async pass(count: number): Promise<boolean> {
    let left = count;
    for (;;) {
      const here = Math.min(left, this.#piece.length - this.#at);
      this.skip(here);
      left -= here;
      if (left === 0) return true;
      if (!(await this.load(1))) return false;
    }
  }

  beginPrint(): void {
    this.#printed = true;
    this.#digest = null;
    this.#digestFrom = this.#at;
  }

  endPrint(): string {
    this.#printed = false;
    if (!this.#digest && this.#at - this.#digestFrom <= mostPlainBytes) {
      return this.#piece.toString('latin1', this.#digestFrom, this.#at);
    }
    this.#feed();
    return this.#digest?.digest('hex') ?? '';
  }

  #feed(): void {
    if (this.#at > this.#digestFrom) {
      this.#digest ??= createHash('sha256');
      this.#digest.update(this.#piece.subarray(this.#digestFrom, this.#at));
    }
    this.#digestFrom = this.#at;
  }

  #rest(): Buffer {
    if (this.#printed) this.#feed();
    return this.#piece.subarray(this.#at);
  }
}
