// Books with a history of images and judgements, made up by a seed: for the re-count, and for how long a page takes.
import { newId } from '#station/kit/ids.ts';
import type { Book } from '#station/records/index.ts';
import { randomFrom } from '../../faults/random.ts';

export type MadeImage = {
  readonly objectId: string;
  readonly examId: string;
  readonly sourceId: string;
  readonly day: string;
  readonly hour: number;
  readonly Modality: string;
  readonly BodyPartExamined: string;
  readonly deviation: number | null;
  readonly judgement: MadeJudgement | null;
};

export type MadeJudgement = {
  readonly verdict: 'accepted' | 'repeated' | 'rejected';
  readonly reason: string;
  readonly ownLabel: string;
  readonly technologist: string;
  readonly Modality: string;
  readonly BodyPartExamined: string;
};

export type HistoryWish = {
  readonly seed: number;
  readonly images: number;
  readonly firstDay: string;
  readonly days: number;
  /** Of a hundred images. */
  readonly judged: number;
};

export const madeSources = [
  { id: 'src-1', kind: 'dicom', label: 'DXROOM1', address: '10.0.0.1' },
  { id: 'src-2', kind: 'dicom', label: 'DXROOM2', address: '10.0.0.2' },
  { id: 'src-3', kind: 'dicom', label: 'DXROOM2', address: '10.0.0.3' },
  { id: 'src-4', kind: 'dicom', label: 'CR5', address: null },
  { id: 'src-5', kind: 'file', label: '/media/disc', address: null },
] as const;
const parts = ['CHEST', 'HAND', 'KNEE', 'LSPINE', 'PELVIS', 'SKULL', ''] as const;
const reasons = [
  ['111209', ''],
  ['111209', 'Off centre'],
  ['111210', ''],
  ['111212', ''],
  ['113680', ''],
] as const;
const people = ['Anna Weber', 'Иван Петров', 'Li Wei', ''] as const;
const dayMs = 86_400_000;

/** Writes a history into an empty book, in one transaction, and gives it as it is to be counted. */
export function writeHistory(book: Book, { seed, images, firstDay, days, judged }: HistoryWish): MadeImage[] {
  const { below, oneIn, pick } = randomFrom(seed);
  const history = Array.from({ length: images }, (_, n): MadeImage => {
    const day = new Date(Date.parse(`${firstDay}T00:00:00Z`) + below(days) * dayMs).toISOString().slice(0, 10);
    const Modality = pick(['DX', 'DX', 'CR', 'MG']);
    const BodyPartExamined = pick(parts);
    const verdict = pick(['accepted', 'accepted', 'accepted', 'accepted', 'repeated', 'rejected'] as const);
    const [reason, ownLabel] = verdict === 'accepted' ? (['', ''] as const) : pick<readonly [string, string]>(reasons);
    return {
      ...{
        objectId: newId(),
        examId: `exam-${n % 97}`,
        sourceId: pick<(typeof madeSources)[number]>(madeSources).id,
        day,
        hour: below(24),
      },
      ...{ Modality, BodyPartExamined },
      deviation: oneIn(3) ? null : (below(81) - 40) / 10,
      judgement:
        below(100) >= judged
          ? null
          : {
              ...{ verdict, reason, ownLabel, Modality, technologist: pick(people) },
              BodyPartExamined: oneIn(20) ? pick(parts) : BodyPartExamined,
            },
    };
  });
  book.transaction(() => {
    for (const { id, kind, label, address } of madeSources) {
      book
        .sql(`INSERT INTO source (id, kind, label, address, firstSeenAt, lastSeenAt) VALUES (?, ?, ?, ?, '', '')`)
        .run(id, kind, label, address);
    }
    for (const image of history) writeImage(book, image, { replaced: oneIn(10) });
  });
  return history;
}

function writeImage(book: Book, image: MadeImage, { replaced }: { readonly replaced: boolean }): void {
  const { objectId, examId, sourceId, day, hour, Modality, BodyPartExamined, deviation, judgement } = image;
  const at = `${day}T${String(hour).padStart(2, '0')}:10:00.000Z`;
  book
    .sql(
      `INSERT INTO image_fact (objectId, sourceId, arrivedAt, day, hour, Modality, BodyPartExamined, ViewPosition,
         ImageLaterality, OperatorsName, StationName, deviation) VALUES (?, ?, ?, ?, ?, ?, ?, '', '', '', '', ?)`,
    )
    .run(objectId, sourceId, at, day, hour, Modality, BodyPartExamined, deviation);
  if (!judgement) return;
  const write = (made: MadeJudgement, endedAt: string | null) =>
    book
      .sql(
        `INSERT INTO judgement (id, objectId, examId, verdict, reason, ownLabel, technologist, at, timeZone, day, hour,
           sourceId, Modality, BodyPartExamined, endedAt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'UTC', ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        ...[newId(), objectId, examId, made.verdict, made.reason, made.ownLabel, made.technologist, at, day, hour],
        ...[sourceId, made.Modality, made.BodyPartExamined, endedAt],
      );
  // What was taken back, or another one replaced, counts nowhere.
  if (replaced) write({ ...judgement, verdict: 'rejected', reason: '111221', technologist: 'Nobody' }, at);
  write(judgement, null);
}
