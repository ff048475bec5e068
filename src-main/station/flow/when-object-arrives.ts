// An object arrives: its bytes are made safe, its header is read meanwhile, it is written down in the catalogue, and only
// then is it acknowledged (reliability.md, "Receiving one object").
//
// When `finish` or `arrive` resolves with an acknowledgement, file, folder and row are durable. When it does not,
// nothing of the object is left. What comes again over the network is answered without a wait: the object that holds the
// same bytes is durable, and the new file is dropped unsynced. Refuses what is not DICOM, and everything when there is no room.
import type { ProblemNote } from '#contract/problems.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem, Problem } from '#station/kit/problem.ts';
import { buildFileMeta, openPart10, readHeader } from '#station/dicom/index.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import type { Book } from '#station/records/index.ts';
import type { ArrivedFile, ArrivingFile } from '#station/1-receive/index.ts';
import type { IncomingFile, Store } from '#station/2-store/index.ts';
import type { Arrival, ArrivalSource, Catalog, Recorded } from '#station/3-catalog/index.ts';
import type { Audit } from '#station/audit/index.ts';
import { CommitQueue, CommitUnsure } from './commit-queue.ts';
import type { Latency } from './latency.ts';
import { QuietWatch } from './quiet-watch.ts';
import { ResentCounts } from './resent-counts.ts';

export type ArrivalRooms = {
  readonly store: Store;
  readonly catalog: Catalog;
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  /** Told after the commit, and when an exam has become quiet. */
  readonly onChanged: (examIds: readonly string[]) => void;
  /** Told after the commit of exams in which objects share their UIDs; often of none. */
  readonly onTwins?: (examIds: readonly string[]) => void;
  readonly audit: Pick<Audit, 'append'>;
  /** From the last byte to the durable row. */
  readonly commits?: Pick<Latency, 'took'>;
};

/** A C-STORE whose data set is about to come. */
export type IncomingStart = {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly association: { readonly callingAeTitle: string; readonly address: string };
};

/** What the listener gives the bytes to; it fits ObjectSink of dicom/network. */
export type IncomingSink = {
  write(pieces: readonly Buffer[]): Promise<void> | undefined;
  finish(): Promise<{ readonly status: number; readonly comment?: string }>;
  discard(): void;
};

export type Arrivals = {
  /** Throws 'no-room' and 'disk-failed'. The sink rejects with them too, and has cleaned up then. */
  beginIncoming(start: IncomingStart): IncomingSink;
  /** Takes a file in. Throws what `judge` throws; 'not-dicom', 'header-too-large', 'no-room', 'disk-failed'. */
  arriveFile(file: ArrivingFile): Promise<ArrivedFile>;
  /** Ends the watch for quiet exams. What is under way goes on. */
  close(): void;
};

/** PS3.4 B.2.3: cannot understand. */
const cannotUnderstand = 0xc000;

/** To be opened after whenStationStarts. The caller closes it. */
export function openArrivals(rooms: ArrivalRooms): Arrivals {
  const { store, catalog, book, clock, log, onChanged } = rooms;
  const quiet = new QuietWatch({ catalog, book, clock, log, onQuiet: onChanged });
  const queue = new CommitQueue({
    book,
    record: (arrival) => {
      const recorded = catalog.record(arrival);
      writeTrail(rooms.audit, recorded, arrival);
      return recorded;
    },
    onCommitted: (recorded) => {
      const changed = recorded.filter(({ kind, fileTaken }) => kind !== 'resent' || fileTaken);
      if (changed.length === 0) return;
      quiet.look();
      const twins = changed.filter(({ isTwin }) => isTwin === true);
      if (twins.length > 0) rooms.onTwins?.([...new Set(twins.map(({ examId }) => examId))]);
      onChanged([...new Set(changed.map(({ examId }) => examId))]);
    },
  });

  const counts = new ResentCounts({ book, catalog, log });

  /** What holds the same bytes: durable as row and file; or its row alone is there, and its file is not what it was. */
  const findHeld = (incoming: IncomingFile, { transferSyntaxUid }: Facts) => {
    const { dataSetSha256 } = incoming;
    const held = catalog.heldAlready({ dataSetSha256, transferSyntaxUid });
    if (!held) return undefined;
    const isWhole = store.isWhole(held.file, held.sizeBytes);
    // Another association may have sent the same a moment ago, and nobody has an answer yet.
    return { held, isWhole, isDurable: isWhole && !book.isDoubtful && !queue.isUnsure(dataSetSha256) };
  };

  /** From the last byte to the durable row. Throws, and then nothing is left. */
  const settle = async (incoming: IncomingFile, facts: Facts): Promise<Recorded> => {
    const again = facts.announced && findHeld(incoming, facts);
    if (again?.isDurable) {
      const { objectId, examId } = again.held;
      void incoming.discard();
      counts.add({ objectId, source: facts.source });
      return { kind: 'resent', objectId, examId, fileTaken: false, exam: 'open' };
    }
    const beganMs = clock.monotonicMs();
    const reader = incoming.reader();
    const syncing = incoming.sync();
    let header: ObjectHeader;
    try {
      // The header is read while the disk syncs; what it fails of is told only when that is over.
      header = await openPart10(reader, { name: facts.name }).then((object) => readHeader(object));
      facts.judge?.(header);
    } catch (error) {
      await syncing;
      await incoming.discard();
      throw error;
    } finally {
      await reader.close();
    }
    const sealed = await incoming.place();
    const { source, transferSyntaxUid, announced, flaws } = facts;
    const heldFileIsGone = again?.isWhole === false;
    const arrival = {
      ...sealed,
      header,
      source,
      transferSyntaxUid,
      flaws,
      heldFileIsGone,
      ...(announced && { announced }),
    };
    const recorded = await queue.add(arrival).catch(async (error: unknown) => {
      if (error instanceof CommitUnsure) {
        store.suspect(error.cause);
        throw error.cause;
      }
      await forget(sealed.file);
      throw error;
    });
    rooms.commits?.took(clock.monotonicMs() - beganMs);
    if (!recorded.fileTaken) await forget(sealed.file);
    return recorded;
  };
  /** A file that stays is found at the next start, and is a repeat then. */
  const forget = (file: string) =>
    store.forget(file).catch((error: unknown) => log.error('forgetting-failed', {}, error));

  return {
    beginIncoming: (start) => {
      const { sopClassUid, sopInstanceUid, transferSyntaxUid, association } = start;
      const lead = buildFileMeta({
        sopClassUid,
        sopInstanceUid,
        transferSyntaxUid,
        sourceAeTitle: association.callingAeTitle,
      });
      const incoming = store.begin({ dataSetOffset: lead.length });
      const source = { kind: 'dicom', label: association.callingAeTitle, address: association.address } as const;
      const announced = { sopClassUid, sopInstanceUid };
      void incoming.write([lead]); // far smaller than what is kept in memory: copied at once
      return {
        write: (pieces) => incoming.write(pieces),
        finish: async () => {
          try {
            await settle(incoming, {
              name: '',
              source,
              transferSyntaxUid,
              announced,
              flaws: [],
              judge: refuseNonsense,
            });
            return { status: 0 };
          } catch (error) {
            if (isProblem(error, 'not-dicom') || isProblem(error, 'header-too-large')) {
              return { status: cannotUnderstand, comment: error.code };
            }
            throw error;
          }
        },
        discard: () => void incoming.discard(),
      };
    },
    arriveFile: async (file) => {
      const { dataSetOffset, expectedBytes, lead, pieces } = file;
      const incoming = store.begin({ dataSetOffset, expectedBytes });
      try {
        if (lead) await incoming.write([lead]);
        for await (const piece of pieces) await incoming.write([piece]);
      } catch (error) {
        await incoming.discard();
        throw error;
      }
      const { kind, objectId, examId } = await settle(incoming, file);
      return { kind, objectId, examId, problems: catalog.problemsOfObject(objectId) };
    },
    close: () => {
      quiet.close();
      counts.close();
    },
  };
}

/** Bytes of which nothing can be read are no data set, whatever the command said of them. */
function refuseNonsense({ wholeHeaderRead, SOPInstanceUID, StudyInstanceUID, SeriesInstanceUID }: ObjectHeader): void {
  if (!wholeHeaderRead && SOPInstanceUID + StudyInstanceUID + SeriesInstanceUID === '') {
    throw new Problem('not-dicom', { name: '' });
  }
}

/** The first object of an exam, one that comes too late, and one that contradicts another are worth a line each. */
function writeTrail(audit: ArrivalRooms['audit'], recorded: Recorded, arrival: Arrival): void {
  const { kind, objectId, examId, exam, follows, namesOtherPatient } = recorded;
  const by = arrival.source.label;
  if (kind === 'resent') return;
  if (exam === 'new') audit.append({ by, action: 'exam-received', examId, params: { source: arrival.source.kind } });
  if (exam === 'approved') audit.append({ by, action: 'object-came-late', examId, objectId });
  if (follows === true) audit.append({ by, action: 'decision-followed', examId, objectId });
  if (recorded.rearrangementId !== undefined) {
    const params = { objects: 1, way: 'in', rearrangement: recorded.rearrangementId };
    audit.append({ by, action: 'late-image-followed', examId, objectId, params });
  }
  if (kind === 'conflict') audit.append({ by, action: 'object-contradicts', examId, objectId });
  if (namesOtherPatient === true) audit.append({ by, action: 'object-names-other-patient', examId, objectId });
}

type Facts = {
  readonly name: string;
  readonly source: ArrivalSource;
  readonly transferSyntaxUid: string;
  readonly announced?: { readonly sopClassUid: string; readonly sopInstanceUid: string };
  readonly flaws: readonly ProblemNote[];
  readonly judge?: (header: ObjectHeader) => void;
};
