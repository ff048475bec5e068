// A device says in a rejection note that images must not be used: it is understood, said on a card, and a person follows
// it or dismisses it. Nothing is rejected by itself.
//
// Guarantees: the note itself never leaves, for an archive would obey it; what is followed is one transaction with the
// trail, and what has left by then is told of in a note of ours. 113039, Data Retention Policy Expired, asks nothing of
// anybody. A note is looked into after its arrival is durable; one that a stop left unread is read at the next start.
import type { DeviceNoteChoice } from '#contract/shapes/after-release.ts';
import {
  answerDeviceNote,
  imagesMeantBy,
  noteOtherKeyObject,
  openDeviceNotes,
  readDeviceNote,
  readReleased,
  readRejectionNote,
  recordDeviceNote,
  unreadNotes,
  type DeviceNote,
  type SaidByNote,
} from '#station/4-review/index.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import {
  carryOutRejection,
  prepareRejection,
  type AfterReleaseRooms,
  type PreparedRejection,
} from './after-release.ts';

export type DeviceNoteRooms = Omit<AfterReleaseRooms, 'catalog'> & {
  readonly catalog: Pick<Catalog, 'record' | 'refreshProblems' | 'objectFile' | 'say' | 'unsay' | 'standingProblems'>;
  /** Absolute path of a name in the store. */
  readonly pathOf: (file: string) => string;
  /** Goes on with notes of ours, after the commit. */
  readonly advance: () => void;
};

export type DeviceNotes = {
  /** After something arrived in these exams. Never throws. */
  look(examIds: readonly string[]): void;
  /** Durable when it resolves; a repeat changes nothing. @throws Problem 'not-found'; what a rejection throws */
  answer(objectId: string, choice: DeviceNoteChoice, by: string): Promise<void>;
  /** Resolves when everything that came was looked into. */
  settled(): Promise<void>;
  close(): Promise<void>;
};

const unknownFailure = '111221';
const code = 'device-rejects';

/** Looks at once into what a stop has left unread. */
export function openDeviceNoteFlow(rooms: DeviceNoteRooms): DeviceNotes {
  const { book, log } = rooms;
  const waiting = new Set<string>();
  let running: Promise<void> | undefined;
  let isClosed = false;
  const read = async (objectId: string): Promise<void> => {
    const said = await readNote(rooms, objectId);
    book.transaction(() => {
      if (said === null) noteOtherKeyObject(book, objectId);
      else take(rooms, objectId, said);
    });
  };
  const work = async (): Promise<void> => {
    for (const examId of waiting) {
      waiting.delete(examId);
      for (const objectId of unreadNotes(book, examId)) {
        if (isClosed) return;
        try {
          await read(objectId);
        } catch (error) {
          // Seen again at the next start; until then it is an object of the exam that a person looks at.
          log.error('note-unread', { objectId }, error);
        }
      }
      if (isClosed) return;
      book.transaction(() => sayOpen(rooms, examId));
    }
  };
  const look = (examIds: readonly string[]): void => {
    if (isClosed) return;
    const concerned = examIds.filter((id) => unreadNotes(book, id).length > 0 || openDeviceNotes(book, id).length > 0);
    for (const id of concerned) waiting.add(id);
    if (waiting.size === 0) return;
    running ??= new Promise<void>((resolve) => setImmediate(resolve))
      .then(work)
      .catch((error: unknown) => log.error('note-unread', {}, error))
      .finally(() => {
        running = undefined;
        // Told of between the last look and here.
        look([]);
      });
  };
  const unread = unreadNotes(book).flatMap((id) => examOf(rooms, id));
  look([...new Set([...unread, ...openDeviceNotes(book).map(({ examId }) => examId)])]);
  return {
    look,
    answer: async (objectId, choice, by) => {
      const note = readDeviceNote(book, objectId);
      const images = choice === 'follow' ? imagesMeantBy(book, note) : [];
      const released = await prepareReleased(rooms, note, images, by);
      book.transaction(() => {
        if (!answerDeviceNote(rooms, { objectId, choice, by })) return;
        const rejected = new Set(released.flatMap(({ objects }) => objects.map((one) => one.objectId)));
        for (const rejection of released) carryOutRejection(rooms, rejection);
        for (const image of images) if (!rejected.has(image)) rejectHere(rooms, note, image, by);
        const { examId, title, reason } = note;
        const params = { choice, title, reason, objects: images.length };
        rooms.audit.append({ by, action: 'device-note-answered', examId, objectId, params });
        sayOpen(rooms, examId);
        rooms.refreshProblems(examId);
        book.afterCommit(() => rooms.examChanged(examId));
      });
      rooms.advance();
    },
    settled: async () => {
      while (running) await running;
    },
    close: async () => {
      isClosed = true;
      await running;
    },
  };
}

function examOf({ book }: Pick<DeviceNoteRooms, 'book'>, objectId: string): string[] {
  const row = book.sql<{ examId: string }>('SELECT examId FROM object WHERE id = ?').get(objectId);
  return row ? [row.examId] : [];
}

function readNote({ catalog, pathOf }: DeviceNoteRooms, objectId: string): Promise<SaidByNote | null> {
  const { file, header } = catalog.objectFile(objectId);
  return readRejectionNote(pathOf(file), { name: objectId, characterSet: header.SpecificCharacterSet });
}

function take(rooms: DeviceNoteRooms, objectId: string, said: SaidByNote): void {
  const { book, audit } = rooms;
  recordDeviceNote(rooms, objectId, said);
  const { examId, device, title, reason, uids } = readDeviceNote(book, objectId);
  const params = { title, reason, objects: uids.length };
  audit.append({ by: device, action: 'device-note-came', examId, objectId, params });
  rooms.refreshProblems(examId);
  book.afterCommit(() => rooms.examChanged(examId));
}

/** One card for each note that waits for an answer, counting what is here by now. */
function sayOpen({ book, catalog, examChanged }: DeviceNoteRooms, examId: string): void {
  const wanted = openDeviceNotes(book, examId).map(
    (note) => ({ code, params: paramsOf(note, imagesMeantBy(book, note).length) }) as const,
  );
  const standing = catalog.standingProblems(examId).filter((problem) => problem.code === code);
  const texts = (all: readonly { readonly params: object }[]) =>
    all
      .map(({ params }) => JSON.stringify(params))
      .sort()
      .join();
  if (texts(wanted) === texts(standing)) return;
  catalog.unsay(examId, code);
  for (const note of wanted) catalog.say(examId, note);
  book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(examId);
  book.afterCommit(() => examChanged(examId));
}

const paramsOf = ({ device, title, reason, uids, text, objectId }: DeviceNote, images: number) => ({
  ...{ device, title, cause: reason, images, of: uids.length, text, object: objectId },
});

const reasonOf = ({ title, reason }: DeviceNote): string =>
  title === '113001' ? (reason === '' ? unknownFailure : reason) : title;

/** What has been approved is rejected with a note of ours; all of one exam together. */
async function prepareReleased(
  rooms: DeviceNoteRooms,
  note: DeviceNote,
  images: readonly string[],
  by: string,
): Promise<PreparedRejection[]> {
  const released = images.flatMap((id) => readReleased(rooms.book, id) ?? []);
  const prepared: PreparedRejection[] = [];
  for (const ofExam of Map.groupBy(released, ({ examId }) => examId).values()) {
    const objectIds = ofExam.map(({ objectId }) => objectId);
    prepared.push(prepareRejection(rooms, { objectIds, reason: reasonOf(note), text: note.text, by }));
  }
  return prepared;
}

function rejectHere(rooms: DeviceNoteRooms, note: DeviceNote, objectId: string, by: string): void {
  const { review, audit, book } = rooms;
  const [reason, { text }] = [reasonOf(note), note];
  const outcome = review.reject({ objectId, reason, text, by });
  if (outcome.kind === 'unchanged') return;
  const { examId } = outcome;
  audit.append({
    by,
    action: 'object-rejected',
    examId,
    objectId,
    params: { reason, ...(text === '' ? {} : { text }) },
  });
  rooms.refreshProblems(examId);
  book.afterCommit(() => rooms.examChanged(examId));
}
