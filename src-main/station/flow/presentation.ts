// What people choose and draw on pictures, from the desk to the book and into what leaves: the wiring of that part.
import type { Box, DeviceRedactions, KeptMarkup, Markup, MarkupsOfExam } from '#contract/shapes/markup.ts';
import type { Clock } from '#station/kit/clock.ts';
import { openMarkupBook } from '#station/presentation/index.ts';
import type { Book } from '#station/records/index.ts';

export type PresentationRooms = {
  readonly book: Book;
  readonly clock: Clock;
  readonly by: () => string;
  /** Called when it is durable: other windows read again what they show. */
  readonly examsChanged: (examIds: readonly string[]) => void;
};

export type PresentationFlow = {
  /** For the desk. Each throws what MarkupBook throws. */
  readonly desk: {
    read(objectId: string): KeptMarkup;
    ofExam(examId: string): MarkupsOfExam;
    /** Durable when it returns; in place of what was kept. */
    save(objectId: string, markup: Markup): KeptMarkup;
    redactions(objectId: string): DeviceRedactions;
    rememberRedactions(objectId: string, boxes: readonly Box[]): DeviceRedactions;
  };
};

export function openPresentation(rooms: PresentationRooms): PresentationFlow {
  const { book, by, examsChanged } = rooms;
  const markups = openMarkupBook(rooms);
  return {
    desk: {
      read: markups.read,
      ofExam: markups.ofExam,
      save: (objectId, markup) => {
        book.transaction(() => {
          const { examId, changed } = markups.save(objectId, markup, by());
          if (!changed) return;
          book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
          book.afterCommit(() => examsChanged([examId]));
        });
        return markups.read(objectId);
      },
      redactions: markups.redactionsFor,
      rememberRedactions: (objectId, boxes) => {
        book.transaction(() => void markups.rememberRedactions(objectId, boxes, by()));
        return markups.redactionsFor(objectId);
      },
    },
  };
}
