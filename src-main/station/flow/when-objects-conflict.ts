// Two contents came under one identifier: both are kept, acknowledged and shown as being compared; then, in the
// background and one at a time, they are. The same content in another transfer syntax counts as a re-send; anything
// else waits for a person, who sees the two side by side and decides.
//
// What was found and what was decided is durable together with the trail. A comparison that the end of the station
// interrupts is made again at the next start. A file that cannot be read never becomes 'the same'.
import { createHash } from 'node:crypto';
import type { Conflict, ConflictChoice } from '#contract/shapes/conflict.ts';
import type { FrameReader } from '#station/dicom/codecs/index.ts';
import {
  findContentDifferences,
  hashPixelData,
  isLossless,
  openPart10,
  printContent,
  type ContentPrint,
} from '#station/dicom/index.ts';
import type { Log } from '#station/kit/log.ts';
import type { Book } from '#station/records/index.ts';
import type { Catalog, ConflictFinding, Conflicts, Prints, Twin } from '#station/3-catalog/index.ts';
import type { Audit, AuditParams } from '#station/audit/index.ts';

export type ConflictRooms = {
  readonly book: Book;
  readonly catalog: Pick<Catalog, 'objectFile' | 'objectRow' | 'refreshProblems'>;
  readonly conflicts: Conflicts;
  readonly audit: Pick<Audit, 'append'>;
  readonly frames: Pick<FrameReader, 'digest'>;
  readonly pathOf: (file: string) => string;
  readonly log: Log;
  /** Told after the commit. */
  readonly examChanged: (examId: string) => void;
};

export type ConflictCommand = {
  readonly objectId: string;
  readonly choice: ConflictChoice;
  readonly by: string;
  readonly commandId?: string | undefined;
};

export type ConflictFlow = {
  /** Compares in the background what was not compared in these exams. Returns at once. */
  look(examIds: readonly string[]): void;
  /** Resolves when nothing is being compared. */
  settled(): Promise<void>;
  list(examId: string): Conflict[];
  /** Durable when it returns; a repeat changes nothing. Throws what Conflicts.decide throws. */
  decide(command: ConflictCommand): Conflict[];
  /** Durable when it returns. Throws what Conflicts.undo throws. */
  undo(objectId: string, by: string, commandId?: string): Conflict[];
  /** Gives up what is being compared; it is taken up again at the next start. */
  close(): Promise<void>;
};

/** What the desk asks, in the name of whoever works here. */
export type ConflictsDesk = {
  list(examId: string): Conflict[];
  decide(objectId: string, choice: ConflictChoice, commandId?: string): Conflict[];
  undo(objectId: string, commandId?: string): Conflict[];
};

export function conflictsDesk(flow: ConflictFlow, by: () => string): ConflictsDesk {
  return {
    list: flow.list,
    decide: (objectId, choice, commandId) => flow.decide({ objectId, choice, commandId, by: by() }),
    undo: (objectId, commandId) => flow.undo(objectId, by(), commandId),
  };
}

const mostDifferences = 40;

/** Opens the watch and takes up what an earlier run left. The caller closes it before the rooms. */
export function openConflictFlow(rooms: ConflictRooms): ConflictFlow {
  const { book, conflicts, audit, catalog } = rooms;
  const waiting = new Set<string>();
  let running: Promise<void> | undefined;
  let isClosed = false;

  const work = async (): Promise<void> => {
    for (const examId of waiting) {
      waiting.delete(examId);
      const failed = new Set<string>();
      for (;;) {
        const twin = conflicts.toCompare(examId).find(({ objectId }) => !failed.has(objectId));
        if (!twin || isClosed) break;
        try {
          await compareTwin(rooms, examId, twin, () => isClosed);
        } catch (error) {
          failed.add(twin.objectId);
          rooms.log.error('comparing-failed', {}, error);
        }
      }
      if (isClosed) return;
    }
  };
  const look = (examIds: readonly string[]): void => {
    if (isClosed) return;
    for (const examId of examIds) waiting.add(examId);
    // After the answers of this turn are on their way.
    running ??= new Promise((resolve) => setImmediate(resolve)).then(work).finally(() => {
      running = undefined;
      if (waiting.size > 0) look([]);
    });
  };
  const change = (examId: string, write: () => void): void => {
    write();
    catalog.refreshProblems(examId);
    book.afterCommit(() => {
      rooms.examChanged(examId);
      look([examId]);
    });
  };
  look(conflicts.examsInConflict());

  return {
    look,
    settled: async () => {
      while (running) await running;
    },
    list: (examId) => conflicts.ofExam(examId),
    decide: (command) =>
      book.transaction(() => {
        const { objectId, choice, by } = command;
        const outcome = conflicts.decide(command);
        const { examId } = outcome;
        if (outcome.kind === 'decided') {
          const { formerUid, givenUid } = outcome;
          const params: AuditParams = givenUid === '' ? { choice } : { choice, formerUid, givenUid };
          change(examId, () => audit.append({ by, action: 'conflict-decided', examId, objectId, params }));
        }
        return conflicts.ofExam(examId);
      }),
    undo: (objectId, by, commandId) =>
      book.transaction(() => {
        const outcome = conflicts.undo(objectId, commandId);
        const { examId } = outcome;
        if (outcome.kind === 'decided') {
          change(examId, () => audit.append({ by, action: 'conflict-reopened', examId, objectId }));
        }
        return conflicts.ofExam(examId);
      }),
    close: async () => {
      isClosed = true;
      await running;
    },
  };
}

/** Finds out what the later one of a pair is, and writes it down. */
async function compareTwin(rooms: ConflictRooms, examId: string, twin: Twin, isClosed: () => boolean): Promise<void> {
  const { book, conflicts, audit, catalog } = rooms;
  const own = await printsOf(rooms, twin.objectId, isClosed);
  for (const id of conflicts.earlierThan(twin)) {
    if (isClosed()) return;
    if (!isSame(own, await printsOf(rooms, id, isClosed))) continue;
    const isFolded = book.transaction(() => {
      if (!conflicts.countAsResent(twin.objectId, id)) return false;
      audit.append({ by: '', action: 'object-resent-otherwise', examId, objectId: twin.objectId });
      catalog.refreshProblems(examId);
      book.afterCommit(() => rooms.examChanged(examId));
      return true;
    });
    if (isFolded) return;
  }
  const finding = await describe(rooms, twin, own, await printsOf(rooms, twin.firstId, isClosed));
  if (isClosed()) return;
  book.transaction(() => {
    conflicts.keepFinding(twin, finding);
    catalog.refreshProblems(examId);
    book.afterCommit(() => rooms.examChanged(examId));
  });
}

/** Equal in all elements and in all pixels, and both were read to their end. */
function isSame(one: Prints, other: Prints): boolean {
  return one.rest !== '' && one.rest === other.rest && one.pixels === other.pixels && one.pixels !== 'unreadable';
}

async function describe(
  rooms: ConflictRooms,
  { objectId, firstId }: Twin,
  second: Prints,
  first: Prints,
): Promise<ConflictFinding> {
  const one = await readContent(rooms, firstId);
  const other = await readContent(rooms, objectId);
  if (one.kind !== 'read' || other.kind !== 'read') {
    return { pixels: 'unknown', readable: false, differences: [], moreDifferences: 0 };
  }
  const { differences, more } = findContentDifferences(one.elements, other.elements, mostDifferences);
  return { pixels: comparePixels(first.pixels, second.pixels), readable: true, differences, moreDifferences: more };
}

/** Prints of pixels are equal, comparable and other, or of two ways of writing that nobody can compare. */
function comparePixels(one: string, other: string): ConflictFinding['pixels'] {
  if (one === 'unreadable' || other === 'unreadable') return 'unknown';
  if (one === other) return one === '' ? 'none' : 'same';
  if (one === '' || other === '') return 'other';
  const wayOf = (print: string) => print.slice(0, print.lastIndexOf(':'));
  return wayOf(one) === wayOf(other) ? 'other' : 'unknown';
}

/** Made once for each object that has a twin. */
async function printsOf(rooms: ConflictRooms, objectId: string, isClosed: () => boolean): Promise<Prints> {
  const { conflicts } = rooms;
  const known = conflicts.prints(objectId);
  if (known) return known;
  const content = await readContent(rooms, objectId);
  const rest = content.kind === 'read' ? content.sha256 : '';
  const prints = { rest, pixels: await printPixels(rooms, objectId, isClosed) };
  if (!isClosed() && prints.pixels !== 'unreadable') conflicts.keepPrints(objectId, prints);
  return prints;
}

async function readContent({ catalog, pathOf }: ConflictRooms, objectId: string): Promise<ContentPrint> {
  try {
    const { file } = catalog.objectFile(objectId); // throws when it is gone on purpose
    const object = await openPart10(pathOf(file), { inflateLimitBytes: mostInflatedBytes });
    try {
      return await printContent(object);
    } finally {
      await object.close();
    }
  } catch {
    return { kind: 'unreadable' };
  }
}

const mostInflatedBytes = 64 * 1_048_576;

/**
 * `px:` and a digest of the decoded values where nothing is lost by decoding; else `raw:`, the syntax and a digest of
 * the bytes as they stand; '' when there are none.
 */
async function printPixels(
  { catalog, pathOf, frames }: ConflictRooms,
  objectId: string,
  isClosed: () => boolean,
): Promise<string> {
  const { file, dataSetOffset, transferSyntaxUid: declared, header } = catalog.objectFile(objectId);
  if (!header.hasPixelData) return '';
  const path = pathOf(file);
  const transferSyntax = header.transferSyntaxUid || declared;
  if (isLossless(transferSyntax)) {
    const count = Math.max(1, catalog.objectRow(objectId).frames);
    const digests: string[] = [];
    for (let frame = 0; frame < count && !isClosed(); frame++) {
      const answer = await frames.digest({ path, dataSetOffset, transferSyntax, frame });
      if (answer.kind !== 'digest') break;
      digests.push(answer.sha256);
    }
    if (digests.length === count) return `px:${createHash('sha256').update(digests.join(' ')).digest('hex')}`;
  }
  try {
    const object = await openPart10(path, { inflateLimitBytes: mostInflatedBytes });
    try {
      const sha256 = await hashPixelData(object);
      return sha256 === null ? 'unreadable' : `raw:${transferSyntax}:${sha256}`;
    } finally {
      await object.close();
    }
  } catch {
    return 'unreadable';
  }
}
