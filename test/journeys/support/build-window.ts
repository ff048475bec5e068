// The journeys need the built window. It is built when it is not there; whoever changes it builds it again.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..', '..', '..');

/** Called by Playwright once, before all journeys; it wants a default export. */
export default function buildWindow(): void {
  if (existsSync(path.join(root, 'dist/renderer/index.html'))) return;
  execFileSync('npm', ['run', '-s', 'build:ui'], { cwd: root, stdio: 'inherit' });
}
