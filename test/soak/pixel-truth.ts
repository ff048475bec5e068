// Every picture of the corpus as the viewer shows it, beside what DCMTK and pydicom show at the same window: within one
// level of one of them, or explained. Writes docs/PIXELS.md. `node test/soak/pixel-truth.ts [--check]`; with --check
// nothing is written. Ends with 0 when every picture is equal or explained.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as prettier from 'prettier';
import { explainedTruths } from '../peers/programs/explained-truths.ts';
import { compareShown, otherPrograms, verdictOf, type Truth } from '../peers/programs/pixel-truth.ts';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';

const target = path.resolve(import.meta.dirname, '../../docs/PIXELS.md');

const counted = (truths: readonly Truth[], verdict: string) =>
  truths.filter((truth) => verdictOf(truth, explainedTruths).verdict === verdict).length;

function cells(truth: Truth): readonly string[] {
  const { verdict, why } = verdictOf(truth, explainedTruths);
  const differences = otherPrograms.map((program) => {
    const found = truth.against[program];
    if (!found) return 'shows nothing';
    return found.most <= 1 ? String(found.most) : `${found.most} (${(found.share * 100).toFixed(2)} %)`;
  });
  return [
    `\`${truth.name}\``,
    String(truth.frame + 1),
    truth.kind,
    ...differences,
    why === '' ? verdict : `${verdict}: ${why}`,
  ];
}

if (!corpusIsHere) console.warn('NOT VERIFIED: corpus absent');
else {
  const truths = await compareShown(objects.map(({ path: name, file }) => ({ name, file })));
  const shown = truths.filter(({ reason }) => reason === undefined);
  const refused = truths.filter(
    ({ reason }) => reason !== undefined && reason !== 'no-pixels' && reason !== 'not-dicom',
  );
  const files = new Set(shown.map(({ name }) => name)).size;
  const summary = `| files with pixels drawn | frames compared | equal | explained | different | told why not |
|---|---|---|---|---|---|
| ${files} | ${shown.length} | ${counted(shown, 'equal')} | ${counted(shown, 'explained')} | ${counted(shown, 'different')} | ${refused.length} |
`;
  console.log(summary);
  for (const truth of shown) {
    if (verdictOf(truth, explainedTruths).verdict === 'different') console.log(cells(truth).join(' | '));
  }
  const page = `# Pixel truth

Made by \`node test/soak/pixel-truth.ts\`; not to be edited by hand.

Every picture of the test corpus as the viewer shows it at first, computed by the code that draws it, beside what two other
programs show at the same window: DCMTK's \`dcmj2pnm\`, and pydicom with numpy, Pillow and DCMTK's decompressors. The first and
the last frame of each object are compared, every pixel of them. A column gives the greatest difference of a level from 0 to 255 and,
where it is more than 1, the share of the samples that differ by more than 1. Pixels that the object calls padding are left out: they are
ground here, and grey there. A picture is *equal* when at least one of the programs shows the same within one level.

${summary}
| file | frame | kind | dcmtk | pydicom | verdict |
|---|---|---|---|---|---|
${shown.map((truth) => `| ${cells(truth).join(' | ')} |`).join('\n')}

## Not drawn, and told why

| file | reason |
|---|---|
${refused.map(({ name, reason = '' }) => `| \`${name}\` | ${reason} |`).join('\n')}
`;
  if (!process.argv.includes('--check')) {
    const options = await prettier.resolveConfig(target);
    writeFileSync(target, await prettier.format(page, { ...options, filepath: target }));
  }
  process.exitCode = counted(shown, 'different') > 0 ? 1 : 0;
}
