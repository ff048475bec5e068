// The headless station as a program: one line of JSON when it listens, log lines on standard error, SIGTERM ends it
// after the object at hand.
import path from 'node:path';
import { readArguments, usage, UsageError } from './arguments.ts';
import { runHeadless } from './run.ts';
import { isProblem } from '#station/station.ts';

const pagesFolder = path.resolve(
  import.meta.dirname,
  import.meta.url.endsWith('.ts') ? '../../dist/renderer' : '../renderer',
);

try {
  const running = await runHeadless({ ...(await readArguments(process.argv.slice(2))), pagesFolder });
  process.stdout.write(`${JSON.stringify(running.ready)}\n`);
  let closing: Promise<void> | undefined;
  const end = () => {
    closing ??= running.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
} catch (error) {
  process.stderr.write(`${sentence(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
}

function sentence(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}\n${usage}`;
  if (isProblem(error)) return JSON.stringify({ level: 'error', event: 'start-refused', ...error.toNote() });
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
