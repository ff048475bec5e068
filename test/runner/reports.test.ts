// Counting: what failed must never be counted as passed, and what was not run as neither.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/index.ts';
import { readNotVerified, readReport } from './reports.ts';

let folder: TemporaryFolder;
beforeEach(async () => (folder = await temporaryFolder('reports')));
afterEach(() => folder.close());

async function count(kind: 'vitest' | 'playwright', report: object, exitCode: number) {
  const file = path.join(folder.path, 'report.json');
  await writeFile(file, JSON.stringify(report));
  return readReport(kind, file, exitCode);
}

const file = (status: string, tests: number) => ({
  status,
  assertionResults: Array.from({ length: tests }, () => ({})),
});

describe('a run of vitest', () => {
  const clean = { numPassedTests: 5, numFailedTests: 0, numPendingTests: 2, testResults: [file('passed', 5)] };

  it('counts what passed and what was skipped', async () => {
    expect(await count('vitest', clean, 0)).toEqual({ passed: 5, failed: 0, skipped: 2 });
  });

  it('has a failure for each file that could not be loaded', async () => {
    const testResults = [file('passed', 5), file('failed', 0), file('failed', 0)];
    expect(await count('vitest', { ...clean, testResults }, 1)).toMatchObject({ passed: 5, failed: 2 });
  });

  it('counts the tests of a failed file, and not the file as well', async () => {
    const report = { ...clean, numFailedTests: 1, testResults: [file('failed', 6)] };
    expect(await count('vitest', report, 1)).toMatchObject({ passed: 5, failed: 1 });
  });

  it('that ended badly after a clean report has failed', async () => {
    expect(await count('vitest', clean, 1)).toMatchObject({ failed: 1 });
  });
});

it('a journey that passed only when tried again has failed', async () => {
  const stats = { expected: 3, unexpected: 1, flaky: 1, skipped: 0 };
  expect(await count('playwright', { stats, errors: [{}] }, 1)).toEqual({ passed: 3, failed: 3, skipped: 0 });
});

it('a run without a report has failed', async () => {
  expect(await readReport('vitest', path.join(folder.path, 'none.json'), 0)).toMatchObject({ passed: 0, failed: 1 });
});

it('what was not verified is told once', () => {
  const output = 'stderr\nNOT VERIFIED: corpus absent\n ok\n  NOT VERIFIED: corpus absent\nNOT VERIFIED: Electron\n';
  expect(readNotVerified(output)).toEqual(['NOT VERIFIED: corpus absent', 'NOT VERIFIED: Electron']);
});
