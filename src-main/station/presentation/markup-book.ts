// What was chosen and drawn on objects, and boxes of burned-in text by device, as rows.
//
// Writes run inside a transaction of the caller. A picture that nobody chose anything on has no row. Refuses markup of
// what has left and of what is rejected: it could not follow any more, or never would.
import {
  markupShape,
  type Box,
  type DeviceRedactions,
  type KeptMarkup,
  type Markup,
  type MarkupsOfExam,
} from '#contract/shapes/markup.ts';
import type { Clock } from '#station/kit/clock.ts';
import { Problem } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import { checkBoxes, checkMarkup, isPlain } from './markup-rules.ts';

type ObjectRecord = {
  readonly examId: string;
  readonly state: 'received' | 'approved' | 'rejected' | 'conflict';
  readonly header: string;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
};

/** Of an object on which nobody chose anything. */
export const plainMarkup: Markup = markupShape.parse({});

export type MarkupBook = {
  /** @throws Problem 'not-found' */
  read(objectId: string): KeptMarkup;
  /** None for an exam that is not there. */
  ofExam(examId: string): MarkupsOfExam;
  /** Gives the exam, and false for `changed` when it is what was kept. @throws Problem 'not-found', 'already-approved',
   * 'markup-of-rejected', 'input-invalid' */
  save(objectId: string, markup: Markup, by: string): { readonly examId: string; readonly changed: boolean };
  /** @throws Problem 'not-found' */
  redactionsFor(objectId: string): DeviceRedactions;
  /** @throws Problem 'not-found', 'input-invalid' */
  rememberRedactions(objectId: string, boxes: readonly Box[], by: string): string;
};

export function openMarkupBook({ book, clock }: { readonly book: Book; readonly clock: Clock }): MarkupBook {
  const objectOf = (objectId: string): ObjectRecord => {
    const row = book
      .sql<ObjectRecord>('SELECT examId, state, header, rows, columns, frames FROM object WHERE id = ?')
      .get(objectId);
    if (!row) throw new Problem('not-found', { what: 'object' });
    return row;
  };
  const pictureOf = (objectId: string): ObjectRecord => {
    const row = objectOf(objectId);
    if (row.rows > 0 && row.columns > 0 && row.frames > 0) return row;
    throw new Problem('input-invalid', { field: 'id', expected: 'an object with a picture' });
  };
  return {
    read: (objectId) => {
      objectOf(objectId);
      const row = book
        .sql<{ markup: string; at: string }>('SELECT markup, at FROM object_markup WHERE objectId = ?')
        .get(objectId);
      return row ? { markup: parseMarkup(row.markup), savedAt: row.at } : { markup: plainMarkup, savedAt: null };
    },
    ofExam: (examId) =>
      book
        .sql<{ objectId: string; markup: string; at: string }>(
          `SELECT objectId, markup, at FROM object_markup
           WHERE objectId IN (SELECT id FROM object WHERE examId = ? || '') ORDER BY objectId`,
        )
        .all(examId)
        .map(({ objectId, markup, at }) => ({ objectId, markup: parseMarkup(markup), savedAt: at })),
    save: (objectId, markup, by) => {
      const row = pictureOf(objectId);
      if (row.state === 'approved') throw new Problem('already-approved');
      if (row.state === 'rejected') throw new Problem('markup-of-rejected');
      checkMarkup(markup, row);
      const text = JSON.stringify(markup);
      const outcome = isPlain(markup)
        ? book.sql('DELETE FROM object_markup WHERE objectId = ?').run(objectId)
        : book
            .sql(
              `INSERT INTO object_markup (objectId, markup, by, at) VALUES (:objectId, :text, :by, :now)
               ON CONFLICT DO UPDATE SET markup = excluded.markup, by = excluded.by, at = excluded.at
                 WHERE markup <> excluded.markup`,
            )
            .run({ objectId, text, by, now: clock.now() });
      return { examId: row.examId, changed: outcome.changes > 0 };
    },
    redactionsFor: (objectId) => {
      const { header, rows, columns } = pictureOf(objectId);
      const found = book
        .sql<{ boxes: string; at: string }>(
          'SELECT boxes, at FROM device_redaction WHERE device = ? AND rows = ? AND columns = ?',
        )
        .get(deviceOf(header).key, rows, columns);
      const boxes = found ? (JSON.parse(found.boxes) as Box[]) : [];
      return { device: deviceOf(header).name, rows, columns, boxes, savedAt: found?.at ?? null };
    },
    rememberRedactions: (objectId, boxes, by) => {
      const { examId, header, rows, columns, frames } = pictureOf(objectId);
      checkBoxes(boxes, { rows, columns, frames }, 'boxes');
      const { key: device } = deviceOf(header);
      book.sql('DELETE FROM device_redaction WHERE device = ? AND rows = ? AND columns = ?').run(device, rows, columns);
      if (boxes.length > 0) {
        book
          .sql('INSERT INTO device_redaction (device, rows, columns, boxes, by, at) VALUES (?, ?, ?, ?, ?, ?)')
          .run(device, rows, columns, JSON.stringify(boxes), by, clock.now());
      }
      return examId;
    },
  };
}

/** As it was kept; a shape that grew since fills in what it lacks. */
export function parseMarkup(text: string): Markup {
  return markupShape.parse(JSON.parse(text));
}

/** What the images say they were made by: several devices may send under one AE title. */
function deviceOf(packedHeader: string): { readonly key: string; readonly name: string } {
  const header = JSON.parse(packedHeader) as Partial<Record<string, unknown>>;
  const said = (['Manufacturer', 'ManufacturerModelName', 'StationName', 'Modality'] as const).map((keyword) => {
    const value = header[keyword];
    return typeof value === 'string' ? value.slice(0, 64) : '';
  });
  const [maker, model, station, modality] = said;
  const name = [maker, model, station].filter((word) => word !== undefined && word !== '').join(' ');
  return { key: JSON.stringify(said), name: modality === '' ? name : `${name} (${modality})`.trim() };
}
