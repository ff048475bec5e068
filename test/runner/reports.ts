// Counts what passed and failed from the reports that the test programs write, not from what they print.
import { readFile, rm } from 'node:fs/promises';

export type Count = { readonly passed: number; readonly failed: number; readonly skipped: number };

type VitestReport = {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly object[] }[];
};

type PlaywrightReport = {
  readonly stats: {
    readonly expected: number;
    readonly unexpected: number;
    readonly flaky: number;
    readonly skipped: number;
  };
  readonly errors: readonly object[];
};

/** A file that could not even be loaded counts as one failure. */
const countVitest = (report: VitestReport): Count => ({
  passed: report.numPassedTests,
  failed:
    report.numFailedTests +
    report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length,
  skipped: report.numPendingTests,
});

/** One that passed only when tried again has failed. */
const countPlaywright = ({ stats, errors }: PlaywrightReport): Count => ({
  passed: stats.expected,
  failed: stats.unexpected + stats.flaky + errors.length,
  skipped: stats.skipped,
});

export const readers = { vitest: countVitest, playwright: countPlaywright } as const;

/** The count of a report. A program that failed has at least one failure, also when its report is missing or clean. */
export async function readReport(kind: keyof typeof readers, file: string, exitCode: number): Promise<Count> {
  const none = { passed: 0, failed: 1, skipped: 0 };
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return none;
  const count = readers[kind](JSON.parse(text) as VitestReport & PlaywrightReport);
  return exitCode !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;
}

/** A report of an earlier run must not be counted for this one. */
export const forgetReport = (file: string): Promise<void> => rm(file, { force: true });

/** What was not looked at in this run, as the tests said it, each once. */
export function readNotVerified(output: string): readonly string[] {
  return [...new Set([...output.matchAll(/NOT VERIFIED: .*/g)].map(([line]) => line.trimEnd()))];
}
