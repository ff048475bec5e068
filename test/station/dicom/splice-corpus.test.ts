// Every accepted file of the corpus is corrected; pydicom, which shares no code with us, judges what else changed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openPart10, openSplicedStream, planSplice, type Edit } from '#station/dicom/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { corpusIsHere, objects } from './corpus.ts';

const python = '/usr/bin/python3';
const pydicomIsHere =
  existsSync(python) && spawnSync(python, ['-c', 'import pydicom'], { stdio: 'ignore' }).status === 0;
if (!pydicomIsHere) console.warn('NOT VERIFIED: pydicom absent');

const edits = (name: string): readonly Edit[] => [
  { kind: 'put', element: { keyword: 'PatientName', value: name } },
  { kind: 'put', element: { keyword: 'PatientID', value: 'N1' } },
  {
    kind: 'append',
    tag: 0x04000561,
    item: [
      { keyword: 'AttributeModificationDateTime', value: '20261123041600+0100' },
      { keyword: 'ReasonForTheAttributeModification', value: 'CORRECT' },
      { keyword: 'ModifiedAttributesSequence', items: [[{ keyword: 'PatientName', value: Buffer.from('Old^Name') }]] },
    ],
  },
];

/** Refusals that are right: what these files are, nobody can correct exactly. */
const mayBeRefused = new Set([
  'bad/syntax/deflate-bomb-256mb.dcm',
  'bad/value/lowercase-vr.dcm',
  'bad/value/name-twice.dcm',
  'bad/value/unknown-vr.dcm',
  'dicom/color/SC_rgb_jpeg.dcm',
  'dicom/structure/GH179A.dcm',
  'dicom/structure/GH179B.dcm',
]);

// pydicom believes the declared transfer syntax of this file, which is wrong, and sees other elements.
const notForPydicom = new Set(['bad/syntax/says-big-is-little.dcm']);

describe.skipIf(!corpusIsHere || !pydicomIsHere)('a new name and number on every file of the corpus', () => {
  it.each([
    ['plain', 'New^Name'],
    ['unicode', 'Łódź^Ωmega'],
  ])('changes nothing but the elements that the rules name (%s)', async (mode, name) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'corpus-'));
    try {
      const lines: string[] = [];
      const refused: string[] = [];
      for (const row of objects) {
        try {
          const object = await openPart10(row.file);
          const { recipe, becameUnicode } = await planSplice(object, edits(name)).finally(() => object.close());
          const file = path.join(folder, `${lines.length}.dcm`);
          const handle = await open(file, 'w');
          for await (const chunk of openSplicedStream(recipe, row.file)) await handle.write(chunk);
          await handle.close();
          if (!notForPydicom.has(row.path))
            lines.push(
              JSON.stringify([row.file, file, becameUnicode ? 'unicode' : mode === 'unicode' ? 'held' : 'plain']),
            );
        } catch (error) {
          expect(isProblem(error), row.path).toBe(true);
          if (!row.expected.startsWith('reject')) refused.push(row.path);
        }
      }
      expect(refused.filter((each) => !mayBeRefused.has(each))).toEqual([]);
      const script = path.join(import.meta.dirname, 'compare-with-pydicom.py');
      const judged = spawnSync(python, [script], { input: lines.join('\n'), encoding: 'utf8', maxBuffer: 2 ** 26 });
      const verdict = judged.stdout.trim().split('\n');
      expect(judged.stderr).toBe('');
      expect(verdict.slice(0, -1)).toEqual([]);
      expect(Number(/judged (\d+)/.exec(verdict.at(-1) ?? '')?.[1])).toBeGreaterThan(440);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
