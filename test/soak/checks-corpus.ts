// How often each automatic check speaks on pictures that nobody planted anything in: every file of the corpus that can be
// drawn, by modality. Also how long a check takes. Prints one table; it has no figure to reach, but ends badly when a
// check fails or takes longer than its limit.
//
// node test/soak/checks-corpus.ts [--list CODE]   lists the files on which one check speaks
import { openPart10, readHeader } from '#station/dicom/index.ts';
import { openFrameReader } from '#station/dicom/codecs/index.ts';
import { isSlice, type AboutImage } from '#station/quality/checks/about.ts';
import { checkedSide, checkPicture, pictureChecks } from '#station/quality/checks/picture-checks.ts';
import { readFileFact } from '#station/quality/read-image-fact.ts';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';

if (!corpusIsHere) {
  console.log('NOT VERIFIED: corpus absent');
  process.exit(0);
}
const listed = process.argv[process.argv.indexOf('--list') + 1];
const list = process.argv.includes('--list') ? listed : undefined;
const codes = [...Object.keys(pictureChecks), 'duplicate'];

type Row = { drawn: number; slices: number; said: Map<string, number> };
const byModality = new Map<string, Row>();
const seen = new Map<string, string>();
const took: number[] = [];
let notDrawable = 0;
let failed = 0;

const frames = openFrameReader();
for (const { path: name, file } of objects) {
  if (name.startsWith('bad/') || name.startsWith('media/')) continue;
  try {
    const object = await openPart10(file);
    const header = await readHeader(object);
    const { dataSetOffset, syntax } = object;
    await object.close();
    if (!header.hasPixelData) continue;
    const fact = await readFileFact(file);
    const about: AboutImage = {
      Modality: header.Modality,
      frames: header.NumberOfFrames ?? 1,
      BurnedInAnnotation: header.BurnedInAnnotation,
      ImageLaterality: fact.ImageLaterality,
      PhotometricInterpretation: header.PhotometricInterpretation,
      bitsStored: header.BitsStored ?? 0,
    };
    const request = { path: file, dataSetOffset, transferSyntax: syntax.uid };
    const middle = Math.floor(Math.max(0, about.frames - 1) / 2);
    const frame = await frames.frame({ ...request, frame: middle, longestSide: checkedSide }, 'later');
    if (frame.kind === 'not-drawable') {
      notDrawable++;
      continue;
    }
    const row = byModality.get(about.Modality) ?? { drawn: 0, slices: 0, said: new Map<string, number>() };
    byModality.set(about.Modality, row);
    row.drawn++;
    const isSkipped = isSlice(about) && frame.samples === 1;
    if (isSkipped) row.slices++;
    const began = performance.now();
    const found = isSkipped ? [] : checkPicture({ frame, about });
    if (!isSkipped) took.push(performance.now() - began);
    const said: { code: string; text: string }[] = found.map(({ code, ...evidence }) => ({
      code,
      text: JSON.stringify(evidence),
    }));
    if (about.frames <= 1 && frame.max > frame.min) {
      const digest = await frames.digest({ ...request, frame: 0 });
      const known = digest.kind === 'digest' ? seen.get(digest.sha256) : undefined;
      if (known !== undefined) said.push({ code: 'duplicate', text: known });
      if (digest.kind === 'digest') seen.set(digest.sha256, known ?? name);
    }
    for (const { code, text } of said) {
      row.said.set(code, (row.said.get(code) ?? 0) + 1);
      if (list === code || list === 'all') console.log(code, name, about.Modality, text);
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'not-dicom' || code === 'ENOENT') continue;
    failed++;
    console.log('failed', name, error);
  }
}
await frames.close();

console.log(`| modality | drawn | of these slices, not looked at | ${codes.join(' | ')} |`);
console.log(`|---|---|---|${codes.map(() => '---').join('|')}|`);
const total: Row = { drawn: 0, slices: 0, said: new Map() };
for (const [modality, row] of [...byModality].sort()) {
  total.drawn += row.drawn;
  total.slices += row.slices;
  for (const [code, n] of row.said) total.said.set(code, (total.said.get(code) ?? 0) + n);
  print(modality === '' ? '(none)' : modality, row);
}
print('all', total);
took.sort((a, b) => a - b);
const at = (part: number) => (took[Math.min(took.length - 1, Math.floor(took.length * part))] ?? 0).toFixed(0);
console.log(
  `\n${notDrawable} could not be drawn. One picture takes ${at(0.5)} ms (median), ${at(0.95)} ms (95 %), ${at(1)} ms at most.`,
);
process.exitCode = failed > 0 || (took.at(-1) ?? 0) > 6000 ? 1 : 0;

function print(name: string, { drawn, slices, said }: Row): void {
  console.log(`| ${name} | ${drawn} | ${slices} | ${codes.map((code) => said.get(code) ?? 0).join(' | ')} |`);
}
