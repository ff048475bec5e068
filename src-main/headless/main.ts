// The headless station as a program: one line of JSON when it listens, log lines on standard error, SIGTERM ends it
// after the object at hand. Or one errand in a home, which ends by itself: rebuild, backup, restore.
import '#station/kit/thread-pool.ts';
import path from 'node:path';
import { readErrand, usage, UsageError, type HeadlessArguments, type HeadlessErrand } from './arguments.ts';
import { runHeadless } from './run.ts';
import { backUp, isProblem, rebuild, restore } from '#station/station.ts';

const pagesFolder = path.resolve(
  import.meta.dirname,
  import.meta.url.endsWith('.ts') ? '../../dist/renderer' : '../renderer',
);

try {
  const errand = await readErrand(process.argv.slice(2));
  if (errand.kind === 'run') await run(errand.arguments);
  else process.exitCode = await runErrand(errand);
} catch (error) {
  process.stderr.write(`${sentence(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

async function run(options: HeadlessArguments): Promise<void> {
  const running = await runHeadless({ ...options, pagesFolder });
  let closing: Promise<void> | undefined;
  const end = () => {
    closing ??= running.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  // Who reads this may end it at once.
  process.stdout.write(`${JSON.stringify(running.ready)}\n`);
}

/** Gives the exit code: 3 when it was done and something is missing or damaged. */
async function runErrand(errand: Exclude<HeadlessErrand, { kind: 'run' }>): Promise<number> {
  if (errand.kind === 'help') {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const report =
    errand.kind === 'rebuild'
      ? await rebuild(errand.home)
      : errand.kind === 'backup'
        ? await backUp(errand.home, errand.target)
        : await restore(errand.source, errand.home);
  process.stdout.write(`${JSON.stringify({ done: errand.kind, ...report })}\n`);
  return report.damaged + report.missing > 0 ? 3 : 0;
}

function sentence(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n${usage}`;
  if (isProblem(error)) return JSON.stringify({ level: 'error', event: 'start-refused', ...error.toNote() });
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
