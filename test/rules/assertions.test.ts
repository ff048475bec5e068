// What the conformance statement says of an assertion has a test whose name says so, in the file that it names; and every test
// that is named after one stands in the statement.
import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
/** Of a profile with its number, or of a service. */
const assertion = /\b(?:(?:IRWF|IOCM|SWF|PIR|EBIW|WIC|REM)-\d+|MWL|MPPS|HL7)\b/g;
const codesIn = (text: string): string[] => text.match(assertion) ?? [];

/** Names of tests begin with what they assert. */
function assertedBy(source: string): string[] {
  const names = source.matchAll(
    /(?:\b(?:test|it|describe)[^'"`\n]*\(\s*|\btitle: )['"`]((?:(?:[A-Z]{2,4}-\d+|MWL|MPPS|HL7)[:, ]+(?:and )?)+)/g,
  );
  return [...names].flatMap(([, codes = '']) => codesIn(codes));
}

const assertedIn = (file: string): string[] => assertedBy(readFileSync(path.join(root, file), 'utf8'));

const assertedByTests = (): Set<string> =>
  new Set(globSync('test/**/*.{test,spec}.ts', { cwd: root }).flatMap(assertedIn));

/** Rows of the tables that list assertions: the codes of the first cell, the files of tests that the second one names. */
type Row = { readonly codes: readonly string[]; readonly files: readonly string[] };

const rowsOf = (statement: string): Row[] =>
  statement
    .split('\n')
    .filter((line) => line.startsWith('| ') && codesIn(line.split('|')[1] ?? '').length > 0)
    .map((line) => line.split('|'))
    .map(([, first = '', second = '']) => ({ codes: codesIn(first), files: second.match(/test\/[\w/.-]+\.ts/g) ?? [] }))
    .filter(({ files }) => files.length > 0);

const rows = rowsOf(readFileSync(path.join(root, 'docs/CONFORMANCE.md'), 'utf8'));
const assertedByStatement = (): Set<string> => new Set(rows.flatMap(({ codes }) => codes));

/** What a row says and its files do not bear out. */
function unfounded({ codes, files }: Row, titlesIn: (file: string) => readonly string[] | null): string[] {
  const titles = files.map((file) => ({ file, found: titlesIn(file) }));
  const all = titles.flatMap(({ found }) => found ?? []);
  return [
    ...titles.flatMap(({ file, found }) => (found === null ? [`there is no ${file}`] : [])),
    ...titles.flatMap(({ file, found }) =>
      found !== null && !found.some((code) => codes.includes(code))
        ? [`${file} has no test of ${codes.join(', ')}`]
        : [],
    ),
    ...codes.filter((code) => !all.includes(code)).map((code) => `no test of ${code} in ${files.join(', ')}`),
  ];
}

test('each assertion of the conformance statement has a test named after it', () => {
  expect([...assertedByStatement().difference(assertedByTests())]).toEqual([]);
});

test('each assertion that a test is named after is in the conformance statement', () => {
  expect([...assertedByTests().difference(assertedByStatement())]).toEqual([]);
});

test('each file that a row names has a test named after an assertion of the row, and each assertion one in these files', () => {
  const titlesIn = (file: string) => (existsSync(path.join(root, file)) ? assertedIn(file) : null);
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.flatMap((row) => unfounded(row, titlesIn))).toEqual([]);
});

test('a row whose file is gone, or whose test is called otherwise by now, is found', () => {
  const [row] = rowsOf('| IOCM-2, IOCM-3 title | `test/a.test.ts` `IOCM-2 ...` (2), `test/b.test.ts` | nobody |');
  const here: Record<string, string> = { 'test/a.test.ts': "it('IOCM-2 has a title', () => {})" };
  expect(unfounded(row!, (file) => (here[file] === undefined ? null : assertedBy(here[file])))).toEqual([
    'there is no test/b.test.ts',
    'no test of IOCM-3 in test/a.test.ts, test/b.test.ts',
  ]);
  expect(unfounded(row!, () => ['SWF-1'])).toHaveLength(4);
});
