// docs/TESTING.md names every long test and every benchmark, and nothing that is not there.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/TESTING.md'), 'utf8');
const programsIn = (folder: string): string[] =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'run.ts')
    .map((name) => name.slice(0, -3));

test('every long test is on the page of figures', () => {
  expect(programsIn('test/soak').filter((name) => !new RegExp(`\\b${name}\\b`).test(page))).toEqual([]);
});

test('every benchmark that is a program of its own is on the page of figures', () => {
  const own = programsIn('test/bench').filter((name) =>
    new RegExp(`node test/bench/${name}\\.ts`).test(readFileSync(path.join(root, `test/bench/${name}.ts`), 'utf8')),
  );
  const named = (name: string) => page.includes(`test/bench/${name}.ts`) || page.includes(`npm run bench -- ${name}`);
  expect(own.filter((name) => name !== 'raw-limit' && !named(name))).toEqual([]);
});

test('every program and test file that the page names is there', () => {
  const soaks = [...page.matchAll(/npm run soak -- ([a-z0-9-]+)/g)].map(([, name]) => `test/soak/${name}.ts`);
  const files = page.match(/test\/[\w/-]+(?:\.\w+)+/g) ?? [];
  const folders =
    page.match(/vitest run (test\/[\w/-]+)(?=`)/g)?.map((words) => words.slice('vitest run '.length)) ?? [];
  expect([...soaks, ...files].filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  const begun = (start: string) =>
    existsSync(path.join(root, start)) ||
    readdirSync(path.join(root, path.dirname(start))).some((name) => name.startsWith(path.basename(start)));
  expect(folders.filter((start) => !begun(start))).toEqual([]);
});
