// An exam as the list shows it, of whom a test says, and a catalog that has nothing else.
import type { ExamPage, ExamRow } from '#contract/shapes/exam.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import { newId, newUid } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Catalog } from '#station/3-catalog/index.ts';

export type NamedExam = ExamRow;

export function examNamed(received: Attributes, more: Partial<ExamRow> = {}): NamedExam {
  const at = '2026-11-23T08:00:00.000Z';
  return {
    id: newId(),
    StudyInstanceUID: newUid(),
    state: 'review',
    received,
    corrected: {},
    modalities: ['US'],
    StudyDate: '20261123',
    source: { kind: 'dicom', label: 'DEVICE', address: null },
    counts: { objects: 1, images: 1, series: 1, undecided: 1, approved: 0, rejected: 0, conflicts: 0 },
    problems: [],
    deliveries: [],
    thumbnailObjectId: null,
    ...{ firstArrivedAt: at, lastArrivedAt: at, approvedAt: null, version: 1 },
    ...more,
  };
}

/** The exam in front, and others that are here. */
export function noCatalog(...exams: readonly NamedExam[]): Pick<Catalog, 'examRows' | 'list' | 'exam'> {
  const totals = { 'needs-you': 0, arriving: 0, held: 0, approved: 0, rejected: 0, all: exams.length };
  return {
    examRows: (ids) => exams.filter(({ id }) => ids.includes(id)),
    list: (): ExamPage => ({ exams: [...exams], total: exams.length, totals }),
    exam: () => {
      throw new Problem('not-found', { what: 'exam' });
    },
  };
}
