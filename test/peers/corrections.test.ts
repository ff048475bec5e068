// Corrections of PatientName and PatientID on files of the corpus and the samples, in many scripts, judged by pydicom, dcmdump and
// dciodvfy: nothing but the named elements differs, and no new error came. All files in all scripts: test/soak/corrections-corpus.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';
import { canJudge, judgeAll, scripts } from './programs/judged-corrections.ts';

const samples = path.resolve(import.meta.dirname, '../../resources/samples');
const sampleFiles = readdirSync(samples, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.dcm'))
  .map((name) => path.join(samples, name))
  .filter((file) => statSync(file).isFile());

test.runIf(canJudge)('a corrected sample differs from what came in nothing but the named elements', async () => {
  const judged = await judgeAll(sampleFiles, { PatientName: 'Verify^Correction', PatientID: 'SL-0042' });
  const { findings, validated, dumps, refused, corrected } = judged;
  expect(refused).toEqual([]);
  expect(findings).toEqual([`judged ${corrected} skipped 0`]);
  expect(dumps).toEqual({ judged: corrected, found: [] });
  expect(validated.found).toEqual([]);
});

const accepted = objects.filter(({ expected }) => expected.startsWith('accept')).map(({ file }) => file);
/** Of so many files one is taken. More by hand: SAFELIGHT_SAMPLE=2 npx vitest run test/peers/corrections.test.ts */
const oneOf = Number(process.env['SAFELIGHT_SAMPLE'] ?? 16);
/** Another part of the corpus for each script; files with text worth the name besides for the first. */
const parts = Object.entries(scripts).map(([script, name], n, all) => {
  const isOwn = (file: string, index: number) => index % (all.length * oneOf) === n * oneOf;
  const isText = (file: string, index: number) => n === 0 && /\/charset/.test(file) && index % (oneOf / 4) < 1;
  return [script, name, accepted.filter((file, index) => isOwn(file, index) || isText(file, index))] as const;
});

test.runIf(canJudge && corpusIsHere).each(parts)(
  'an object that gets a %s name differs in nothing but the named elements, or is refused with a code',
  async (_script, PatientName, files) => {
    const judged = await judgeAll(files, { PatientName, PatientID: 'SL-0042' });
    expect(judged.findings.slice(0, -1)).toEqual([]);
    expect(judged.dumps.found).toEqual([]);
    expect(judged.validated.found).toEqual([]);
    expect(judged.corrected).toBe(files.length - judged.refused.length);
    expect(judged.corrected, judged.refused.join('\n')).toBeGreaterThanOrEqual(Math.floor(files.length * 0.9));
  },
);
