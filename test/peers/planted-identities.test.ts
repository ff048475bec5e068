// A hundred exams with a former identity hidden in each place where an object can hide one, made by pydicom from a seed, and
// the same hundred without it: the verifier finds all of the former and complains about none of the latter.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { verify, type Copy } from '#station/4-review/verifier.ts';
import type { Identity } from '#station/4-review/traces.ts';
import { openPart10 } from '#station/dicom/index.ts';
import { temporaryFolder } from './programs/temporary-folder.ts';

const python = '/usr/bin/python3';
const uids = { StudyInstanceUID: '2.25.1002', SeriesInstanceUID: '2.25.1003', SOPInstanceUID: '2.25.1001' };
const exams = Number(process.env['SAFELIGHT_PLANTED'] ?? 100);
const seed = Number(process.env['SAFELIGHT_SEED'] ?? 20261123);

type Planted = {
  readonly number: number;
  readonly where: string;
  readonly form: string;
  readonly keyword: string;
  readonly text: string;
  readonly syntax: string;
  readonly former: Identity;
  readonly chosen: Identity;
} & Readonly<Record<`${'planted' | 'clean'}-${'before' | 'after'}`, string>>;

async function copyOf(file: string): Promise<Copy & { dataSetSha256: string }> {
  const bytes = await readFile(file);
  const { dataSetOffset, syntax } = await openPart10(bytes);
  return {
    async *open() {
      for (let at = 0; at < bytes.length; at += 1500) yield bytes.subarray(at, at + 1500);
    },
    sizeBytes: bytes.length,
    dataSetOffset,
    dataSetSha256: createHash('sha256').update(bytes.subarray(dataSetOffset)).digest('hex'),
    transferSyntaxUid: syntax.uid,
  };
}

async function judge(exam: Planted, kind: 'planted' | 'clean') {
  const received = await copyOf(exam[`${kind}-before`]);
  const outgoing = await copyOf(exam[`${kind}-after`]);
  const { chosen, former } = exam;
  return verify({ received, outgoing, chosen, uids, former: [former], edited: true });
}

test('a former identity is found in each of a hundred exams that hide one, and in none of the same exams without it', async () => {
  expect(existsSync(python), 'pydicom judges here').toBe(true);
  const folder = await temporaryFolder('planted');
  try {
    const input = JSON.stringify({ seed, exams, folder: folder.path });
    const output = execFileSync(python, [`${import.meta.dirname}/plant-identities.py`], { input, encoding: 'utf8' });
    const planted = output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Planted);
    expect(planted).toHaveLength(exams);
    const missed: string[] = [];
    const falseAlarms: string[] = [];
    for (const exam of planted) {
      const { number, where, form, text, syntax, former } = exam;
      const what = `${number}: ${where} (${form}): ${text} of ${JSON.stringify(former)} as ${syntax}`;
      const hidden = await judge(exam, 'planted');
      if (hidden.kind !== 'failed' || hidden.reason !== 'former-value')
        missed.push(`${what}: ${JSON.stringify(hidden)}`);
      const clean = await judge(exam, 'clean');
      if (clean.kind !== 'proved') falseAlarms.push(`${what}: ${JSON.stringify(clean)}`);
    }
    expect({ missed, falseAlarms }).toEqual({ missed: [], falseAlarms: [] });
  } finally {
    await folder.close();
  }
});
