// Corrects files as the station does, one exam each, and has others judge what came of it: pydicom and dcmdump whether anything
// but the named elements is another, dciodvfy whether there is an error that was not there before.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Attributes } from '#contract/shapes/identity.ts';
import { whenExamApproved } from '#station/flow/when-exam-approved.ts';
import { whenExamCorrected } from '#station/flow/when-exam-corrected.ts';
import { isProblem } from '#station/kit/problem.ts';
import { openSmallHouse } from '../../station/4-review/house.ts';
import { differencesInDumps, dumpOf } from './compare-dumps.ts';
import { isInstalled, run } from './run.ts';
import { temporaryFolder } from './temporary-folder.ts';

const python = '/usr/bin/python3';
export const canJudge = existsSync(python) && (await run(python, ['-c', 'import pydicom'])).code === 0;
if (!canJudge) console.warn('NOT VERIFIED: pydicom absent');
const canValidate = isInstalled('dciodvfy');
if (!canValidate) console.warn('NOT VERIFIED: dciodvfy absent');
const canDump = isInstalled('dcmdump');
if (!canDump) console.warn('NOT VERIFIED: dcmdump absent');

export type Identity = { readonly PatientName: string; readonly PatientID: string };
type Job = {
  readonly before: string;
  readonly after: string;
  readonly name: string;
  readonly id: string;
  /** What else had to be corrected, because it could not stay: days that never were, for example. */
  readonly also: Attributes;
};

/** What a technologist would do about values that keep an exam here. */
const remedies: Readonly<Record<string, string>> = { PatientBirthDate: '19700101', PatientSex: 'O' };

/** Corrects and approves one file, and writes down what came and what leaves. The code when it is refused. */
async function correctOne(file: string, identity: Identity, stem: string): Promise<Job | string> {
  const house = await openSmallHouse();
  try {
    const { examId, objectId, bytes } = await house.take(file);
    const correct = (attributes: Attributes) =>
      whenExamCorrected(house.rooms, { examId, attributes, reason: 'CORRECT', by: 'Kim' });
    correct(identity);
    const also: Record<string, string> = {};
    for (const { code, params } of house.review.forecast(examId).against) {
      const keyword = code === 'invalid-sex' ? 'PatientSex' : String(params['keyword'] ?? '');
      if (['invalid-sex', 'impossible-date', 'illegal-value'].includes(code) && keyword !== '')
        also[keyword] = remedies[keyword] ?? 'Repaired';
    }
    if (Object.keys(also).length > 0) correct(also);
    house.pass(60_000);
    try {
      await whenExamApproved(house.rooms, { examId, by: 'Kim' });
    } catch (error) {
      // The device had the patient's number as Study ID too: the verifier says where.
      if (!isProblem(error, 'verification-failed') || error.params['where'] !== '(0020,0010)') throw error;
      also['StudyID'] = 'Repaired';
      correct({ StudyID: 'Repaired' });
      await whenExamApproved(house.rooms, { examId, by: 'Kim' });
    }
    await writeFile(`${stem}-before.dcm`, bytes);
    await writeFile(`${stem}-after.dcm`, await house.leaving(objectId));
    const { PatientName: name, PatientID: id } = identity;
    return { before: `${stem}-before.dcm`, after: `${stem}-after.dcm`, name, id, also };
  } catch (error) {
    if (isProblem(error)) return `${error.code} ${JSON.stringify(error.params)}`;
    throw error;
  } finally {
    await house.close();
  }
}

/** One item says of one attribute what it was, so there are as many as there were such values; dciodvfy allows for one. */
const itsOwnMistake =
  /NonconformingModifiedAttributesSequence\(0400,0551\)> - (?:Bad Sequence number of Items|Bad attribute Value Multiplicity)/;
const formerValues = /OriginalAttributesSequence\(0400,0561\)\[\d+\]\/ModifiedAttributesSequence\(0400,0550\)\[1\]\//;

/**
 * Errors that dciodvfy finds after and did not find before. One that moved with a former value into Modified Attributes
 * is not new. What it cannot follow before it cannot judge after: undefined.
 */
async function newErrors(job: Job): Promise<string[] | undefined> {
  const errorsOf = async (file: string) => {
    const { output, signal } = await run('dciodvfy', ['-new', file]);
    const errors = output.split('\n').filter((line) => line.startsWith('Error'));
    return [...errors.map((line) => line.replace(formerValues, '')), ...(signal ? [`ended by ${signal}`] : [])];
  };
  const before = new Set(await errorsOf(job.before));
  if ([...before].some((line) => line.includes('Tag read failed'))) return undefined;
  return (await errorsOf(job.after)).filter((line) => !before.has(line) && !itsOwnMistake.test(line));
}

export type Judgement = {
  readonly corrected: number;
  /** How many of them became ISO_IR 192. */
  readonly becameUnicode: number;
  /** Code, parameters and file. */
  readonly refused: readonly string[];
  /** By pydicom; the last line says how many it judged and how many it cannot read. */
  readonly findings: readonly string[];
  /** By dcmdump, and how many it judged. */
  readonly dumps: { readonly judged: number; readonly found: readonly string[] };
  /** By dciodvfy, and how many it judged. */
  readonly validated: { readonly judged: number; readonly found: readonly string[] };
};

/** Every file is an exam of its own and gets `identity`. */
export async function judgeAll(files: readonly string[], identity: Identity): Promise<Judgement> {
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
    const script = path.join(import.meta.dirname, '../judge-corrections.py');
    const judged = await run('/bin/sh', ['-c', `${python} ${script} < ${list}`], { withinMs: 600_000 });
    const findings = judged.output.trim().split('\n').map(named);
    const dumps = { judged: 0, found: [] as string[] };
    const validated = { judged: 0, found: [] as string[] };
    let becameUnicode = 0;
    for (const { file, job } of jobs) {
      const after = canDump ? await dumpOf(job.after) : null;
      const before = after && (await dumpOf(job.before, after.isUnicode));
      if (after && before) {
        const both = after.isUnicode && !before.isUnicode ? await dumpOf(job.after, true) : after;
        const found = both && differencesInDumps(before, both, job);
        if (found) dumps.judged++;
        for (const line of found ?? []) dumps.found.push(`${file} ${line}`);
      }
      const received = after?.isUnicode ? await dumpOf(job.before) : before;
      if (after?.isUnicode && received?.isUnicode === false) becameUnicode++;
      // dciodvfy does not inflate, does not know GBK, and without a class it had nothing to hold the object against.
      const hadClass = before?.lines.some((line) => line.startsWith('(0008,0016)')) ?? true;
      const isGbk = received?.lines.some((line) => /^\(0008,0005\).*\[GBK\]/.test(line)) ?? false;
      const errors = canValidate && hadClass && !isGbk && !/deflated/i.test(file) ? await newErrors(job) : undefined;
      if (errors) validated.judged++;
      for (const error of errors ?? []) validated.found.push(`${file} ${error}`);
    }
    return { corrected: jobs.length, becameUnicode, refused, findings, dumps, validated };
  } finally {
    await folder.close();
  }
}

/** Names in the scripts of the corpus; those of East Asia with all three groups (PS3.5 6.2.1). */
export const scripts: Readonly<Record<string, string>> = {
  Latin: 'Łódź^Zoë',
  Cyrillic: 'Иванова^Анна',
  Greek: 'Διονυσίου^Ελένη',
  Japanese: 'Yamada^Tarou=山田^太郎=やまだ^たろう',
  Korean: 'Hong^Gildong=洪^吉洞=홍^길동',
  Arabic: 'قباني^لنزار',
  Chinese: 'Wang^XiaoDong=王^小东',
};
