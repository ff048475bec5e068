// Writes arrivals down: patient, source, exam, series and object, in the transaction of the caller.
//
// The key towards the outside is study, series and SOP Instance UID. The same content again is counted and not kept
// twice; other content under the same key is kept beside it and never over it (dicom-rules 4). What came without legal
// UIDs gets lasting ones of our own (dicom-rules 3).
import { createHash } from 'node:crypto';
import type { ProblemNote } from '#contract/problems.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import { laterBy, type Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import type { Book } from '#station/records/index.ts';
import { isLegalUid } from '#station/dicom/index.ts';
import { ourselves, type Arrival, type ArrivalSource, type Recorded } from './arrival.ts';
import { countExam } from './exam-counts.ts';
import { packHeader, receivedAttributes } from './header-text.ts';
import { givenUid } from './own-uids.ts';
import { takeBackPurged } from './returned-object.ts';
import { searchTextOf } from '#station/kit/search-text.ts';
import type { StandingProblems } from './standing-problems.ts';

export type LedgerParts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly quietTimeMs: (source: ArrivalSource) => number;
  readonly expectedModality: (source: ArrivalSource) => string | undefined;
  readonly problems: StandingProblems;
};

type Key = {
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
};

/** What is counted of a source at one arrival. `sends` is '' unless its text was not what it `says`. */
type SourceSeen = {
  readonly objects: number;
  readonly resent: number;
  readonly sends: string;
  readonly says: string;
  readonly other: string;
  readonly now: string;
};

const nothingSeen = { objects: 0, resent: 0, sends: '', says: '', other: '' };
const mostSourceIds = 256;

export class Ledger {
  readonly #parts: LedgerParts;
  /** Of those that sent something lately. One that was rolled back is found out by the next update. */
  readonly #sourceIds = new Map<string, string>();

  constructor(parts: LedgerParts) {
    this.#parts = parts;
  }

  record(arrival: Arrival): Recorded {
    const { book, clock, problems } = this.#parts;
    const now = clock.now();
    const again = this.#resent(arrival);
    const other = again ? undefined : otherModality(arrival, this.#parts.expectedModality(arrival.source));
    if (again) {
      this.#source(arrival.source, { ...nothingSeen, resent: 1, now });
      return again;
    }
    const sourceId = this.#source(arrival.source, {
      ...{ objects: 1, resent: 0, other: other?.found ?? '', now },
      sends: arrival.header.textSends,
      says: arrival.header.SpecificCharacterSet.join('\\').slice(0, 64),
    });

    const { header } = arrival;
    const key = keyOf(arrival, now, (level, ...words) => givenUid(book, { level, words, now }));
    const received = receivedAttributes(header);
    const receivedText = JSON.stringify(received);
    const receivedKey = createHash('sha256').update(receivedText).digest('base64url').slice(0, 16);
    const patientId = this.#patient(received);
    const { examId, exam, late, corrected } = this.#exam(arrival, key, { received, patientId, sourceId, now });
    const seriesId = this.#series(examId, key, header);
    const beside = book
      .sql<{ known: number; twin: number; elsewhere: number }>(
        `SELECT EXISTS (SELECT 1 FROM object WHERE examId = :examId AND receivedKey = :receivedKey) AS known,
           EXISTS (SELECT 1 FROM object WHERE seriesId = :seriesId AND SOPInstanceUID = :uid) AS twin,
           EXISTS (SELECT 1 FROM object WHERE SOPInstanceUID = :uid AND +seriesId <> :seriesId
             AND +state <> 'rejected') AS elsewhere`,
      )
      .get({ examId, receivedKey, seriesId, uid: key.SOPInstanceUID });

    book
      .sql(
        `INSERT INTO object (id, examId, seriesId, sourceId, patientId, SOPInstanceUID, SOPClassUID, TransferSyntaxUID,
           InstanceNumber, state, file, sizeBytes, dataSetOffset, dataSetSha256, header, received, arrivedAt,
           receivedKey, characterSet, rows, columns, frames, frameTimeMs, drawable, hasPixelData, burnedInAnnotation)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'received', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        arrival.objectId,
        examId,
        seriesId,
        sourceId,
        patientId,
        key.SOPInstanceUID,
        header.SOPClassUID || (arrival.announced?.sopClassUid ?? ''),
        syntaxOf(arrival),
        textOf(header.InstanceNumber),
        arrival.file,
        arrival.sizeBytes,
        arrival.dataSetOffset,
        arrival.dataSetSha256,
        packHeader(header),
        receivedText,
        now,
        receivedKey,
        header.SpecificCharacterSet.join('\\'),
        countOf(header.Rows),
        countOf(header.Columns),
        framesOf(header),
        framesOf(header) > 1 ? Math.max(0, header.FrameTime ?? 0) : 0,
        isDrawable(arrival) ? 1 : 0,
        header.hasPixelData ? 1 : 0,
        header.BurnedInAnnotation.slice(0, 16),
      );
    for (const flaw of flawsOf(arrival)) problems.raise({ examId, objectId: arrival.objectId }, flaw);
    const subject = { examId, objectId: arrival.objectId };
    if (beside?.elsewhere === 1) problems.raise(subject, { code: 'same-uid-elsewhere', params: {} });
    if (other) problems.raise({ examId, objectId: null }, { code: 'unexpected-modality', params: other });
    const follows =
      late && problems.late.arrived({ examId, objectId: arrival.objectId, sourceId, received, corrected, header, now });
    const recorded = { objectId: arrival.objectId, examId, fileTaken: true, exam, follows };
    if (exam !== 'new' && beside?.known === 1 && beside.twin === 0) {
      if (late) problems.refreshLate(examId);
      return { kind: 'new', ...recorded };
    }
    problems.refresh(examId);
    countExam(book, examId);
    const state = book.sql<{ state: string }>('SELECT state FROM object WHERE id = ?').get(arrival.objectId)?.state;
    const kind = state === 'conflict' ? 'conflict' : 'new';
    if (beside?.twin !== 1) return { kind, ...recorded };
    return { kind, ...recorded, isTwin: true, namesOtherPatient: problems.stands(subject, 'same-uid-other-patient') };
  }

  /** The same bytes are here. When their file had gone, the new one takes its place. */
  #resent(arrival: Arrival): Recorded | undefined {
    const { book, problems } = this.#parts;
    const known = book
      .sql<{ id: string; examId: string }>(
        `SELECT id, examId FROM object WHERE dataSetSha256 = ? || '' AND +TransferSyntaxUID = ?
         ORDER BY rowid LIMIT 1`,
      )
      .get(arrival.dataSetSha256, syntaxOf(arrival));
    if (!known) return undefined;
    book.sql('UPDATE object SET resent = resent + 1 WHERE id = ?').run(known.id);
    const subject = { examId: known.examId, objectId: known.id };
    if (takeBackPurged(book, known.id, arrival, this.#parts.clock.now()))
      return { kind: 'resent', ...subject, fileTaken: true, exam: 'open' };
    const fileTaken =
      arrival.heldFileIsGone === true ||
      problems.stands(subject, 'object-file-missing') ||
      problems.stands(subject, 'digest-mismatch');
    if (fileTaken) {
      // The same data set behind another File Meta lies elsewhere. A recipe over the lost file then makes other bytes
      // than were approved: its digest keeps it here until it is approved again. The bytes are what must not be lost.
      book
        .sql('UPDATE object SET file = ?, sizeBytes = ?, dataSetOffset = ?, header = ? WHERE id = ?')
        .run(arrival.file, arrival.sizeBytes, arrival.dataSetOffset, packHeader(arrival.header), known.id);
      problems.clear(subject, 'object-file-missing');
      problems.clear(subject, 'digest-mismatch');
      book.sql('UPDATE exam SET version = version + 1 WHERE id = ?').run(known.examId);
    }
    return { kind: 'resent', ...subject, fileTaken, exam: 'open' };
  }

  /** An object that was not recorded, because what it holds is here. */
  countAgain(objectId: string, source: ArrivalSource): void {
    this.#parts.book.sql('UPDATE object SET resent = resent + 1 WHERE id = ?').run(objectId);
    this.#source(source, { ...nothingSeen, resent: 1, now: this.#parts.clock.now() });
  }

  /** The source with all that is counted of it. */
  #source({ kind, label, address }: ArrivalSource, facts: SourceSeen): string {
    const { book } = this.#parts;
    const key = JSON.stringify([kind, label, address]);
    const known =
      this.#sourceIds.get(key) ??
      book
        .sql<{ id: string }>('SELECT id FROM source WHERE kind = ? AND label = ? AND address IS ?')
        .get(kind, label, address)?.id;
    if (known !== undefined) {
      const found = book
        .sql(
          `UPDATE source SET lastSeenAt = :now, objects = objects + :objects, resent = resent + :resent,
             textLies = textLies + (:sends <> ''), textSays = iif(:sends = '', textSays, :says),
             textSends = iif(:sends = '', textSends, :sends), otherModality = otherModality + (:other <> ''),
             lastOtherModality = iif(:other = '', lastOtherModality, :other)
           WHERE id = :known`,
        )
        .run({ ...facts, known });
      if (found.changes > 0) {
        this.#keepSourceId(key, known);
        return known;
      }
      this.#sourceIds.delete(key);
      return this.#source({ kind, label, address }, facts);
    }
    const id = newId();
    book
      .sql(
        `INSERT INTO source (id, kind, label, address, firstSeenAt, lastSeenAt, objects, resent, textLies, textSays,
           textSends, otherModality, lastOtherModality)
         VALUES (:id, :kind, :label, :address, :now, :now, :objects, :resent, :sends <> '', iif(:sends = '', '', :says),
           :sends, :other <> '', :other)`,
      )
      .run({ ...facts, kind, label, address, id });
    return id;
  }

  #keepSourceId(key: string, id: string): void {
    if (this.#sourceIds.size >= mostSourceIds) this.#sourceIds.clear();
    this.#sourceIds.set(key, id);
  }

  #patient(received: Attributes): string {
    const { PatientID = '', IssuerOfPatientID = '', PatientName = '' } = received;
    const values = [
      PatientID,
      IssuerOfPatientID,
      PatientName,
      received.PatientBirthDate ?? '',
      received.PatientSex ?? '',
    ];
    const known = this.#parts.book
      .sql<{ id: string }>(
        `SELECT id FROM patient WHERE PatientID = ? AND IssuerOfPatientID = ? AND PatientName = ?
           AND PatientBirthDate = ? AND PatientSex = ?`,
      )
      .get(...values);
    if (known) return known.id;
    const id = newId();
    this.#parts.book
      .sql(
        `INSERT INTO patient (id, PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(id, ...values);
    return id;
  }

  #exam(
    arrival: Arrival,
    key: Key,
    first: { received: Attributes; patientId: string; sourceId: string; now: string },
  ): { examId: string; exam: Recorded['exam']; late: boolean; corrected: Attributes } {
    const { book, quietTimeMs } = this.#parts;
    const { header } = arrival;
    const completeAt = laterBy(first.now, quietTimeMs(arrival.source));
    const drawableId = isDrawable(arrival) ? arrival.objectId : null;
    const images = header.hasPixelData ? 1 : 0;
    const known =
      examOfOwn(book, arrival) ??
      book
        .sql<KnownExam>('SELECT id, modalities, approvedAt, corrected, emptied FROM exam WHERE StudyInstanceUID = ?')
        .get(key.StudyInstanceUID);
    if (known) {
      const modalities = withModality(known.emptied === 1 ? '[]' : known.modalities, header.Modality);
      book
        .sql(
          `UPDATE exam SET lastArrivedAt = ?, completeAt = ?, version = version + 1, objects = objects + 1,
             images = images + ?, undecided = undecided + 1, modalities = ?,
             thumbnailObjectId = coalesce(thumbnailObjectId, ?) WHERE id = ?`,
        )
        .run(first.now, completeAt, images, modalities, drawableId, known.id);
      if (known.emptied === 1) this.#beginAgain(known.id, { ...first, StudyDate: header.StudyDate });
      const corrected = JSON.parse(known.corrected) as Attributes;
      const late = known.approvedAt !== null || known.corrected !== '{}';
      return { examId: known.id, exam: known.approvedAt === null ? 'open' : 'approved', late, corrected };
    }
    const examId = freeExamId(book, arrival);
    book
      .sql(
        `INSERT INTO exam (id, StudyInstanceUID, patientId, sourceId, received, modalities, StudyDate, firstArrivedAt,
           lastArrivedAt, completeAt, objects, images, undecided, thumbnailObjectId, searchText)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, 1, ?, ?)`,
      )
      .run(
        examId,
        key.StudyInstanceUID,
        first.patientId,
        first.sourceId,
        JSON.stringify(first.received),
        withModality('[]', header.Modality),
        header.StudyDate,
        first.now,
        first.now,
        completeAt,
        images,
        drawableId,
        searchTextOf([...Object.values(first.received), arrival.source.label]),
      );
    return { examId, exam: 'new', late: false, corrected: {} };
  }

  /**
   * All that was in it is elsewhere: it is of whom this one says. A statement of its own: naming `received` writes an index
   * anew even where nothing changes.
   */
  #beginAgain(
    examId: string,
    first: {
      readonly received: Attributes;
      readonly patientId: string;
      readonly sourceId: string;
      readonly StudyDate: string;
    },
  ): void {
    this.#parts.book
      .sql('UPDATE exam SET emptied = 0, received = ?, patientId = ?, sourceId = ?, StudyDate = ? WHERE id = ?')
      .run(JSON.stringify(first.received), first.patientId, first.sourceId, first.StudyDate, examId);
  }

  #series(examId: string, { SeriesInstanceUID }: Key, header: ObjectHeader): string {
    const { book } = this.#parts;
    const known = book
      .sql<{ id: string }>('SELECT id FROM series WHERE examId = ? AND SeriesInstanceUID = ?')
      .get(examId, SeriesInstanceUID);
    if (known) return known.id;
    const id = newId();
    book
      .sql(
        `INSERT INTO series (id, examId, SeriesInstanceUID, Modality, SeriesNumber, SeriesDescription)
         VALUES (?, ?, ?, ?, ?, ?)`,
      )
      .run(id, examId, SeriesInstanceUID, header.Modality, textOf(header.SeriesNumber), header.SeriesDescription);
    return id;
  }
}

type Give = (level: 'study' | 'series' | 'object', ...words: readonly string[]) => string;

/** The UIDs an object is kept under. Legal ones are never changed; a missing study is held together by its device and day. */
function keyOf({ header, source, announced, dataSetSha256 }: Arrival, now: string, give: Give): Key {
  const from = [source.kind, source.label, source.address ?? ''];
  const study = header.StudyInstanceUID;
  const StudyInstanceUID = isLegalUid(study)
    ? study
    : study !== ''
      ? give('study', ...from, study)
      : give('study', ...from, header.PatientID, header.PatientName, header.StudyDate || now.slice(0, 10));
  const series = header.SeriesInstanceUID;
  const SeriesInstanceUID = isLegalUid(series)
    ? series
    : give('series', StudyInstanceUID, series, header.Modality, textOf(header.SeriesNumber));
  const sop = header.SOPInstanceUID || (announced?.sopInstanceUid ?? '');
  const SOPInstanceUID = isLegalUid(sop) ? sop : give('object', SeriesInstanceUID, sop === '' ? dataSetSha256 : sop);
  return { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID };
}

/** What the header reader found, what was seen on the way in, and what only shows beside the C-STORE command. */
function flawsOf({ header, announced, flaws = [] }: Arrival): ProblemNote[] {
  const found = new Map<string, ProblemNote>();
  const say = (note: ProblemNote) => found.set(JSON.stringify(note), note);
  for (const note of [...flaws, ...header.flaws]) say(note);
  const said = new Set(
    [...found.values()].flatMap(({ code, params }) =>
      code === 'missing-uid' || code === 'illegal-uid' ? [params['keyword']] : [],
    ),
  );
  for (const keyword of ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'] as const) {
    if (said.has(keyword)) continue;
    if (header[keyword] === '') say({ code: 'missing-uid', params: { keyword } });
    else if (!isLegalUid(header[keyword])) say({ code: 'illegal-uid', params: { keyword } });
  }
  const differs = (ours: string, theirs: string | undefined) => theirs !== undefined && ours !== '' && ours !== theirs;
  for (const [keyword, theirs] of [
    ['SOPInstanceUID', announced?.sopInstanceUid],
    ['SOPClassUID', announced?.sopClassUid],
  ] as const) {
    if (theirs !== undefined) found.delete(JSON.stringify({ code: 'uid-mismatch', params: { keyword } }));
    if (differs(header[keyword], theirs)) say({ code: 'announced-otherwise', params: { keyword } });
  }
  return [...found.values()];
}

/** An exam that is written down again keeps the id by which decisions speak of it. */
type KnownExam = {
  readonly id: string;
  readonly modalities: string;
  readonly approvedAt: string | null;
  readonly corrected: string;
  readonly emptied: number;
};

/** What the station made belongs to the exam that it was made for; a note that a stop left without a row is known by its UID. */
function examOfOwn(book: Book, { examId, source, header }: Arrival): KnownExam | undefined {
  const isOwn = source.kind === ourselves.kind && source.label === ourselves.label && source.address === null;
  const known = examId !== undefined && isOwn ? examId : examOfNote(book, header);
  return known === undefined
    ? undefined
    : book.sql<KnownExam>('SELECT id, modalities, approvedAt, corrected, emptied FROM exam WHERE id = ?').get(known);
}

const keyObjectSelection = '1.2.840.10008.5.1.4.1.1.88.59';
const textReport = '1.2.840.10008.5.1.4.1.1.88.11';

function examOfNote(book: Book, { SOPClassUID, SOPInstanceUID }: ObjectHeader): string | undefined {
  if (SOPClassUID !== keyObjectSelection && SOPClassUID !== textReport) return undefined;
  return (
    book
      .sql<{ examId: string }>('SELECT examId FROM rejection_note WHERE SOPInstanceUID = ? AND objectId IS NULL')
      .get(SOPInstanceUID) ??
    book
      .sql<{ examId: string }>(
        `SELECT examId FROM note_object WHERE objectId IS NULL AND json_extract(content, '$.SOPInstanceUID') = ? || ''`,
      )
      .get(SOPInstanceUID)
  )?.examId;
}

function freeExamId(book: Book, { examId }: Arrival): string {
  if (examId === undefined) return newId();
  return book.sql('SELECT 1 FROM exam WHERE id = ?').get(examId) === undefined ? examId : newId();
}

/** Reports, presentation states and key object notes come from every device. */
const ofEveryDevice: ReadonlySet<string> = new Set(['', 'SR', 'PR', 'KO', 'DOC']);

function otherModality({ header }: Arrival, expected: string | undefined) {
  const found = header.Modality.slice(0, 16);
  return expected === undefined || found === expected || ofEveryDevice.has(found) ? undefined : { expected, found };
}

const syntaxOf = ({ header, transferSyntaxUid }: Arrival) => transferSyntaxUid || header.transferSyntaxUid;
const textOf = (number: number | null) => (number === null ? '' : String(number));
const countOf = (number: number | null) => (number !== null && number > 0 ? Math.trunc(number) : 0);

function framesOf(header: ObjectHeader): number {
  return header.hasPixelData ? Math.max(1, Math.min(countOf(header.NumberOfFrames), 1_000_000)) : 0;
}

/** MPEG-2, H.264 and HEVC are kept and sent, and not drawn here. */
const isVideo = (syntax: string) => /^1\.2\.840\.10008\.1\.2\.4\.10\d(?:\.1)?$/.test(syntax);

function isDrawable(arrival: Arrival): boolean {
  const { hasPixelData, Rows, Columns } = arrival.header;
  return hasPixelData && countOf(Rows) > 0 && countOf(Columns) > 0 && !isVideo(syntaxOf(arrival));
}

function withModality(list: string, modality: string): string {
  const modalities = JSON.parse(list) as string[];
  if (modality === '' || modalities.includes(modality) || modalities.length >= 16) return list;
  return JSON.stringify([...modalities, modality.slice(0, 16)].sort());
}
