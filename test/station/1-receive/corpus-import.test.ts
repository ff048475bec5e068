// The whole corpus of real and hostile files is imported, file by file. Nothing crashes or hangs, whatever is to be accepted
// is kept byte for byte, and where our judgement differs from the corpus's it is printed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProblemNote } from '#contract/problems.ts';
import type { ImportFinding } from '#contract/shapes/station.ts';
import { openImports } from '#station/1-receive/index.ts';
import { openPart10 } from '#station/dicom/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';
import { corpus, corpusIsHere, type CorpusFile } from '../dicom/corpus.ts';
import { openRooms, type Rooms } from '../flow/open-rooms.ts';

type Verdict = 'accept' | 'accept-with-warning' | 'reject';
type Judged = { readonly row: CorpusFile; readonly finding: ImportFinding };

/** Said of the patient and not of the file: a person answers them, whoever made the file. */
const ofThePatient = new Set([
  'no-patient-id',
  'no-patient-name',
  'placeholder-identity',
  'impossible-date',
  'invalid-sex',
  'two-patients',
  // Of its neighbours: many files of the corpus are variants of one object.
  'same-uid-being-compared',
  'same-uid-other-content',
  'same-uid-other-values',
  'same-uid-other-patient',
  'same-uid-elsewhere',
]);
/** Comes with a later step: documents, films, archives, and the directory of a disc. */
const notYet = (row: CorpusFile) =>
  /^(?:files\/(?:pdf|video|bmp|tiff)|bad\/zip|tools)/.test(row.category) || /DICOMDIR[^/]*$|\.pdf$/.test(row.path);

const expectedOf = (row: CorpusFile) => row.expected.split(':')[0] as Verdict;

function verdictOf({ outcome }: ImportFinding, problems: readonly ProblemNote[], expected: Verdict): Verdict {
  if (outcome === 'refused' || outcome === 'skipped') return 'reject';
  if (outcome === 'already-here') return expected === 'reject' ? 'accept' : expected;
  const counted = expected === 'accept' ? problems.filter(({ code }) => !ofThePatient.has(code)) : problems;
  return counted.length > 0 ? 'accept-with-warning' : 'accept';
}

describe.skipIf(!corpusIsHere)('the corpus', { timeout: 240_000 }, () => {
  let folder: TemporaryFolder;
  let rooms: Rooms;
  const judged: Judged[] = [];

  beforeAll(async () => {
    folder = await temporaryFolder('corpus');
    rooms = await openRooms(path.join(folder.path, 'home'), { quietTimeMs: 0 });
    const { arriveFile } = rooms.arrivals;
    const imports = openImports({ clock: systemClock, log: silentLog, arriveFile });
    for (const row of corpus.filter(({ file }) => existsSync(file))) {
      const { findings } = await imports.begin([row.file], true);
      const [finding] = findings;
      if (finding) judged.push({ row, finding });
    }
    await imports.close();
  }, 240_000);
  afterAll(async () => {
    await rooms.close();
    await folder.close();
  });

  it('is imported without one crash, and every refusal has a code', () => {
    expect(judged.length).toBeGreaterThan(500);
    const crashes = judged.filter(({ finding }) => finding.problems.some(({ code }) => code === 'internal'));
    expect(crashes.map(({ row }) => row.path)).toEqual([]);
    const wordless = judged.filter(({ finding }) => finding.outcome === 'refused' && finding.problems.length === 0);
    expect(wordless.map(({ row }) => row.path)).toEqual([]);
    expect(readdirSync(path.join(folder.path, 'home/incoming'))).toEqual([]);
  });

  it('is kept byte for byte where it is to be accepted', async () => {
    const wrong: string[] = [];
    for (const { row, finding } of judged) {
      if (expectedOf(row) === 'reject' || notYet(row) || row.category.startsWith('files/')) continue;
      if (finding.objectId === null) {
        if (expectedOf(row) === 'accept') wrong.push(`${row.path}: ${finding.outcome}`);
        continue;
      }
      const kept = rooms.catalog.objectFile(finding.objectId);
      const bytes = readFileSync(rooms.store.pathOf(kept.file)).subarray(kept.dataSetOffset);
      const source = readFileSync(row.file);
      const object = await openPart10(source);
      if (!bytes.equals(source.subarray(object.dataSetOffset))) wrong.push(`${row.path}: other bytes`);
    }
    expect(wrong).toEqual([]);
  });

  it('is judged as the corpus would judge it, but for what is printed', () => {
    // What stands when all is in: some problems only show when the neighbours are there.
    const standing = ({ objectId, examId, problems }: ImportFinding): readonly ProblemNote[] =>
      examId === null
        ? problems
        : [
            ...problems,
            ...rooms.catalog
              .standingProblems(examId)
              .filter((one) => one.objectId === objectId || one.code === 'two-patients'),
          ];
    const differing = judged
      .filter(({ row }) => !notYet(row))
      .map(({ row, finding }) => ({ row, finding, ours: verdictOf(finding, standing(finding), expectedOf(row)) }))
      .filter(({ row, ours }) => ours !== expectedOf(row));
    const lines = differing.map(
      ({ row, finding, ours }) =>
        `${row.path}: ${ours} (${finding.problems.map(({ code }) => code).join(', ')}), corpus: ${row.expected}`,
    );
    console.warn(`corpus: ${judged.length} files, ${differing.length} judged otherwise\n${lines.join('\n')}`);
    const lost = differing.filter(({ row, ours }) => ours === 'reject' && expectedOf(row) === 'accept');
    expect(lost.map(({ row }) => row.path)).toEqual([]);
  });
});
