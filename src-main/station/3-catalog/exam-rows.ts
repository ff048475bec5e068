// Exams as the lists of the desk show them, read from the book.
import { problemKinds } from '#contract/problems.ts';
import type { ExamRow } from '#contract/shapes/exam.ts';
import type { Attributes, CorrectableKeyword } from '#contract/shapes/identity.ts';
import type { StandingProblem } from '#contract/shapes/problem.ts';
import type { Book } from '#station/records/index.ts';
import { stateOfExam } from './exam-state.ts';
import type { StandingProblems } from './standing-problems.ts';

type ExamRecord = {
  readonly id: string;
  readonly StudyInstanceUID: string;
  readonly received: string;
  readonly corrected: string;
  readonly modalities: string;
  readonly StudyDate: string;
  readonly kind: 'dicom' | 'file' | 'picture';
  readonly label: string;
  readonly address: string | null;
  readonly stage: 'held' | 'open' | 'approved' | 'rejected';
  readonly completeAt: string;
  readonly openDeliveries: number;
  readonly objects: number;
  readonly images: number;
  readonly series: number;
  readonly undecided: number;
  readonly approved: number;
  readonly rejected: number;
  readonly conflicts: number;
  readonly thumbnailObjectId: string | null;
  readonly firstArrivedAt: string;
  readonly lastArrivedAt: string;
  readonly approvedAt: string | null;
  readonly version: number;
};

/** One row, or undefined when the exam is not there. */
export function readExamRow(
  book: Book,
  problems: StandingProblems,
  { id, now }: { readonly id: string; readonly now: string },
): ExamRow | undefined {
  const exam = book
    .sql<ExamRecord>(
      `SELECT exam.*, source.kind, source.label, source.address,
         (SELECT count(*) FROM series WHERE series.examId = exam.id) AS series
       FROM exam JOIN source ON source.id = exam.sourceId WHERE exam.id = ? || ''`,
    )
    .get(id);
  if (!exam) return undefined;
  const received = JSON.parse(exam.received) as Attributes;
  const corrected = JSON.parse(exam.corrected) as Attributes;
  const standing = problems.read(id, corrected);
  const keepAll = standing.some((problem) => problem.code === 'two-patients');
  return {
    id,
    StudyInstanceUID: exam.StudyInstanceUID,
    state: stateOfExam(exam, now),
    received,
    corrected: keepAll ? corrected : whatDiffers(corrected, received),
    modalities: JSON.parse(exam.modalities) as string[],
    StudyDate: exam.StudyDate,
    source: { kind: exam.kind, label: exam.label, address: exam.address },
    counts: {
      objects: exam.objects,
      images: exam.images,
      series: exam.series,
      undecided: exam.undecided,
      approved: exam.approved,
      rejected: exam.rejected,
      conflicts: exam.conflicts,
    },
    problems: oneOfEach(standing),
    deliveries: readDeliveries(book, id),
    thumbnailObjectId: exam.thumbnailObjectId,
    firstArrivedAt: exam.firstArrivedAt,
    lastArrivedAt: exam.lastArrivedAt,
    approvedAt: exam.approvedAt,
    version: exam.version,
  };
}

function whatDiffers(corrected: Attributes, received: Attributes): Attributes {
  const keys = Object.keys(corrected) as CorrectableKeyword[];
  return Object.fromEntries(
    keys.filter((key) => corrected[key] !== (received[key] ?? '')).map((key) => [key, corrected[key]]),
  );
}

/** A thousand objects with the same flaw are one problem to a person. Those that stop come first. */
function oneOfEach(problems: readonly StandingProblem[]): StandingProblem[] {
  const byWords = new Map<string, StandingProblem>();
  for (const problem of problems) {
    const words = `${problem.code} ${JSON.stringify(problem.params)}`;
    if (!byWords.has(words)) byWords.set(words, problem);
  }
  const order = { stop: 0, warn: 1, note: 2 };
  return [...byWords.values()]
    .sort((a, b) => order[problemKinds[a.code].weight] - order[problemKinds[b.code].weight])
    .slice(0, 50);
}

type Stage = 'waiting' | 'sent' | 'confirmed' | 'blocked' | 'held' | 'cancelled';

const none = { total: 0, waiting: 0, sent: 0, confirmed: 0, blocked: 0, held: 0, cancelled: 0 };

function readDeliveries(book: Book, examId: string): ExamRow['deliveries'] {
  const byDestination = new Map<string, ExamRow['deliveries'][number]>();
  const counted = book
    .sql<{ destinationId: string; stage: Stage; deliveries: number }>(
      'SELECT destinationId, stage, deliveries FROM delivery_count WHERE examId = ? ORDER BY destinationId',
    )
    .all(examId);
  for (const { destinationId, stage, deliveries } of counted) {
    const line = byDestination.get(destinationId) ?? { destinationId, ...none };
    byDestination.set(destinationId, { ...line, total: line.total + deliveries, [stage]: line[stage] + deliveries });
  }
  return [...byDestination.values()];
}
