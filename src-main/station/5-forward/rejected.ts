// The guard: a SOP Instance UID that was rejected after it may have left never leaves again, by whatever way it comes up.
//
// Asked when a delivery is made and once more in the transaction that writes its attempt down, so that a rejection counts
// for all that has not begun. An archive may refuse, ignore or restore such an object: nobody here can know which.
import type { Book } from '#station/records/index.ts';

/** True when a rejection note was written, or is to be written, about this SOP Instance UID. */
export function isRejected(book: Book, SOPInstanceUID: string): boolean {
  return book.sql('SELECT 1 FROM rejected_instance WHERE SOPInstanceUID = ? LIMIT 1').get(SOPInstanceUID) !== undefined;
}
