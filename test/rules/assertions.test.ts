// What the conformance statement says of an assertion has a test whose name says so, and every test that is named after one
// stands in the statement.
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
/** Of a profile with its number, or of a service. */
const assertion = /\b(?:(?:IRWF|IOCM|SWF|PIR|EBIW|WIC|REM)-\d+|MWL|MPPS|HL7)\b/g;
const codesIn = (text: string): string[] => text.match(assertion) ?? [];

/** Names of tests begin with what they assert. */
function assertedByTests(): Set<string> {
  const found = new Set<string>();
  for (const file of globSync('test/**/*.{test,spec}.ts', { cwd: root })) {
    const text = readFileSync(path.join(root, file), 'utf8');
    const names = text.matchAll(
      /(?:\b(?:test|it|describe)[^'"`\n]*\(\s*|\btitle: )['"`]((?:(?:[A-Z]{2,4}-\d+|MWL|MPPS|HL7)[:, ]+(?:and )?)+)/g,
    );
    for (const [, codes = ''] of names) for (const code of codesIn(codes)) found.add(code);
  }
  return found;
}

/** First cells of the tables that list assertions. */
function assertedByStatement(): Set<string> {
  const rows = readFileSync(path.join(root, 'docs/CONFORMANCE.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && /\.(?:test|spec)\.ts|`(?:IRWF|SWF|IOCM|PIR)-/.test(line));
  return new Set(rows.flatMap((row) => codesIn(row.split('|')[1] ?? '')));
}

test('each assertion of the conformance statement has a test named after it', () => {
  expect([...assertedByStatement().difference(assertedByTests())]).toEqual([]);
});

test('each assertion that a test is named after is in the conformance statement', () => {
  expect([...assertedByTests().difference(assertedByStatement())]).toEqual([]);
});
