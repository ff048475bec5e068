// What must not be in the repository: paths of one person's machine, tests left focused, default exports, keys.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const project = path.resolve(import.meta.dirname, '../..');
// Known to git, or new and not ignored; `.git` itself may be absent in a copy, then there is nothing to ask.
const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: project, encoding: 'utf8' });
const files = (listed.stdout ?? '')
  .split('\n')
  .filter((file) => /\.(ts|mjs|js|svelte|md|ya?ml|json|html|css|py)$/.test(file));
const own = path.relative(project, import.meta.filename);
const texts = files
  .filter((file) => file !== own && file !== 'package-lock.json')
  .flatMap((file) => {
    try {
      return [{ file, text: readFileSync(path.join(project, file), 'utf8') }];
    } catch {
      return [];
    }
  });

const find = (pattern: RegExp, of: (file: string) => boolean = () => true): readonly string[] =>
  texts
    .filter(({ file }) => of(file))
    .flatMap(({ file, text }) =>
      text.split('\n').flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim()}`] : [])),
    );

const isCode = (file: string) => /^(src-|test\/)/.test(file) && /\.(ts|svelte)$/.test(file);

describe.skipIf(files.length === 0)('in no file there is', () => {
  it('a path of one machine', () => {
    expect(find(/(?<![\w.@/-])\/(?:work|Users|root)\/[\w.]/)).toEqual([]);
  });

  it('a test that keeps the others from running', () => {
    expect(
      find(/\b(?:it|test|describe|suite)\.only\b|\bfit\(|\bfdescribe\(/, (file) => file.startsWith('test/')),
    ).toEqual([]);
  });

  it('a default export outside of configurations', () => {
    expect(find(/^\s*export default\b/, (file) => file.startsWith('src-') && isCode(file))).toEqual([]);
  });

  it('a climb over two folders in an import of the house', () => {
    expect(find(/from '\.\.\/\.\.\//, (file) => file.startsWith('src-') && isCode(file))).toEqual([]);
  });

  it('a private key', () => {
    expect(find(/-----BEGIN [A-Z ]*PRIVATE KEY-----/)).toEqual([]);
  });
});
