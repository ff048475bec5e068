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
  readonly emptied: number;
  readonly accepted: number;
  readonly notes: number;
};

/** Rows in the order of `ids`; what is not there is left out. A page is a few questions to the book, however long it is. */
export function readExamRows(
  book: Book,
  problems: StandingProblems,
  { ids, now }: { readonly ids: readonly string[]; readonly now: string },
): ExamRow[] {
  if (ids.length === 0) return [];
  const list = JSON.stringify(ids);
  const records = new Map(
    book
      .sql<ExamRecord>(
        `SELECT exam.*, source.kind, source.label, source.address,
           (SELECT count(*) FROM series WHERE series.examId = exam.id
            AND EXISTS (SELECT 1 FROM object WHERE object.examId = exam.id AND seriesId = series.id
              AND sameAs IS NULL)) AS series,
           (SELECT count(*) FROM judgement WHERE judgement.examId = exam.id AND endedAt IS NULL
            AND verdict = 'accepted') AS accepted,
           (SELECT count(*) FROM rejection_note JOIN object ON object.id = rejection_note.objectId
            WHERE rejection_note.examId = exam.id AND object.examId = exam.id AND state = 'approved') AS notes
         FROM exam JOIN source ON source.id = exam.sourceId WHERE exam.id IN (SELECT value FROM json_each(?))`,
      )
      .all(list)
      .map((record) => [record.id, record]),
  );
  const corrected = new Map([...records].map(([id, record]) => [id, JSON.parse(record.corrected) as Attributes]));
  const standing = problems.readFirst(corrected);
  const deliveries = readDeliveries(book, list);
  return ids.flatMap((id) => {
    const exam = records.get(id);
    // One whose images were all moved elsewhere is no exam to anybody.
    if (!exam || exam.emptied !== 0) return [];
    return rowOf(exam, {
      corrected: corrected.get(id) ?? {},
      standing: standing.get(id) ?? [],
      deliveries: deliveries.get(id) ?? [],
      now,
    });
  });
}

type Beside = {
  readonly corrected: Attributes;
  readonly standing: readonly StandingProblem[];
  readonly deliveries: ExamRow['deliveries'];
  readonly now: string;
};

function rowOf(exam: ExamRecord, { corrected, standing, deliveries, now }: Beside): ExamRow {
  const received = JSON.parse(exam.received) as Attributes;
  const keepAll = standing.some((problem) => problem.code === 'two-patients');
  return {
    id: exam.id,
    StudyInstanceUID: exam.StudyInstanceUID,
    state: stateOfExam({ ...exam, deliveries }, now),
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
      ...(exam.accepted > 0 && { accepted: exam.accepted }),
      ...(exam.notes > 0 && { notes: exam.notes }),
    },
    problems: weightiestFirst(standing),
    deliveries,
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

/** Those that stop come first. */
function weightiestFirst(problems: readonly StandingProblem[]): StandingProblem[] {
  const order = { stop: 0, warn: 1, note: 2 };
  return [...problems]
    .sort((a, b) => order[problemKinds[a.code].weight] - order[problemKinds[b.code].weight])
    .slice(0, 50);
}

type Stage = 'waiting' | 'sent' | 'confirmed' | 'blocked' | 'held' | 'cancelled';

const none = { total: 0, waiting: 0, sent: 0, confirmed: 0, blocked: 0, held: 0, cancelled: 0 };

/** @param list JSON of the ids of exams */
function readDeliveries(book: Book, list: string): Map<string, ExamRow['deliveries']> {
  const byExam = new Map<string, Map<string, ExamRow['deliveries'][number]>>();
  const counted = book
    .sql<{ examId: string; destinationId: string; stage: Stage; deliveries: number }>(
      `SELECT examId, destinationId, stage, deliveries FROM delivery_count
       WHERE examId IN (SELECT value FROM json_each(?)) ORDER BY examId, destinationId`,
    )
    .all(list);
  for (const { examId, destinationId, stage, deliveries } of counted) {
    const lines = byExam.get(examId) ?? new Map<string, ExamRow['deliveries'][number]>();
    byExam.set(examId, lines);
    const line = lines.get(destinationId) ?? { destinationId, ...none };
    lines.set(destinationId, { ...line, total: line.total + deliveries, [stage]: line[stage] + deliveries });
  }
  return new Map([...byExam].map(([examId, lines]) => [examId, [...lines.values()]]));
}
