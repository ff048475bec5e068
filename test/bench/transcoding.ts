// How fast objects are given another transfer syntax, beside the tool of DCMTK for the same: one CT of 512 x 512 again and
// again, from a file to a file. Ours decodes, writes, syncs and proves what it wrote; the tools decode and write.
//
//   node test/bench/transcoding.ts [objects]
//
// MB are those of the uncompressed pixels. The tools are started for each object, as they are used; the last column takes
// off what starting them on a file of 16 x 16 costs. On a busy machine the columns of CPU time are the ones to compare.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { encodeElements, buildFileMeta, openPart10 } from '#station/dicom/index.ts';
import { nativePixelElement, openTranscoder } from '#station/dicom/codecs/index.ts';
import { corpusIsHere, fileAt } from '../station/dicom/corpus.ts';
import { noiseFrom } from '../support/noise.ts';
import { imagePixelElements } from '../support/image-pixel.ts';

const objects = Number(process.argv[2] ?? 20);
const explicit = '1.2.840.10008.1.2.1';
const folder = mkdtempSync(path.join(os.tmpdir(), 'safelight-transcoding-'));
const transcoder = openTranscoder();

/** A body in air with noise, so that it compresses about as a real slice does. */
function slice(side: number): Buffer {
  const pixels = Buffer.alloc(side * side * 2);
  const noise = noiseFrom(1);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const radius = Math.hypot(x - side / 2, (y - side / 2) * 1.4) / (side / 2);
      const value = radius < 0.85 ? 1040 + 60 * Math.sin(x / 23) * Math.cos(y / 31) + noise(24) : noise(8);
      pixels.writeUInt16LE(Math.round(value), (y * side + x) * 2);
    }
  return pixels;
}

function writeSlice(file: string, side: number): void {
  const uids = { sopClassUid: '1.2.840.10008.5.1.4.1.1.7', sopInstanceUid: '2.25.1', transferSyntaxUid: explicit };
  const header = encodeElements(
    [
      { keyword: 'SOPClassUID', value: uids.sopClassUid },
      { keyword: 'SOPInstanceUID', value: uids.sopInstanceUid },
      ...imagePixelElements({ rows: side, columns: side, bitsStored: 12 }),
    ],
    { explicit: true, littleEndian: true, characterSet: [] },
  );
  writeFileSync(file, Buffer.concat([buildFileMeta(uids), header, ...nativePixelElement(slice(side), 16)]));
}

const at = (name: string) => path.join(folder, name);

type Cost = { readonly seconds: number; readonly cpuSeconds: number; readonly madeBytes: number };

async function ours(file: string): Promise<Cost> {
  const opened = await openPart10(file);
  await opened.close();
  let madeBytes = 0;
  const once = async () => {
    const answer = await transcoder.transcode({
      ...{ source: file, dataSetOffset: opened.dataSetOffset, transferSyntaxUid: opened.syntax.uid },
      ...{ sopClassUid: '1.2.840.10008.5.1.4.1.1.7', sopInstanceUid: '2.25.1', targetSyntaxUid: explicit },
      ...{ mayDecompressLossy: false, file: at('made.dcm') },
    });
    if (answer.kind === 'cannot') throw new Error(answer.reason);
    madeBytes = answer.dataSetLength * objects;
    rmSync(at('made.dcm'));
  };
  await once();
  const [from, before] = [performance.now(), process.cpuUsage()];
  for (let n = 0; n < objects; n++) await once();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - from) / 1000, cpuSeconds: (user + system) / 1e6, madeBytes };
}

function tool(program: string, file: string): Cost {
  const from = performance.now();
  const loop = `for n in $(seq ${objects}); do ${program} "$1" "$2"; done; times`;
  const said = execFileSync('bash', ['-c', loop, 'bash', file, at('tool.dcm')], { encoding: 'utf8' });
  const [user = 0, system = 0] = [...(said.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  );
  return { seconds: (performance.now() - from) / 1000, cpuSeconds: user + system, madeBytes: 0 };
}

try {
  writeSlice(at('large.dcm'), 512);
  writeSlice(at('small.dcm'), 16);
  const megabytes = (objects * 512 * 512 * 2) / 1e6;
  const per = (mb: number, seconds: number) => (mb / Math.max(seconds, 0.001)).toFixed(1);
  console.log(
    `${objects} x CT 512 x 512, 16 bit; load ${os.loadavg()[0]?.toFixed(1)}; CPUs ${os.availableParallelism()}`,
  );
  console.log(
    '| from | ours, proved, MB/s | MB per CPU s | tool | as used, MB/s | MB per CPU s | less its start, MB per CPU s |',
  );
  console.log('|---|---|---|---|---|---|---|');
  const rows = [
    ['RLE Lossless', 'dcmcrle', 'dcmdrle', []],
    ['JPEG-LS Lossless', 'dcmcjpls', 'dcmdjpls', []],
    ['JPEG Lossless SV1', 'dcmcjpeg', 'dcmdjpeg', []],
    ['Implicit VR Little Endian', 'dcmconv', 'dcmconv', ['+ti']],
  ] as const;
  for (const [name, compress, decompress, options] of rows) {
    for (const size of ['large', 'small'])
      execFileSync(compress, [...options, at(`${size}.dcm`), at(`${size}.in`)], { stdio: 'ignore' });
    const own = await ours(at('large.in'));
    const used = tool(decompress, at('large.in'));
    const starting = tool(decompress, at('small.in'));
    const cells = [
      ...[name, per(megabytes, own.seconds), per(megabytes, own.cpuSeconds)],
      ...[decompress, per(megabytes, used.seconds), per(megabytes, used.cpuSeconds)],
      per(megabytes, used.cpuSeconds - starting.cpuSeconds),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  if (corpusIsHere) {
    const { seconds, cpuSeconds, madeBytes } = await ours(fileAt('dicom/syntax/RG3_J2KR.dcm'));
    const mb = madeBytes / 1e6;
    console.log(`| JPEG 2000 Lossless (RG3) | ${per(mb, seconds)} | ${per(mb, cpuSeconds)} | none in DCMTK | | | |`);
  }
} finally {
  await transcoder.close();
  rmSync(folder, { recursive: true, force: true });
}
