// A correction of PatientName and PatientID on every accepted file of the corpus and the samples, judged by pydicom and
// dciodvfy: nothing but the named elements differs, pixels and private elements are the same, and no new error came.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { whenExamApproved } from '#station/flow/when-exam-approved.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { isProblem } from '#station/kit/problem.ts';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';
import { openSmallHouse } from '../station/4-review/house.ts';
import { isInstalled, run } from './programs/run.ts';
import { temporaryFolder } from './programs/temporary-folder.ts';

const python = '/usr/bin/python3';
const samples = path.resolve(import.meta.dirname, '../../resources/samples');
const sampleFiles = readdirSync(samples, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.dcm'))
  .map((name) => path.join(samples, name))
  .filter((file) => statSync(file).isFile());

const canJudge = existsSync(python) && (await run(python, ['-c', 'import pydicom'])).code === 0;
if (!canJudge) console.warn('NOT VERIFIED: pydicom absent');
const canValidate = isInstalled('dciodvfy');
if (!canValidate) console.warn('NOT VERIFIED: dciodvfy absent');

type Identity = { readonly PatientName: string; readonly PatientID: string };
type Job = { readonly before: string; readonly after: string; readonly name: string; readonly id: string };

/** Corrects and approves one file, and writes down what came and what leaves. The code when it is refused. */
async function correctOne(file: string, identity: Identity, stem: string): Promise<Job | string> {
  const house = await openSmallHouse();
  try {
    const { examId, objectId, bytes } = await house.take(file);
    whenExamCorrected(house.rooms, { examId, attributes: identity, reason: 'CORRECT', by: 'Kim' });
    house.pass(60_000);
    await whenExamApproved(house.rooms, { examId, by: 'Kim' });
    await writeFile(`${stem}-before.dcm`, bytes);
    await writeFile(`${stem}-after.dcm`, await house.leaving(objectId));
    const { PatientName: name, PatientID: id } = identity;
    return { before: `${stem}-before.dcm`, after: `${stem}-after.dcm`, name, id };
  } catch (error) {
    if (isProblem(error)) return `${error.code} ${JSON.stringify(error.params)}`;
    throw error;
  } finally {
    await house.close();
  }
}

const formerValues = /OriginalAttributesSequence\(0400,0561\)\[\d+\]\/ModifiedAttributesSequence\(0400,0550\)\[1\]\//;

/**
 * Errors that dciodvfy finds after and did not find before. One that moved with a former value into Modified Attributes
 * is not new. What it cannot follow before it cannot judge after.
 */
async function newErrors(job: Job): Promise<string[]> {
  const errorsOf = async (file: string) => {
    const { output, signal } = await run('dciodvfy', ['-new', file]);
    const errors = output.split('\n').filter((line) => line.startsWith('Error'));
    return [...errors.map((line) => line.replace(formerValues, '')), ...(signal ? [`ended by ${signal}`] : [])];
  };
  const before = new Set(await errorsOf(job.before));
  if ([...before].some((line) => line.includes('Tag read failed'))) return [];
  return (await errorsOf(job.after)).filter((line) => !before.has(line));
}

async function judgeAll(files: readonly string[], identity: Identity) {
  const folder = await temporaryFolder('corrections');
  try {
    const jobs: { readonly file: string; readonly job: Job }[] = [];
    const refused: string[] = [];
    for (const [index, file] of files.entries()) {
      const outcome = await correctOne(file, identity, path.join(folder.path, String(index)));
      if (typeof outcome === 'string') refused.push(`${outcome}\t${file}`);
      else jobs.push({ file, job: outcome });
    }
    const named = (line: string) =>
      line.replace(/\S+\/(\d+)-before\.dcm/, (_all, index: string) => files[+index] ?? '');
    const list = path.join(folder.path, 'jobs');
    await writeFile(list, jobs.map(({ job }) => `${JSON.stringify(job)}\n`).join(''));
    const script = path.join(import.meta.dirname, 'judge-corrections.py');
    const judged = await run('/bin/sh', ['-c', `${python} ${script} < ${list}`], { withinMs: 240_000 });
    const findings = judged.output.trim().split('\n').map(named);
    const invalid: string[] = [];
    // dciodvfy does not inflate.
    const validated = canValidate ? jobs.filter(({ file }) => !/deflated/i.test(file)) : [];
    for (const { file, job } of validated) {
      for (const error of await newErrors(job)) invalid.push(`${file} ${error}`);
    }
    return { corrected: jobs.length, refused, findings, invalid };
  } finally {
    await folder.close();
  }
}

const plain = { PatientName: 'Verify^Correction', PatientID: 'SL-0042' };
const foreign = { PatientName: 'Łódź^Ωmega', PatientID: 'SL-0042' };

test.runIf(canJudge)(
  'a corrected sample differs from what came in nothing but the named elements',
  async () => {
    const { findings, invalid, refused, corrected } = await judgeAll(sampleFiles, plain);
    // A day that never was is another matter, and is to be corrected too.
    expect(refused.filter((line) => !line.startsWith('impossible-date'))).toEqual([]);
    expect(findings).toEqual([`judged ${corrected} skipped 0`]);
    expect(invalid).toEqual([]);
  },
  120_000,
);

const accepted = objects.filter(({ expected }) => expected.startsWith('accept')).map(({ file }) => file);
/** All with text worth the name, and every third of the rest. */
const wordy = accepted.filter((file, index) => index % 3 === 0 || /charset|structure|\/(?:sr|pr|ko|seg)\//.test(file));

test.runIf(canJudge && corpusIsHere).each([
  ['in plain letters', plain, accepted],
  ['in letters that few character sets hold', foreign, wordy],
])(
  'a corrected object of the corpus, %s, differs in nothing but the named elements, or is refused with a code',
  async (_how, identity, files) => {
    const { findings, invalid, refused, corrected } = await judgeAll(files, identity);
    console.info([`${corrected} corrected, ${refused.length} refused`, ...refused, findings.at(-1)].join('\n'));
    expect(findings.slice(0, -1)).toEqual([]);
    expect(invalid).toEqual([]);
    expect(corrected).toBeGreaterThan(files.length * 0.9);
  },
  400_000,
);
