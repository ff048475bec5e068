// Mutants of reports, notes, documents, presentation states, waveforms and videos, read as a window asks for them. Counts what
// broke, what no window could be told, and what took more than a second of a processor.
//
//     node test/soak/document-mutants.ts [count] [first seed]
import { readFileSync } from 'node:fs';
import { headerShape, paperShape, waveformShape } from '#contract/shapes/documents.ts';
import { mostHeaderLines } from '#contract/shapes/documents.ts';
import { openPart10, readerOfBuffer } from '#station/dicom/index.ts';
import {
  compareHeaders,
  findEnclosed,
  findVideo,
  readPaper,
  readSamples,
  readTree,
  readWaveform,
  searchHeader,
  streamVideo,
} from '#station/dicom/documents/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { mutateFile } from '../faults/mutate-files.ts';
import { randomFrom } from '../faults/random.ts';
import { objects } from '../station/dicom/corpus.ts';

const reference = { objectId: null, examId: null };
const [most = 10_000, first = 1] = process.argv.slice(2).map(Number);
const sources: { readonly name: string; readonly bytes: Buffer }[] = [];
for (const { file, path: name, bytes } of objects) {
  if (bytes > 300_000) continue;
  const source = readFileSync(file);
  const kind = await readAll(source).catch(() => 'broken');
  if (name.includes('nesting') || !['other', 'broken'].includes(kind)) sources.push({ name, bytes: source });
}
if (sources.length === 0) {
  console.warn('NOT VERIFIED: corpus absent');
  process.exit(0);
}

const tally = { read: 0, refused: 0, crashed: 0, untold: 0, slow: 0 };
const kinds = new Map<string, number>();
let slowestMs = 0;

async function readAll(bytes: Buffer): Promise<string> {
  const object = await openPart10(readerOfBuffer(bytes), { name: 'mutant' });
  const tree = await readTree(object);
  const lines = compareHeaders(tree, null);
  const found = searchHeader(lines, 'patient 0010').slice(0, mostHeaderLines);
  const { stopped } = tree;
  headerShape.parse({
    ...{ objectId: '', stage: 'left', lines: lines.slice(0, mostHeaderLines), found: found.length },
    ...{ total: lines.length, stopped },
  });
  const bare = await readPaper(object, tree);
  const paper =
    bare.kind === 'report'
      ? {
          ...bare,
          lines: bare.lines.map((line) => ({
            ...line,
            reference: line.reference && { ...line.reference, ...reference },
          })),
        }
      : bare.kind === 'presentation'
        ? { ...bare, references: bare.references.map((one) => ({ ...one, ...reference })) }
        : bare;
  paperShape.parse(paper);
  if (bare.kind === 'report' && new Set(bare.lines.map(({ place }) => place)).size < bare.lines.length) {
    throw new TypeError('two lines in one place');
  }
  const wave = readWaveform(tree);
  waveformShape.parse({
    ...{ objectId: '', notes: wave.notes, stopped: wave.stopped },
    groups: wave.groups.map(({ place: _place, ...group }) => group),
  });
  for (const group of wave.groups) await readSamples(tree, group, Math.max(0, group.samples - 1000), 10_000_000);
  findEnclosed(tree);
  const video = await findVideo(object);
  if (video)
    for await (const piece of streamVideo(object, video, 0, video.sizeBytes))
      if (piece.length === 0) throw new Error('empty');
  return bare.kind;
}

for (let seed = first; seed < first + most; seed++) {
  const random = randomFrom(seed);
  const source = random.pick(sources);
  if (!source) break;
  const bytes = mutateFile(source.bytes, random);
  const began = process.cpuUsage();
  try {
    const kind = await readAll(bytes);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    tally.read++;
  } catch (error) {
    if (isProblem(error)) tally.refused++;
    else {
      if (error instanceof Error && error.name === 'ZodError') tally.untold++;
      else tally.crashed++;
      console.error(`seed ${seed}, ${source.name}:`, error instanceof Error ? error.stack?.slice(0, 600) : error);
    }
  }
  const { user, system } = process.cpuUsage(began);
  const ms = (user + system) / 1000;
  slowestMs = Math.max(slowestMs, ms);
  if (ms > 1000) {
    tally.slow++;
    console.error(`seed ${seed}, ${source.name}: ${Math.round(ms)} ms`);
  }
}
console.table([{ seeds: sources.length, mutants: most, ...tally, slowestMs: Math.round(slowestMs) }]);
console.table(Object.fromEntries(kinds));
if (tally.crashed + tally.untold + tally.slow > 0) process.exitCode = 1;
