// Writes docs/problems.md anew: `node test/rules/problems/write.ts`.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describeProblems } from './describe-problems.ts';

await writeFile(path.resolve(import.meta.dirname, '../../../docs/problems.md'), describeProblems());
