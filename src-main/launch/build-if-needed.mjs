// Builds when a source is newer than what was built last, so that a station starts at once when nothing changed. What
// the build says goes to standard error: standard output belongs to the program that follows.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
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
