// node src-main/launch/run-built.mjs [PROGRAM] [WORDS...]: builds when a source is newer than what was built last, then
// becomes dist/main/PROGRAM.js with those words, in this same process, so that a signal to it reaches the program.
// When npm started it and is killed, the program ends as well: an orphan would hold the home and the ports.
//
// What the build says goes to standard error: standard output belongs to the program. Without a PROGRAM it only builds.
import './preflight.mjs';
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const stamp = path.join(root, 'dist', 'built');
const sources = [
  'src-main',
  'src-renderer',
  'package.json',
  'package-lock.json',
  'rolldown.config.ts',
  'vite.config.ts',
];

const timeOf = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

function newest(file) {
  const found = statSync(file);
  if (!found.isDirectory()) return found.mtimeMs;
  const below = readdirSync(file).map((name) => newest(path.join(file, name)));
  return Math.max(found.mtimeMs, ...below);
}

const started = Date.now();
if (Math.max(...sources.map((name) => newest(path.join(root, name)))) > timeOf(stamp)) {
  const built = spawnSync('npm', ['run', '-s', 'build'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (built.status !== 0) process.exit(built.status ?? 1);
  writeFileSync(stamp, `${new Date(started).toISOString()}\n`);
}

/** npm does not pass a signal on: when it is gone, the program it started is told to end as if it had got the signal. */
function endWithNpm() {
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  look.unref();
}

const [program] = process.argv.slice(2);
if (program !== undefined) {
  const file = path.join(root, 'dist', 'main', `${program}.js`);
  process.argv.splice(1, 2, file);
  if (process.env['npm_lifecycle_event'] !== undefined) endWithNpm();
  Module.runMain();
}
