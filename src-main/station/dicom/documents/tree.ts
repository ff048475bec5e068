// The elements of an object as a flat tree in memory, for readers of documents: what lies in what, with short values.
//
// Guarantees: iterative, bounded in nodes, in bytes of one value and in bytes of all; a data set that breaks off gives what came
// before, and `stopped` says why. Pixel data is never read.
import type { ByteReader } from '../byte-reader.ts';
import { undefinedLength, walkElements, WalkStop, type Spot } from '../element-walk.ts';
import type { Part10 } from '../part10.ts';
import { decodeText, isOneValue } from '../text-decode.ts';

export type TreeNode = {
  readonly kind: 'element' | 'item';
  readonly tag: number;
  /** '' for items. */
  readonly vr: string;
  readonly depth: number;
  /** Number of the node that it lies in; -1 at the top. */
  readonly parent: number;
  /** Of an item in its sequence, from 0. */
  readonly index: number;
  /** -1 when it is not written. */
  readonly length: number;
  readonly valueOffset: number;
  readonly littleEndian: boolean;
  /** The value or its beginning; null when it was not read. */
  readonly value: Buffer | null;
};

export type TreeLimits = {
  readonly mostNodes: number;
  /** Longer values are kept with their first `mostCutBytes`. */
  readonly mostValueBytes: number;
  readonly mostCutBytes: number;
  readonly mostBytes: number;
};

const plainLimits: TreeLimits = {
  mostNodes: 50_000,
  mostValueBytes: 65_536,
  mostCutBytes: 512,
  mostBytes: 16 * 1_048_576,
};
/** So many values that are too long are looked into. */
const mostCutValues = 512;
const mostNumbers = 4096;
/** LUT Data is of use only as a whole. */
const lutValues = 0x00283006;
const mostLutBytes = 131_072;

const numberSizes: Readonly<Record<string, number>> = {
  ...{ US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, AT: 4, UV: 8, SV: 8 },
};

/** The tree with questions to it. Nodes are told by their number in `nodes`; -1 is the data set itself. */
export class Tree {
  readonly nodes: readonly TreeNode[];
  /** 'too-many', 'truncated', 'too-deep' ...; '' when everything was read. */
  readonly stopped: string;
  readonly reader: ByteReader;
  readonly #children = new Map<number, number[]>();
  readonly #terms = new Map<number, readonly string[]>();

  constructor(nodes: readonly TreeNode[], stopped: string, reader: ByteReader) {
    this.nodes = nodes;
    this.stopped = stopped;
    this.reader = reader;
    nodes.forEach(({ parent, tag, value }, n) => {
      const among = this.#children.get(parent);
      if (among === undefined) this.#children.set(parent, [n]);
      else among.push(n);
      if (tag === 0x00080005 && value !== null) {
        this.#terms.set(parent, value.toString('latin1').split('\\').map(trimmed).slice(0, 16));
      }
    });
  }

  childrenOf(n: number): readonly number[] {
    return this.#children.get(n) ?? [];
  }

  /** The element of this tag directly in an item; undefined when it is not there. */
  find(within: number, tag: number): number | undefined {
    return this.childrenOf(within).find((n) => this.nodes[n]?.tag === tag && this.nodes[n].kind === 'element');
  }

  /** Items of the sequence of this tag in an item. */
  items(within: number, tag: number): readonly number[] {
    const sequence = this.find(within, tag);
    return sequence === undefined ? [] : this.childrenOf(sequence).filter((n) => this.nodes[n]?.kind === 'item');
  }

  /** Character set that applies at a node. */
  termsAt(n: number): readonly string[] {
    for (let at = this.nodes[n]?.parent ?? -1; ; at = this.nodes[at]?.parent ?? -1) {
      const terms = this.#terms.get(at);
      if (terms !== undefined) return terms;
      if (at === -1) return [];
    }
  }

  /** The text of an element in an item, made harmless; '' when it is not there. */
  text(within: number, tag: number): string {
    const n = this.find(within, tag);
    return n === undefined ? '' : this.textOf(n);
  }

  textOf(n: number): string {
    const node = this.nodes[n];
    if (node?.value == null) return '';
    const { text } = decodeText(node.value, this.termsAt(n), node.vr === 'UN' ? 'LO' : node.vr);
    return harmless(trimmed(text));
  }

  texts(within: number, tag: number): string[] {
    const text = this.text(within, tag);
    const n = this.find(within, tag);
    if (text === '' || n === undefined) return [];
    return isOneValue(this.nodes[n]?.vr ?? '') ? [text] : text.split('\\').map(trimmed);
  }

  /** Numbers of an element in an item, whatever it was written with; what is none is left out. */
  numbers(within: number, tag: number): number[] {
    const n = this.find(within, tag);
    const node = n === undefined ? undefined : this.nodes[n];
    return node === undefined ? [] : numbersOf(node);
  }

  number(within: number, tag: number): number | undefined {
    return this.numbers(within, tag)[0];
  }
}

/** Numbers of a value, written in binary or as text; at most 4096. */
export function numbersOf({ vr, value, littleEndian: little }: TreeNode): number[] {
  if (value === null) return [];
  const size = numberSizes[vr];
  if (size === undefined) {
    return value
      .toString('latin1')
      .split('\\', mostNumbers)
      .map(trimmed)
      .filter((one) => one !== '')
      .map(Number)
      .filter(Number.isFinite);
  }
  const numbers: number[] = [];
  for (let at = 0; at + size <= value.length && numbers.length < mostNumbers; at += size) {
    const number = readNumber(value, at, vr, little);
    if (Number.isFinite(number)) numbers.push(number);
  }
  return numbers;
}

/** A count that somebody told: 0 for what is none, or more than can be counted. */
export function wholeOf(told: number | undefined): number {
  const whole = Math.max(0, Math.trunc(told ?? 0));
  return Number.isSafeInteger(whole) ? whole : 0;
}

function readNumber(value: Buffer, at: number, vr: string, little: boolean): number {
  if (vr === 'US') return little ? value.readUInt16LE(at) : value.readUInt16BE(at);
  if (vr === 'SS') return little ? value.readInt16LE(at) : value.readInt16BE(at);
  if (vr === 'UL') return little ? value.readUInt32LE(at) : value.readUInt32BE(at);
  if (vr === 'SL') return little ? value.readInt32LE(at) : value.readInt32BE(at);
  if (vr === 'FL') return little ? value.readFloatLE(at) : value.readFloatBE(at);
  if (vr === 'FD') return little ? value.readDoubleLE(at) : value.readDoubleBE(at);
  if (vr === 'SV') return Number(little ? value.readBigInt64LE(at) : value.readBigInt64BE(at));
  if (vr === 'UV') return Number(little ? value.readBigUInt64LE(at) : value.readBigUInt64BE(at));
  return little ? value.readUInt16LE(at) * 65_536 + value.readUInt16LE(at + 2) : value.readUInt32BE(at);
}

/** Without padding and blanks around it. */
export function trimmed(text: string): string {
  return text.replaceAll('\0', '').trim();
}

/** Nothing that moves a cursor or turns the direction of writing for what comes after it; line breaks stay. */
export function harmless(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, ' ');
}

/** Reads the elements of an opened object, which stays open. Never throws for what it finds. */
export async function readTree(object: Part10, wish: Partial<TreeLimits> = {}): Promise<Tree> {
  const limits = { ...plainLimits, ...wish };
  const { reader, region, whole } = object.elements;
  const nodes: TreeNode[] = [];
  const numberOf = new Map<Spot, number>();
  const long: number[] = [];
  let bytes = 0;
  let stopped = whole ? '' : 'too-many';
  const add = (spot: Spot, value: Buffer | null): void => {
    const number = nodes.length;
    const { kind, tag, vr, depth, index, valueOffset, littleEndian } = spot;
    const parent = spot.parent === null ? -1 : (numberOf.get(spot.parent) ?? -1);
    const length = spot.length === undefinedLength ? -1 : spot.length;
    if (kind === 'item' || vr === 'SQ' || length === -1) numberOf.set(spot, number);
    nodes.push({ kind, tag, vr, depth, parent, index, length, valueOffset, littleEndian, value });
  };
  const enter = (spot: Spot): 'enter' => {
    add(spot, null);
    return 'enter';
  };
  try {
    await walkElements(reader, region, {
      before: () => {
        if (nodes.length < limits.mostNodes) return undefined;
        stopped = 'too-many';
        return 'stop';
      },
      wants: ({ tag, length }) =>
        tag >>> 16 === 0x7fe0 || bytes + length > limits.mostBytes
          ? 0
          : Math.max(limits.mostValueBytes, tag === lutValues ? mostLutBytes : 0),
      element: (spot, value) => {
        if (value === null && spot.length > 0 && spot.length !== undefinedLength) long.push(nodes.length);
        bytes += value?.length ?? 0;
        add(spot, value === null ? null : Buffer.from(value));
        return undefined;
      },
      sequence: enter,
      item: (spot) => {
        if (nodes.length < limits.mostNodes) add(spot, null);
      },
      fragments: () => 'stop',
    });
  } catch (error) {
    if (!(error instanceof WalkStop)) throw error;
    stopped = error.reason;
  }
  for (const n of long.slice(0, mostCutValues)) {
    const node = nodes[n];
    if (node === undefined || node.tag >>> 16 === 0x7fe0) continue;
    const value = Buffer.from(await reader.read(node.valueOffset, Math.min(node.length, limits.mostCutBytes)));
    nodes[n] = { ...node, value: value.subarray(0, limits.mostCutBytes) };
  }
  return new Tree(nodes, stopped, reader);
}
