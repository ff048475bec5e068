// Counts the objects of an exam anew, with all that is worked out from them. Inside a transaction of the caller.
import type { Attributes } from '#contract/shapes/identity.ts';
import type { Book } from '#station/records/index.ts';
import { searchTextOf } from '#station/kit/search-text.ts';

/**
 * SQL: an image in whose place another one of the same exam stands, a derived or a corrected one. People count both as one.
 * With `object` the row.
 */
const hasOtherInPlace = `(object.state = 'rejected' AND (rejectionReason = 'replaced' OR (rejectionReason = '113038'
  AND EXISTS (SELECT 1 FROM uid_map JOIN object AS copy ON copy.id = uid_map.objectId
    WHERE copyOf = object.id AND copy.examId = object.examId AND copy.sameAs IS NULL))))`;

export function countExam(book: Book, examId: string): void {
  book
    .sql(
      `UPDATE exam SET version = version + 1,
         (objects, images, undecided, approved, rejected, conflicts) =
           (SELECT count(*), coalesce(sum(hasPixelData), 0), coalesce(sum(state = 'received'), 0),
              coalesce(sum(state = 'approved'), 0),
              -- A note of a device is kept back, and no image that somebody rejected.
              coalesce(sum(state = 'rejected' AND rejectionReason IS NOT 'device-note'), 0),
              coalesce(sum(state = 'conflict'), 0)
            FROM object WHERE examId = exam.id AND sameAs IS NULL AND NOT ${hasOtherInPlace}),
         thumbnailObjectId =
           (SELECT id FROM object WHERE examId = exam.id AND drawable = 1 AND sameAs IS NULL ORDER BY state = 'rejected', rowid LIMIT 1)
       WHERE id = ?`,
    )
    .run(examId);
  const exam = book
    .sql<{ corrected: string; label: string }>(
      "SELECT corrected, label FROM exam JOIN source ON source.id = exam.sourceId WHERE exam.id = ? || ''",
    )
    .get(examId);
  if (!exam) return;
  const received = book
    .sql<{ received: string }>('SELECT received FROM object WHERE examId = ? GROUP BY receivedKey, received')
    .all(examId);
  const texts = [exam.corrected, ...received.map((row) => row.received)].flatMap((text) =>
    Object.values(JSON.parse(text) as Attributes),
  );
  book.sql('UPDATE exam SET searchText = ? WHERE id = ?').run(searchTextOf([...texts, exam.label]), examId);
}
