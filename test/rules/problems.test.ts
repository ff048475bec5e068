// The catalogue of problems, its words, and its page in the documentation say the same.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { problemKinds, type ProblemCode, type ProblemKind } from '#contract/problems.ts';
import { problemTexts } from '../../src-renderer/text/problems.ts';
import { describeProblems } from './problems/describe-problems.ts';

const project = path.resolve(import.meta.dirname, '../..');
const kinds: Readonly<Record<ProblemCode, ProblemKind>> = problemKinds;

it('every problem has words, and no words are left over', () => {
  expect(Object.keys(problemTexts).sort()).toEqual(Object.keys(kinds).sort());
});

it('docs/problems.md is what "node test/rules/problems/write.ts" makes', () => {
  expect(readFileSync(path.join(project, 'docs/problems.md'), 'utf8')).toBe(describeProblems());
});

describe('the words of each problem', () => {
  for (const [code, kind] of Object.entries(kinds)) {
    const text = problemTexts[code as ProblemCode];
    it(`${code}: mention only parameters that come with it, and say what to do`, () => {
      const mentioned = Object.values(text).flatMap((words) =>
        [...words.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
      );
      expect(mentioned.filter((name) => !kind.params.includes(name ?? ''))).toEqual([]);
      expect(text.remedy).not.toBe('');
    });
  }
});
