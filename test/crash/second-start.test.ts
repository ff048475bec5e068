// R18: a second start on the same home ends at once with a clear word, and nothing of the home has changed by it.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';
import { stationProgram } from './station-process.ts';

/** Every entry of a folder with all that a write would change. The shared memory of the book is no file of the home. */
function everything(home: string): Record<string, unknown>[] {
  return readdirSync(home, { recursive: true })
    .map(String)
    .sort()
    .map((name) => {
      const file = path.join(home, name);
      const { ino, mtimeMs, ctimeMs, size } = statSync(file);
      const sha256 = statSync(file).isFile() ? createHash('sha256').update(readFileSync(file)).digest('hex') : '';
      return { name, ino, mtimeMs, ctimeMs, size, sha256 };
    });
}

it('a second start ends with a word and without a write, for a station and for a rebuild', async () => {
  const folder = await temporaryFolder('second');
  try {
    const words = [stationProgram, '--home', folder.path, '--dicom-port', '0'];
    const first = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(first.stdout, 'data');
    // It holds the home and does nothing else meanwhile: whatever is written, the second one wrote.
    first.kill('SIGSTOP');
    const before = everything(folder.path);
    const settings = path.join(folder.path, '..', `${path.basename(folder.path)}.json`);
    writeFileSync(settings, JSON.stringify({ station: { name: 'Other' } }));
    for (const more of [['--settings', settings], ['--rebuild']]) {
      const startedMs = performance.now();
      const second = spawn(process.execPath, [stationProgram, '--home', folder.path, ...more], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let [said, told] = ['', ''];
      second.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      second.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
      await once(second, 'close');
      expect({ code: second.exitCode, said }).toEqual({ code: 1, said: '' });
      expect(told).toContain('"code":"home-in-use"');
      // Not timed on a machine that others use: the figure is in the line below.
      console.warn(`second start with ${more[0]}: ended after ${Math.round(performance.now() - startedMs)} ms`);
    }
    rmSync(settings);
    expect(everything(folder.path)).toEqual(before);
    first.kill('SIGCONT');
    first.kill('SIGTERM');
    await once(first, 'exit');
    expect(first.exitCode).toBe(0);
  } finally {
    await folder.close();
  }
});
