// The corpus of real and hostile files, where it is at hand. Its tests are skipped loudly where it is not.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

export type CorpusFile = {
  readonly path: string;
  readonly file: string;
  readonly bytes: number;
  readonly category: string;
  readonly expected: string;
  readonly purpose?: string;
  readonly modality?: string;
  readonly rows?: number;
  readonly columns?: number;
  readonly expect?: { readonly PatientName?: string };
  readonly transfer_syntax?: { readonly uid: string };
};

const folder = process.env['SAFELIGHT_CORPUS'] ?? path.resolve(import.meta.dirname, '../../../../shared/corpus');
const manifest = path.join(folder, 'manifest.jsonl');

export const corpus: readonly CorpusFile[] = existsSync(manifest)
  ? readFileSync(manifest, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Omit<CorpusFile, 'file'>)
      .map((row) => ({ ...row, file: path.join(folder, row.path) }))
  : [];

export const corpusIsHere = corpus.length > 0;
if (!corpusIsHere) console.warn('NOT VERIFIED: corpus absent');

/** Files that are, or pretend to be, one DICOM object. */
export const objects = corpus.filter(
  ({ path: name, category }) =>
    !/^(?:files|tools|bad\/zip|bad\/files|bad\/dicomdir)/.test(category) && !/DICOMDIR|README/.test(name),
);

export function fileAt(name: string): string {
  const row = corpus.find((each) => each.path === name);
  if (!row) throw new Error(`not in the corpus: ${name}`);
  return row.file;
}
