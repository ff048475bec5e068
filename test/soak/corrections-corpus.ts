// Every accepted file of the corpus gets a name in each of seven scripts; pydicom and dcmdump judge that nothing else is another,
// dciodvfy that no error is new. Prints one table and what was refused. `node test/soak/corrections-corpus.ts [script...]`.
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';
import { canJudge, judgeAll, scripts } from '../peers/programs/judged-corrections.ts';

const asked = process.argv.slice(2);
const accepted = objects.filter(({ expected }) => expected.startsWith('accept')).map(({ file }) => file);
let failures = 0;
if (!corpusIsHere || !canJudge) {
  console.warn('NOT VERIFIED: corpus absent');
} else {
  console.log(
    '| script | files | corrected | became ISO_IR 192 | refused | pydicom judged | dcmdump judged | bytes changed outside | dciodvfy judged | new errors |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  const refused = new Map<string, Set<string>>();
  const found: string[] = [];
  for (const [script, PatientName] of Object.entries(scripts)) {
    if (asked.length > 0 && !asked.includes(script)) continue;
    const judged = await judgeAll(accepted, { PatientName, PatientID: 'SL-0042' });
    const byPydicom = /judged (\d+)/.exec(judged.findings.at(-1) ?? '')?.[1] ?? '0';
    const outside = [...judged.findings.slice(0, -1), ...judged.dumps.found];
    failures += outside.length + judged.validated.found.length;
    found.push(...outside, ...judged.validated.found);
    for (const line of judged.refused) {
      const [code = '', file = ''] = line.split('\t');
      const what = `${code.replace(/"object":"[^"]*",?/, '')} ${file.replace(/^.*corpus\//, '')}`;
      refused.set(what, (refused.get(what) ?? new Set()).add(script));
    }
    const { corrected, becameUnicode, dumps, validated } = judged;
    console.log(
      `| ${[script, accepted.length, corrected, becameUnicode, judged.refused.length, byPydicom, dumps.judged, outside.length, validated.judged, validated.found.length].join(' | ')} |`,
    );
  }
  console.log(`\nRefused, each with its code:\n`);
  for (const [what, names] of refused) console.log(`- ${what} (${[...names].join(', ')})`);
  if (found.length > 0) console.log(`\nFound:\n${found.slice(0, 100).join('\n')}`);
}
process.exitCode = failures > 0 ? 1 : 0;
