// Breaks a DICOM file where it hurts: lengths, VRs, tags, nesting, syntaxes, character sets, ends. The same seed makes the
// same file. What comes out is never longer than twice what went in, plus 64 KiB.
import type { Random } from './random.ts';

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Words of the format: in a wrong place each of them leads a reader somewhere. */
const words: readonly Buffer[] = [
  hex('feff00e0 ffffffff'), // item of undefined length
  hex('feff00e0 00000000'),
  hex('feff0de0 00000000'), // item delimiter
  hex('feffdde0 00000000'), // sequence delimiter
  hex('e07f1000 4f420000 ffffffff'), // pixel data in fragments
  hex('e07f1000 4f570000 feffffff'),
  hex('28001000 55530200 ffff'), // Rows
  hex('28001100 55530200 ffff'),
  hex('28000200 55530200 0000'), // SamplesPerPixel
  hex('28000001 55530200 0100'), // BitsAllocated
  hex('28000800 49530200 2d31'), // NumberOfFrames -1
  hex('08000500 43530a00 49534f5f495220393939'), // SpecificCharacterSet ISO_IR 999
  hex('08001800 55490000'), // SOPInstanceUID, empty
  hex('20000d00 55490800 2e2e2f2e2e2f2e2e'), // StudyInstanceUID ../../..
  hex('10001000 504e0400 5e3d5e3d'),
  hex('08004011 53510000 ffffffff'), // ReferencedImageSequence
  hex('ffffffff'),
  hex('00000000'),
  hex('ffff'),
  hex('feffffff'),
  hex('00000080'),
];

const vrs = ['SQ', 'UN', 'OB', 'OW', 'UT', 'OF', 'OV', 'SV', 'PN', 'UI', 'AT', 'US', 'ZZ', '\0\0', 'DS', 'IS'] as const;

const syntaxes = [
  '1.2.840.10008.1.2',
  '1.2.840.10008.1.2.1',
  '1.2.840.10008.1.2.2',
  '1.2.840.10008.1.2.1.99',
  '1.2.840.10008.1.2.4.50',
  '1.2.840.10008.1.2.4.70',
  '1.2.840.10008.1.2.4.80',
  '1.2.840.10008.1.2.4.90',
  '1.2.840.10008.1.2.4.100',
  '1.2.840.10008.1.2.5',
  '1.2.3.4.5.6.7.8.9',
] as const;

/** Offsets that look like the head of an element in explicit VR: where lengths and VRs are. */
function headsOf(bytes: Buffer): number[] {
  const heads: number[] = [];
  const end = Math.min(bytes.length - 8, 65_536);
  for (let at = 132; at < end; at += 2) {
    const [a = 0, b = 0] = [bytes[at + 4], bytes[at + 5]];
    if (a >= 0x41 && a <= 0x5a && b >= 0x41 && b <= 0x5a) heads.push(at);
  }
  return heads;
}

const somewhere = (bytes: Buffer, random: Random): number => {
  // Most of what decides is near the beginning.
  const within = random.oneIn(3) ? bytes.length : Math.min(bytes.length, 4096);
  return within === 0 ? 0 : random.below(within);
};

const aHead = (bytes: Buffer, random: Random): number => random.pick(headsOf(bytes)) ?? somewhere(bytes, random) & ~1;

const insert = (bytes: Buffer, at: number, more: Buffer) =>
  Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);

const isLong = (vr: string) => /^(?:OB|OD|OF|OL|OV|OW|SQ|SV|UC|UN|UR|UT|UV)$/.test(vr);

const mutations: readonly [Mutation, ...Mutation[]] = [
  // a bit
  (bytes, random) => {
    const at = somewhere(bytes, random);
    if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  },
  // a length that lies
  (bytes, random) => {
    const at = aHead(bytes, random);
    if (at + 12 > bytes.length) return bytes;
    if (isLong(bytes.toString('latin1', at + 4, at + 6))) {
      const was = bytes.readUInt32LE(at + 8);
      const lies = [
        0,
        1,
        was + 1,
        was + 2,
        was ^ 0x8000_0000,
        0xffff_ffff,
        0xffff_fffe,
        bytes.length,
        0x7fff_ffff,
      ] as const;
      bytes.writeUInt32LE(random.pick(lies) >>> 0, at + 8);
    } else {
      const was = bytes.readUInt16LE(at + 6);
      bytes.writeUInt16LE(random.pick([0, 1, was + 1, was + 2, 0xffff, 0xfffe, 0x8000] as const) & 0xffff, at + 6);
    }
    return bytes;
  },
  // another VR
  (bytes, random) => {
    const at = aHead(bytes, random);
    if (at + 6 <= bytes.length) bytes.write(random.pick(vrs), at + 4, 'latin1');
    return bytes;
  },
  // another tag
  (bytes, random) => {
    const at = aHead(bytes, random);
    if (at + 4 <= bytes.length) bytes.writeUInt32LE(random.below(0xffff_ffff), at);
    return bytes;
  },
  // cut off
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  // a word of the format in a wrong place
  (bytes, random) => {
    const word = random.pick(words) ?? Buffer.alloc(0);
    return insert(bytes, aHead(bytes, random), word);
  },
  (bytes, random) => {
    const word = random.pick(words) ?? Buffer.alloc(0);
    word.copy(bytes, somewhere(bytes, random));
    return bytes;
  },
  // a piece twice, or nowhere
  (bytes, random) => {
    const from = aHead(bytes, random);
    return insert(bytes, aHead(bytes, random), bytes.subarray(from, from + random.below(2048)));
  },
  (bytes, random) => {
    const from = aHead(bytes, random);
    return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + random.below(512))]);
  },
  // noise
  (bytes, random) => {
    random.bytes(1 + random.below(32)).copy(bytes, somewhere(bytes, random));
    return bytes;
  },
  // another transfer syntax for the same bytes
  (bytes, random) => {
    const at = bytes.indexOf(hex('02001000 5549'), 132);
    if (at < 0 || at > 1024) return bytes;
    const wanted = random.pick(syntaxes);
    const length = bytes.readUInt16LE(at + 6);
    bytes.fill(0, at + 8, Math.min(bytes.length, at + 8 + length));
    bytes.write(wanted.slice(0, length), at + 8, 'latin1');
    return bytes;
  },
  // deep nesting
  (bytes, random) => {
    const item = hex('08004011 53510000 ffffffff feff00e0 ffffffff');
    const deep = Buffer.concat(Array.from({ length: 1 + random.below(2000) }, () => item));
    return insert(bytes, aHead(bytes, random), deep.subarray(0, 60_000));
  },
];

/** A new Buffer; `bytes` stays as it is. One to four things are broken in it. */
export function mutateFile(bytes: Buffer, random: Random): Buffer {
  let broken = Buffer.from(bytes);
  for (let left = 1 + random.below(4); left > 0; left--) broken = Buffer.from(random.pick(mutations)(broken, random));
  return broken.subarray(0, bytes.length * 2 + 65_536);
}
