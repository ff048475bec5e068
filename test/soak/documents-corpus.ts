// Every file of the corpus that is no plain picture is shown or told why; every header is read. Nothing crashes, nothing takes
// a second of processor time, which other programs on a busy machine do not lengthen as they do the time on the clock.
// Prints one table. `node test/soak/documents-corpus.ts`
import { openPart10, type Part10 } from '#station/dicom/index.ts';
import { openFrameReader } from '#station/dicom/codecs/index.ts';
import {
  compareHeaders,
  findEnclosed,
  readPaper,
  readSamples,
  readTree,
  readWaveform,
  type BarePaper,
  type Tree,
} from '#station/dicom/documents/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';

const mostMs = 1000;

/** Processor time of all threads until now. */
function usedMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function say(paper: BarePaper, tree: Tree): Promise<readonly [string, string]> {
  const cut = tree.stopped === '' ? '' : `, breaks off (${tree.stopped})`;
  switch (paper.kind) {
    case 'report': {
      const points = paper.lines.filter(({ reference }) => reference !== null).length;
      const unknown = paper.lines.filter(({ text, valueType }) => text === '' && valueType === 'TEXT').length;
      return [
        'shown',
        `${paper.isKeyObjects ? 'key objects' : 'report'}, ${paper.lines.length} lines, ${points} references${unknown > 0 ? `, ${unknown} empty` : ''}${cut}`,
      ];
    }
    case 'presentation':
      return [
        'shown',
        `presentation state for ${paper.references.length} images; not shown: ${paper.lacks.join(', ') || 'nothing'}`,
      ];
    case 'enclosed-text':
      return ['shown', `${paper.mediaType}, ${paper.text.length} characters`];
    case 'pdf':
      return [paper.isSound ? 'shown' : 'told', `PDF, ${findEnclosed(tree)?.sizeBytes ?? 0} bytes`];
    case 'video':
      return [
        paper.isPlayable ? 'shown' : 'told',
        `video ${paper.coding} in ${paper.container}, ${paper.sizeBytes} bytes, ${paper.frames} frames`,
      ];
    case 'waveform': {
      const { groups } = readWaveform(tree);
      const drawn = groups.filter(({ trouble }) => trouble === '');
      const bytes = await Promise.all(drawn.map((group) => readSamples(tree, group, 0, 2000)));
      const said = groups.map(
        ({ channels, samples, hz, trouble }) =>
          trouble || `${channels.length} channels of ${samples} samples at ${hz} Hz`,
      );
      return [bytes.every(({ length }) => length > 0) && drawn.length > 0 ? 'shown' : 'told', said.join('; ')];
    }
    case 'other':
      return ['told', `${paper.reason}, ${paper.facts.length} facts${cut}`];
  }
}

let crashes = 0;
let slow = 0;
let slowest = 0;
if (corpusIsHere) {
  await using frames = openClosing();
  console.log('| file | | what | header lines | ms |\n|---|---|---|---|---|');
  const sums = { picture: 0, shown: 0, told: 0, 'no DICOM': 0 } as Record<string, number>;
  for (const { file, path: name } of objects) {
    let object: Part10 | undefined;
    try {
      const began = usedMs();
      object = await openPart10(file, { name });
      const tree = await readTree(object);
      const lines = compareHeaders(tree, null);
      compareHeaders(tree, tree);
      const paper = await readPaper(object, tree);
      const [outcome, what] = await say(paper, tree);
      const ms = usedMs() - began;
      slowest = Math.max(slowest, ms);
      if (ms > mostMs) slow += 1;
      const drawn = await frames.reader.frame(
        { path: file, dataSetOffset: object.dataSetOffset, transferSyntax: object.syntax.uid, frame: 0 },
        'urgent',
      );
      const isPicture = drawn.kind !== 'not-drawable';
      const counted = isPicture ? 'picture' : outcome;
      sums[counted] = (sums[counted] ?? 0) + 1;
      if (isPicture && ms <= mostMs) continue;
      const why = isPicture
        ? 'picture'
        : `${what}${paper.kind === 'other' && drawn.kind === 'not-drawable' ? ` (picture: ${drawn.reason})` : ''}`;
      console.log(`| ${name} | ${counted} | ${why} | ${lines.length} | ${ms.toFixed(0)} |`);
    } catch (error) {
      if (isProblem(error, 'not-dicom')) sums['no DICOM'] = (sums['no DICOM'] ?? 0) + 1;
      else {
        crashes += 1;
        console.log(`| ${name} | CRASH | ${String(error)} | | |`);
      }
    } finally {
      await object?.close();
    }
  }
  console.log(
    `\n${Object.entries(sums)
      .map(([name, n]) => `${n} ${name}`)
      .join(', ')}; crashes ${crashes}, over ${mostMs} ms ${slow}, slowest ${slowest.toFixed(0)} ms`,
  );
}

function openClosing() {
  const reader = openFrameReader();
  return { reader, [Symbol.asyncDispose]: async () => void (await reader.close()) };
}
process.exitCode = crashes + slow > 0 ? 1 : 0;
