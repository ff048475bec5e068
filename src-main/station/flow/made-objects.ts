// Objects of our own making (notes, presentation states, derived pictures) come into the house as all others do: durable in
// the store first, then a row, in one transaction with whatever they are made for.
//
// Guarantees: a file whose transaction fails is forgotten. One that a crash leaves between both is found by the next start
// and taken in like any other file; who makes objects that must not come in so writes down their id before (`beforePlaced`).
// The bytes must be a whole Part 10 file; its header is read from them and from nothing else.
import { ourselves, type ArrivalSource, type Catalog, type Recorded } from '#station/3-catalog/index.ts';
import type { SealedFile, Store } from '#station/2-store/index.ts';
import { openPart10, readHeader, type ByteReader } from '#station/dicom/index.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import type { Book } from '#station/records/index.ts';

export type MadeBytes = {
  /** A Part 10 file, in as many pieces as it was made in; read once. */
  readonly pieces: readonly Buffer[] | AsyncIterable<Buffer>;
  /** Of all pieces together, where they do not lie in memory. */
  readonly sizeBytes?: number;
  /** Where its data set begins, bytes. */
  readonly dataSetOffset: number;
  /** The exam it belongs to: one that leaves under the study of its order came under another. */
  readonly examId?: string;
};

/** An object that is durable in the store, and what its bytes say. */
export type PlacedObject = SealedFile & { readonly header: ObjectHeader; readonly examId?: string };

export type MadeObjectRooms = {
  readonly book: Book;
  readonly store: Pick<Store, 'begin' | 'forget'>;
  readonly catalog: Pick<Catalog, 'record'>;
};

/**
 * Durable when it resolves; without a row yet. `beforePlaced` hears its id when nothing is under its final name.
 * @throws Problem 'no-room', 'disk-failed'; nothing is left then
 */
export async function placeMade(
  { store }: Pick<MadeObjectRooms, 'store'>,
  { pieces, dataSetOffset, sizeBytes, examId }: MadeBytes,
  beforePlaced?: (objectId: string) => void,
): Promise<PlacedObject> {
  const expectedBytes = sizeBytes ?? lengthOf(pieces);
  const incoming = store.begin({ dataSetOffset, expectedBytes });
  try {
    for await (const piece of pieces) await incoming.write([piece]);
    const header = await headerOf(incoming.reader(), incoming.objectId);
    await incoming.sync();
    beforePlaced?.(incoming.objectId);
    return { ...(await incoming.place()), header, ...(examId !== undefined && { examId }) };
  } catch (error) {
    await incoming.discard();
    throw error;
  }
}

/** Writes a placed object down. Inside a transaction of the caller. Nothing arrived: its exam is as complete as it was. */
export function recordMade(
  { book, catalog }: Pick<MadeObjectRooms, 'book' | 'catalog'>,
  placed: PlacedObject,
  source: ArrivalSource = ourselves,
): Recorded {
  const { header, examId = '' } = placed;
  const quiet = book
    .sql<{ lastArrivedAt: string; completeAt: string }>('SELECT lastArrivedAt, completeAt FROM exam WHERE id = ?')
    .get(examId);
  const recorded = catalog.record({ ...placed, source, transferSyntaxUid: header.transferSyntaxUid, flaws: [] });
  if (quiet) {
    book
      .sql('UPDATE exam SET lastArrivedAt = :lastArrivedAt, completeAt = :completeAt WHERE id = :examId')
      .run({ ...quiet, examId });
  }
  return recorded;
}

/**
 * Places an object and writes it down, together with what `decide` does with it: all of it or nothing. Durable when it
 * resolves with what `decide` gave.
 */
export async function storeMade<T>(
  rooms: MadeObjectRooms,
  made: MadeBytes,
  decide: (recorded: Recorded) => T,
): Promise<T> {
  const placed = await placeMade(rooms, made);
  try {
    return rooms.book.transaction(() => decide(recordMade(rooms, placed)));
  } catch (error) {
    // While nobody knows what a crash would leave, its row may come back.
    if (!rooms.book.isDoubtful) await rooms.store.forget(placed.file);
    throw error;
  }
}

const lengthOf = (pieces: MadeBytes['pieces']): number =>
  Array.isArray(pieces) ? (pieces as readonly Buffer[]).reduce((sum, { length }) => sum + length, 0) : 0;

/** Of the bytes as they were written; the reader is closed. */
async function headerOf(written: ByteReader, name: string): Promise<ObjectHeader> {
  const object = await openPart10(written, { name });
  try {
    return await readHeader(object);
  } finally {
    await object.close();
  }
}
