// Waveforms (PS3.3 C.10.9): groups with their channels, and samples in the units of each channel, a stretch at a time.
//
// Guarantees: reads only the stretch that is asked for; a group whose numbers do not fit its bytes is told and not read. At most
// 32 groups and 64 channels of each are drawn.
import type { Channel, WaveformGroup } from '#contract/shapes/documents.ts';
import { codeOf } from './report.ts';
import { wholeOf, type Tree } from './tree.ts';

const mostGroups = 32;
const mostChannels = 64;
/** Numbers of one answer: 4 MiB. */
export const mostSampleNumbers = 1_048_576;

type Place = {
  readonly valueOffset: number;
  readonly littleEndian: boolean;
  readonly sampleBytes: 1 | 2 | 4;
  readonly signed: boolean;
  /** Channels of the object, which lie side by side in each sample. */
  readonly stride: number;
  readonly padding: number | null;
};
export type ReadGroup = WaveformGroup & { readonly place: Place | null };
export type ReadWaveform = {
  readonly notes: readonly string[];
  readonly groups: readonly ReadGroup[];
  readonly stopped: string;
};

export function readWaveform(tree: Tree): ReadWaveform {
  const notes = tree
    .items(-1, 0x0040b020)
    .slice(0, 200)
    .map((item) => noteOf(tree, item))
    .filter((note) => note !== '');
  const groups = tree
    .items(-1, 0x54000100)
    .slice(0, mostGroups)
    .map((item, number) => groupOf(tree, item, number));
  return { notes, groups, stopped: tree.stopped };
}

function noteOf(tree: Tree, item: number): string {
  const words = tree.text(item, 0x00700006);
  if (words !== '') return words.slice(0, 512);
  const name = codeOf(tree, tree.items(item, 0x0040a043)[0]);
  const value = tree.texts(item, 0x0040a30a).join(', ') || codeOf(tree, tree.items(item, 0x0040a168)[0]);
  const unit = codeUnit(tree, item);
  return `${name}${value === '' ? '' : `: ${value} ${unit}`}`.trim().slice(0, 512);
}

const codeUnit = (tree: Tree, item: number): string => {
  const [unit] = tree.items(item, 0x004008ea);
  return unit === undefined ? '' : tree.text(unit, 0x00080100);
};

function groupOf(tree: Tree, item: number, number: number): ReadGroup {
  const told = wholeOf(tree.number(item, 0x003a0005));
  const samples = wholeOf(tree.number(item, 0x003a0010));
  const hz = tree.number(item, 0x003a001a) ?? 0;
  const definitions = tree.items(item, 0x003a0200);
  const channels = definitions.slice(0, mostChannels).map((one, n) => channelOf(tree, one, n));
  const { trouble, place } = placeOf(tree, item, { told, samples, hz, defined: definitions.length });
  return {
    ...{ number, channels: trouble === '' ? channels : channels.slice(0, 64), channelsTold: told, samples, place },
    label: (tree.text(item, 0x003a0020) || `${number + 1}`).slice(0, 64),
    hz: Number.isFinite(hz) && hz > 0 ? hz : 0,
    originality: tree.text(item, 0x003a0004).slice(0, 16),
    trouble,
  };
}

function placeOf(
  tree: Tree,
  item: number,
  said: { readonly told: number; readonly samples: number; readonly hz: number; readonly defined: number },
): { readonly trouble: string; readonly place: Place | null } {
  const not = (trouble: string) => ({ trouble, place: null });
  const { told, samples, hz, defined } = said;
  if (told === 0 || samples === 0 || defined === 0) return not('no-channels');
  if (told > 1024) return not('too-many-channels');
  if (!(hz > 0 && hz <= 1e7)) return not('no-frequency');
  const meaning = tree.text(item, 0x54001006);
  const bits = tree.number(item, 0x54001004);
  const sampleBytes = bits === 8 ? 1 : bits === 16 ? 2 : bits === 32 ? 4 : null;
  const signed = meaning === 'SS' || meaning === 'SB' || meaning === 'SL';
  if (sampleBytes === null || !['SS', 'US', 'SB', 'UB', 'SL', 'UL'].includes(meaning)) return not('kind-unknown');
  const n = tree.find(item, 0x54001010);
  const node = n === undefined ? undefined : tree.nodes[n];
  if (node === undefined || node.length < told * samples * sampleBytes) return not('length-lies');
  const value = tree.find(item, 0x5400100a);
  const bytes = value === undefined ? null : (tree.nodes[value]?.value ?? null);
  const { valueOffset, littleEndian } = node;
  const layout = { valueOffset, littleEndian, sampleBytes, signed, stride: told } as const;
  const padding = bytes !== null && bytes.length >= sampleBytes ? readSample(bytes, 0, layout) : null;
  return { trouble: '', place: { ...layout, padding } };
}

function channelOf(tree: Tree, item: number, n: number): Channel {
  const name = tree.text(item, 0x003a0203) || codeOf(tree, tree.items(item, 0x003a0208)[0]) || `${n + 1}`;
  const [unit] = tree.items(item, 0x003a0211);
  const step = finite(tree.number(item, 0x003a0210));
  const factor = finite(tree.number(item, 0x003a0212)) ?? 1;
  return {
    name: name.replace(/^Lead\s+/i, '').slice(0, 64),
    unit: unit === undefined ? '' : (tree.text(unit, 0x00080100) || codeOf(tree, unit)).slice(0, 16),
    sensitivity: step === null ? null : finite(step * factor),
    baseline: finite(tree.number(item, 0x003a0213)) ?? 0,
    highPassHz: finite(tree.number(item, 0x003a0220)),
    lowPassHz: finite(tree.number(item, 0x003a0221)),
    notchHz: finite(tree.number(item, 0x003a0222)),
  };
}

const finite = (one: number | undefined): number | null => (one !== undefined && Math.abs(one) < 1e12 ? one : null);

/**
 * Samples `from` (counted from 0) to `from + count` of a group, one channel after the other, as 32-bit floats in little endian
 * and in the unit of the channel; NaN where the device had nothing. Shorter at the end of the waveform.
 */
export async function readSamples(tree: Tree, group: ReadGroup, from: number, count: number): Promise<Buffer> {
  const { place, channels } = group;
  if (place === null) return Buffer.alloc(0);
  const drawn = Math.min(channels.length, place.stride);
  const most = Math.min(count, Math.floor(mostSampleNumbers / place.stride), Math.max(0, group.samples - from));
  const sample = place.stride * place.sampleBytes;
  const bytes = await tree.reader.read(place.valueOffset + from * sample, most * sample);
  const there = Math.min(most, Math.floor(bytes.length / sample));
  const out = Buffer.alloc(there * drawn * 4);
  for (let channel = 0; channel < drawn; channel++) {
    const { sensitivity, baseline } = channels[channel] ?? { sensitivity: null, baseline: 0 };
    for (let at = 0; at < there; at++) {
      const stored = readSample(bytes, (at * place.stride + channel) * place.sampleBytes, place);
      const value = stored === place.padding ? NaN : sensitivity === null ? stored : stored * sensitivity + baseline;
      out.writeFloatLE(value, (channel * there + at) * 4);
    }
  }
  return out;
}

function readSample(bytes: Buffer, at: number, { sampleBytes, signed, littleEndian }: Omit<Place, 'padding'>): number {
  if (sampleBytes === 1) return signed ? bytes.readInt8(at) : bytes.readUInt8(at);
  if (littleEndian) return signed ? bytes.readIntLE(at, sampleBytes) : bytes.readUIntLE(at, sampleBytes);
  return signed ? bytes.readIntBE(at, sampleBytes) : bytes.readUIntBE(at, sampleBytes);
}
