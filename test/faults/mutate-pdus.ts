// Breaks a conversation of the DICOM upper layer where it hurts: types, lengths, items, order, fragments, ends (PS3.8 9.3).
// A conversation is a tree of chunks that know their own length fields, so that a mutant is wrong in one place and right in all
// others. The same seed makes the same mutant.
import type { Random } from './random.ts';

/** Bytes, or a head with a length field and chunks inside. */
export type Chunk = Buffer | Framed;
export type Framed = {
  type: number;
  readonly kind: 'pdu' | 'item' | 'pdv';
  /** Added to the true length where it is written. */
  lie: number;
  /** Bytes between the length and what is inside: of a PDV its context id and flags. */
  lead: Buffer;
  inside: Chunk[];
};

const framed = (kind: Framed['kind'], type: number, inside: Chunk[], lead = Buffer.alloc(0)): Framed => ({
  type,
  kind,
  lie: 0,
  lead,
  inside,
});

const ascii = (text: string) => Buffer.from(text, 'latin1');

export type Context = {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntaxes: readonly string[];
};

/** A-ASSOCIATE-RQ (PS3.8 9.3.2). */
export function associateRequest(called: string, calling: string, contexts: readonly Context[]): Framed {
  const fixed = Buffer.alloc(68);
  fixed.writeUInt16BE(1, 0);
  fixed.write(called.padEnd(16), 4, 'latin1');
  fixed.write(calling.padEnd(16), 20, 'latin1');
  const maximum = Buffer.alloc(4);
  maximum.writeUInt32BE(16_384);
  return framed('pdu', 1, [
    fixed,
    framed('item', 0x10, [ascii('1.2.840.10008.3.1.1.1')]),
    ...contexts.map(({ id, abstractSyntax, transferSyntaxes }) =>
      framed(
        'item',
        0x20,
        [
          framed('item', 0x30, [ascii(abstractSyntax)]),
          ...transferSyntaxes.map((uid) => framed('item', 0x40, [ascii(uid)])),
        ],
        Buffer.from([id, 0, 0, 0]),
      ),
    ),
    framed('item', 0x50, [
      framed('item', 0x51, [maximum]),
      framed('item', 0x52, [ascii('2.25.4711')]),
      framed('item', 0x53, [Buffer.from([0, 8, 0, 8])]),
      framed('item', 0x55, [ascii('MUTANT')]),
    ]),
  ]);
}

/** P-DATA-TF with one PDV (PS3.8 9.3.5). */
export const data = (contextId: number, isCommand: boolean, isLast: boolean, bytes: Buffer): Framed =>
  framed('pdu', 4, [framed('pdv', 0, [bytes], Buffer.from([contextId, (isCommand ? 1 : 0) | (isLast ? 2 : 0)]))]);

export const releaseRequest = (): Framed => framed('pdu', 5, [Buffer.alloc(4)]);

/** An element of a command set: implicit little endian (PS3.7 6.3.1). */
export function commandSet(elements: Readonly<Record<number, number | string>>): Buffer {
  const body = Buffer.concat(
    Object.entries(elements).map(([element, value]) => {
      const bytes = Buffer.alloc(typeof value === 'number' ? 2 : value.length + (value.length % 2));
      if (typeof value === 'number') bytes.writeUInt16LE(value);
      else bytes.write(value, 'latin1');
      return Buffer.concat([tag(Number(element), bytes.length), bytes]);
    }),
  );
  const groupLength = Buffer.alloc(4);
  groupLength.writeUInt32LE(body.length);
  return Buffer.concat([tag(0, 4), groupLength, body]);
}

function tag(element: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(element, 2);
  bytes.writeUInt32LE(length, 4);
  return bytes;
}

export function toBytes(chunk: Chunk): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  const inside = Buffer.concat([chunk.lead, ...chunk.inside.map(toBytes)]);
  const length = Math.max(0, inside.length + chunk.lie);
  if (chunk.kind === 'item') {
    const head = Buffer.from([chunk.type & 0xff, 0, 0, 0]);
    head.writeUInt16BE(length & 0xffff, 2);
    return Buffer.concat([head, inside]);
  }
  const head = chunk.kind === 'pdu' ? Buffer.from([chunk.type & 0xff, 0, 0, 0, 0, 0]) : Buffer.alloc(4);
  head.writeUInt32BE(length >>> 0, head.length - 4);
  return Buffer.concat([head, inside]);
}

function copyOf(chunk: Chunk): Chunk {
  if (Buffer.isBuffer(chunk)) return Buffer.from(chunk);
  return { ...chunk, lead: Buffer.from(chunk.lead), inside: chunk.inside.map(copyOf) };
}

type Place = { readonly list: Chunk[]; readonly at: number };

function placesOf(list: Chunk[], found: Place[] = []): Place[] {
  for (const [at, chunk] of list.entries()) {
    found.push({ list, at });
    if (!Buffer.isBuffer(chunk)) placesOf(chunk.inside, found);
  }
  return found;
}

type Mutation = (place: Place, chunk: Chunk, random: Random) => void;

const lies = [1, -1, 2, -2, 4, 100, 65_535, 65_536, 1_000_000, 0x7fff_0000, -1_000_000] as const;

const mutations: readonly [Mutation, ...Mutation[]] = [
  // a length that lies
  (_, chunk, random) => {
    if (!Buffer.isBuffer(chunk)) chunk.lie = random.pick(lies);
  },
  // another type
  (_, chunk, random) => {
    if (!Buffer.isBuffer(chunk)) chunk.type = random.oneIn(2) ? 1 + random.below(8) : random.below(256);
  },
  // other context ids and flags
  (_, chunk, random) => {
    if (!Buffer.isBuffer(chunk) && chunk.lead.length > 0)
      chunk.lead[random.below(chunk.lead.length)] = random.below(256);
  },
  // twice, many times, nowhere
  ({ list, at }, chunk) => void list.splice(at, 0, copyOf(chunk)),
  ({ list, at }, chunk, random) =>
    void list.splice(at, 0, ...Array.from({ length: random.below(200) }, () => copyOf(chunk))),
  ({ list, at }) => void list.splice(at, 1),
  // another order
  ({ list, at }, chunk, random) => {
    list.splice(at, 1);
    list.splice(random.below(list.length + 1), 0, chunk);
  },
  // other bytes
  ({ list, at }, chunk, random) => {
    if (!Buffer.isBuffer(chunk) || chunk.length === 0) return;
    const other = Buffer.from(chunk);
    if (random.oneIn(2)) other[random.below(other.length)] = random.below(256);
    else random.bytes(8).copy(other, random.below(other.length));
    list[at] = other;
  },
  ({ list, at }, chunk, random) => {
    if (Buffer.isBuffer(chunk)) list[at] = chunk.subarray(0, random.below(chunk.length + 1));
  },
  ({ list, at }, chunk, random) => {
    if (!Buffer.isBuffer(chunk)) return;
    const filling = random.pick([Buffer.alloc(1), Buffer.from('9'), Buffer.from('\\'), Buffer.from([0xff])] as const);
    list[at] = Buffer.concat([chunk, Buffer.alloc(1 + random.below(70_000), filling)]);
  },
  // something else in between
  ({ list, at }, _, random) => void list.splice(at, 0, random.bytes(1 + random.below(64))),
  ({ list, at }, _, random) => void list.splice(at, 0, framed('pdu', 1 + random.below(8), [Buffer.alloc(4)])),
];

/** The bytes of a mutant of `conversation`, which stays as it is. One to three things are broken; some end too early. */
export function mutateConversation(conversation: readonly Framed[], random: Random): Buffer {
  const mutant = conversation.map(copyOf);
  for (let left = 1 + random.below(3); left > 0; left--) {
    const place = random.pick(placesOf(mutant));
    const chunk = place?.list[place.at];
    if (place && chunk !== undefined) random.pick(mutations)(place, chunk, random);
  }
  const bytes = Buffer.concat(mutant.map(toBytes));
  return random.oneIn(6) ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
}
