// What is known of the images of one exam, as a screen shows it: judgements, repeats, exposures, hints.
import {
  checkCodeShape,
  type CheckCode,
  type ExamQuality,
  type Hint,
  type ImageQuality,
} from '#contract/shapes/judging.ts';
import type { Book } from '#station/records/index.ts';
import { judgeExposure, type DeviationLimits, type ExposureNumbers } from './exposure.ts';
import { readHints } from './image-facts.ts';
import { countAccepted, readStanding, readStandingOfExam } from './judgements.ts';
import { isReceived, receivedImage } from './received-image.ts';

export type QualitySettings = { readonly deviation: DeviationLimits; readonly checksOff: readonly CheckCode[] };

type ImageRow = ExposureNumbers & {
  readonly objectId: string;
  readonly outcome: string | null;
  readonly rules: number | null;
  readonly isOwn: number;
};

export function readExamQuality(book: Book, examId: string, { deviation, checksOff }: QualitySettings): ExamQuality {
  const rows = book
    .sql<ImageRow>(
      `SELECT object.id AS objectId, ExposureIndex, TargetExposureIndex, DeviationIndex, image_check.outcome,
         image_check.rules, NOT ${isReceived('object')} AS isOwn
       FROM object LEFT JOIN image_fact ON image_fact.objectId = object.id
       LEFT JOIN image_check ON image_check.objectId = object.id
       WHERE object.examId = ? || '' AND object.hasPixelData = 1 AND object.sameAs IS NULL ORDER BY object.rowid`,
    )
    .all(examId);
  const standing = new Map(readStandingOfExam(book, examId).map((row) => [row.objectId, row]));
  const repeatOf = new Map(
    [...standing.values()].flatMap(({ objectId, repeatedByObjectId }) =>
      repeatedByObjectId === null ? [] : [[repeatedByObjectId, objectId] as const],
    ),
  );
  const hints = Map.groupBy(readHints(book, examId), ({ objectId }) => objectId);
  const images = rows.map((row): ImageQuality => {
    if (row.isOwn !== 0) return ofOwnImage(book, row.objectId, deviation);
    const judged = standing.get(row.objectId);
    const { objectId, ExposureIndex = null, TargetExposureIndex = null, DeviationIndex = null } = row;
    return {
      objectId,
      judgement: judged ? withoutLinks(judged) : null,
      waits: judged?.verdict === 'repeated' && judged.repeatedByObjectId === null,
      repeatedBy: judged?.repeatedByObjectId ?? null,
      repeatOf: repeatOf.get(objectId) ?? null,
      exposure: judgeExposure({ ExposureIndex, TargetExposureIndex, DeviationIndex }, deviation),
      hints: (hints.get(objectId) ?? []).flatMap(({ code, evidence }) => {
        if (checksOff.includes(code) || !checkCodeShape.safeParse(code).success) return [];
        const { otherObjectId, ...found } = JSON.parse(evidence) as Pick<Hint, 'numbers' | 'place'> & {
          readonly otherObjectId?: string;
        };
        const other = otherObjectId === undefined ? null : findOther(book, otherObjectId);
        // One that is gone by now proves nothing.
        return code === 'duplicate' && other === null ? [] : [{ code, ...found, other }];
      }),
      checks: row.outcome === null || row.rules === 0 ? 'waits' : row.outcome,
    };
  });
  return { examId, images, ...countAccepted(book, examId) };
}

/** A copy or a derived picture: what is known of the image that it shows. Hints are said of that one alone. */
function ofOwnImage(book: Book, objectId: string, deviation: DeviationLimits): ImageQuality {
  const of = receivedImage(book, objectId);
  const judged = readStanding(book, of);
  const numbers = book
    .sql<ExposureNumbers>(
      'SELECT ExposureIndex, TargetExposureIndex, DeviationIndex FROM image_fact WHERE objectId = ?',
    )
    .get(of);
  return {
    ...{ objectId, judgement: judged ? withoutLinks(judged) : null, hints: [], checks: 'checked' },
    ...{ waits: false, repeatedBy: null, repeatOf: null },
    exposure: numbers ? judgeExposure(numbers, deviation) : null,
  };
}

function withoutLinks({ verdict, reason, ownLabel, text, technologist, at }: NonNullable<ImageQuality['judgement']>) {
  return { verdict, reason, ownLabel, text, technologist, at };
}

function findOther(book: Book, objectId: string): Hint['other'] {
  const row = book.sql<{ examId: string }>('SELECT examId FROM object WHERE id = ?').get(objectId);
  return row ? { objectId, ...row } : null;
}
