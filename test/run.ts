// `npm test`: brings the peers, builds, checks, lints, and runs every test. Its last line counts: `N passed, N failed`.
//
// Each step that is no test counts as one. What could not be looked at here is said loudly, and never counted as passed.
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { bringPeers } from './runner/peers.ts';
import { forgetReport, readNotVerified, readReport, type readers } from './runner/reports.ts';
import { endSteps, projectFolder, runStep, type Ended, type Step } from './runner/step.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);
const bin = (name: string) => path.join(projectFolder, 'node_modules', name);
/** Tests that start the station as a process start what was built: it is what people run, and starts in half the time. */
process.env['SAFELIGHT_STATION'] ??= 'dist/main/headless.js';

const reportOf = (kind: keyof typeof readers) =>
  path.join(projectFolder, 'test-results', kind === 'vitest' ? 'vitest.json' : 'journeys.json');

let passed = 0;
let failed = 0;
const notVerified = new Set<string>();

function tell({ name, code, output, tookMs }: Ended): void {
  for (const line of readNotVerified(output)) notVerified.add(line);
  if (code !== 0) say(whatWentWrong(output));
  say(`${code === 0 ? 'ok    ' : 'FAILED'} ${name} (${(tookMs / 1000).toFixed(0)} s)`);
}

/** The part of an output that says why: from where vitest begins to, else its end. */
function whatWentWrong(output: string): string {
  const at = output.search(/^.*Failed (?:Suites|Tests) \d/m);
  return (at >= 0 ? output.slice(at) : output.split('\n').slice(-200).join('\n')).trimEnd();
}

/** Steps that are one thing each, one after the other. True when all of them are well. */
async function runPlain(steps: readonly Step[]): Promise<boolean> {
  let isWell = true;
  for (const step of steps) {
    const ended = await runStep(step);
    tell(ended);
    if (ended.code === 0) passed++;
    else failed++;
    isWell &&= ended.code === 0;
  }
  return isWell;
}

async function runCounted(kind: keyof typeof readers, step: Step): Promise<void> {
  await forgetReport(reportOf(kind));
  const ended = await runStep(step);
  tell(ended);
  const count = await readReport(kind, reportOf(kind), ended.code);
  passed += count.passed;
  failed += count.failed;
  say(`       ${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
}

const tsc = (project: string): Step => ({
  name: `types: ${project}`,
  words: [bin('typescript/bin/tsc'), '-p', `tsconfig.${project}.json`],
});

const build: readonly Step[] = [
  { name: 'build: window', words: [bin('vite/bin/vite.js'), 'build', '--logLevel', 'warn'] },
  { name: 'build: main', words: [bin('rolldown/bin/cli.mjs'), '-c', 'rolldown.config.ts', '--logLevel', 'warn'] },
];

const checks: readonly Step[] = [
  ...['contract', 'station', 'test'].map(tsc),
  {
    name: 'types: ui',
    words: [bin('svelte-check/bin/svelte-check'), '--tsconfig', './tsconfig.ui.json', '--fail-on-warnings'],
  },
  { name: 'lint: eslint', words: [bin('eslint/bin/eslint.js'), '.'] },
  { name: 'lint: prettier', words: [bin('prettier/bin/prettier.cjs'), '--check', '.'] },
  { name: 'lint: knip', words: [bin('knip/bin/knip.js')] },
];

const tests: Step = {
  name: 'tests',
  words: [
    bin('vitest/vitest.mjs'),
    'run',
    '--maxWorkers=2',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportOf('vitest')}`,
  ],
  shows: (line) => /^ ?[✓❯×] (?:\|\w+\| )?test\/|^ ?FAIL|^NOT VERIFIED/.test(line),
};

const journeys: Step = {
  name: 'journeys',
  // Its reporters stand in playwright.config.ts: said here, the report would go to the screen and not to its file.
  words: [bin('@playwright/test/cli.js'), 'test'],
  shows: (line) => /^\s*[✓✘x-]\s+\d+ /.test(line) || /^\s*(ok|not ok|✓|✘)/.test(line),
};

async function runAll(): Promise<void> {
  const missing = bringPeers(say);
  if (missing.length > 0) {
    say(`FAILED peers: without ${missing.join(', ')} the tests would prove nothing.`);
    failed++;
    return;
  }
  await mkdir(path.join(projectFolder, 'test-results'), { recursive: true });
  if (!(await runPlain(build))) return;
  // Types and lint need no port and no disk that the tests use.
  await Promise.all([runPlain(checks), runCounted('vitest', tests)]);
  if (existsSync(path.join(projectFolder, 'playwright.config.ts'))) await runCounted('playwright', journeys);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    endSteps(signal);
    process.exit(130);
  });
}

await runAll();
for (const line of notVerified) say(line);
say(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
