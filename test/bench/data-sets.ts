// Deterministic DICOM files for the benchmarks: headers of about 40 elements, noisy pixels, explicit little endian.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

export type Kind = {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly samples: 1 | 3;
  readonly bits: 8 | 16;
  readonly modality: string;
  readonly sopClassUid: string;
};

export const computedTomography: Kind = {
  name: 'CT',
  rows: 512,
  columns: 512,
  frames: 1,
  samples: 1,
  bits: 16,
  modality: 'CT',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
};

export const ultrasoundCine: Kind = {
  name: 'US',
  rows: 600,
  columns: 800,
  frames: 44,
  samples: 3,
  bits: 8,
  modality: 'US',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.3.1',
};

export const computedRadiography: Kind = {
  name: 'CR',
  rows: 3000,
  columns: 3000,
  frames: 1,
  samples: 1,
  bits: 16,
  modality: 'CR',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.1',
};

export const tinyObjects: Kind = {
  name: 'TN',
  rows: 100,
  columns: 100,
  frames: 1,
  samples: 1,
  bits: 16,
  modality: 'OT',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.7',
};

const root = '1.2.826.0.1.3680043.10.1338';
const longForm = new Set(['OB', 'OW', 'UN', 'SQ', 'UT']);

function element(tag: number, vr: string, value: string | number | Buffer): Buffer {
  let bytes: Buffer;
  if (typeof value === 'string') {
    const odd = Buffer.byteLength(value, 'latin1') % 2 === 1;
    bytes = Buffer.from(odd ? value + (vr === 'UI' ? '\0' : ' ') : value, 'latin1');
  } else if (typeof value === 'number') {
    bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
  } else bytes = value;
  const head = Buffer.alloc(longForm.has(vr) ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (longForm.has(vr)) head.writeUInt32LE(bytes.length, 8);
  else head.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

function header(kind: Kind, study: number, number: number): Buffer {
  const uid = `${root}.${kind.name.charCodeAt(0)}.${study}`;
  const vector: [number, string, string | number][] = [
    [0x00080005, 'CS', 'ISO_IR 100'],
    [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\AXIAL'],
    [0x00080016, 'UI', kind.sopClassUid],
    [0x00080018, 'UI', `${uid}.1.${number}`],
    [0x00080020, 'DA', '20261122'],
    [0x00080021, 'DA', '20261122'],
    [0x00080023, 'DA', '20261122'],
    [0x00080030, 'TM', '081500'],
    [0x00080031, 'TM', '081530'],
    [0x00080033, 'TM', '081531.5'],
    [0x00080050, 'SH', `B${study}`],
    [0x00080060, 'CS', kind.modality],
    [0x00080070, 'LO', 'Bench'],
    [0x00080080, 'LO', 'Benchmark Hospital'],
    [0x00080090, 'PN', 'Doe^Refers'],
    [0x00081010, 'SH', 'BENCH1'],
    [0x00081030, 'LO', 'Benchmark study'],
    [0x0008103e, 'LO', 'Benchmark series'],
    [0x00081090, 'LO', 'Generator'],
    [0x00100010, 'PN', `Bench^Patient${study}`],
    [0x00100020, 'LO', `BENCH-${study}`],
    [0x00100030, 'DA', '19700101'],
    [0x00100040, 'CS', 'O'],
    [0x00180050, 'DS', '1.25'],
    [0x00180060, 'DS', '120'],
    [0x00181030, 'LO', 'Protocol'],
    [0x0020000d, 'UI', uid],
    [0x0020000e, 'UI', `${uid}.1`],
    [0x00200010, 'SH', `S${study}`],
    [0x00200011, 'IS', '1'],
    [0x00200013, 'IS', String(number)],
    [0x00280002, 'US', kind.samples],
    [0x00280004, 'CS', kind.samples === 3 ? 'RGB' : 'MONOCHROME2'],
    ...(kind.samples === 3 ? ([[0x00280006, 'US', 0]] as [number, string, number][]) : []),
    ...(kind.frames > 1 ? ([[0x00280008, 'IS', String(kind.frames)]] as [number, string, string][]) : []),
    [0x00280010, 'US', kind.rows],
    [0x00280011, 'US', kind.columns],
    [0x00280100, 'US', kind.bits],
    [0x00280101, 'US', kind.bits === 16 ? 12 : 8],
    [0x00280102, 'US', kind.bits === 16 ? 11 : 7],
    [0x00280103, 'US', 0],
    [0x00281050, 'DS', '1024'],
    [0x00281051, 'DS', '2048'],
  ];
  return Buffer.concat(vector.map(([tag, vr, value]) => element(tag, vr, value)));
}

/** Noise from a small generator with a fixed seed, so that two runs send the same bytes. */
function noise(sizeBytes: number, bits: number, seed: number): Buffer {
  const words = new Uint16Array(Math.ceil(sizeBytes / 2));
  let state = seed * 2_654_435_761 + 1;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    words[i] = bits === 16 ? state >>> 20 : state >>> 16;
  }
  return Buffer.from(words.buffer, 0, sizeBytes);
}

function fileMeta(kind: Kind, sopInstanceUid: string): Buffer {
  const body = Buffer.concat([
    element(0x00020001, 'OB', Buffer.from([0, 1])),
    element(0x00020002, 'UI', kind.sopClassUid),
    element(0x00020003, 'UI', sopInstanceUid),
    element(0x00020010, 'UI', '1.2.840.10008.1.2.1'),
    element(0x00020012, 'UI', `${root}.1`),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), element(0x00020000, 'UL', length), body]);
}

/** Writes `count` objects in studies of `perStudy` below `folder` and gives back their paths. */
export async function writeDataSet(folder: string, kind: Kind, count: number, perStudy = 100): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const pixelBytes = kind.rows * kind.columns * kind.samples * (kind.bits / 8) * kind.frames;
  const pixels = noise(pixelBytes + (pixelBytes % 2), kind.bits, 7);
  const files: string[] = [];
  for (let i = 0; i < count; i++) {
    const study = Math.floor(i / perStudy) + 1;
    const number = (i % perStudy) + 1;
    pixels.writeUInt32LE(i, 0);
    const uid = `${root}.${kind.name.charCodeAt(0)}.${study}.1.${number}`;
    const file = path.join(folder, `${kind.name}${String(i).padStart(5, '0')}.dcm`);
    const pixelData = element(0x7fe00010, kind.bits === 16 ? 'OW' : 'OB', pixels);
    await writeFile(file, Buffer.concat([fileMeta(kind, uid), header(kind, study, number), pixelData]));
    files.push(file);
  }
  return files;
}
