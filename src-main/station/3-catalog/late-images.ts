// Images that came after a person had decided about their exam: which earlier decision they follow, and what is said of
// them until they are decided too. Inside the transactions of the caller.
//
// A late image follows by itself only where source, study and the whole received identity are those of an image that the
// person had seen, the patient ID is a real one, and the memory has neither expired nor been ended. Following puts no
// decision into force: it lets the correction stand for the image, and the approval stays a person's.
import type { ProblemCode, ProblemNote } from '#contract/problems.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import { isLegalUid } from '#station/dicom/index.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import type { Book } from '#station/records/index.ts';
import { isPlaceholderId } from './placeholder-identity.ts';

export const lateCodes: readonly ProblemCode[] = ['late-images', 'late-undecided', 'same-decision'];

export type LateArrival = {
  readonly examId: string;
  readonly objectId: string;
  readonly sourceId: string;
  readonly received: Attributes;
  /** The corrections of the exam as they stand. */
  readonly corrected: Attributes;
  readonly header: ObjectHeader;
  readonly now: string;
};

/** Who the device said it was, to the letter: what has to be the same for a decision to be followed. */
export function identityText(received: Attributes): string {
  const { PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex } = received;
  const values = [PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex];
  return JSON.stringify(values.map((value) => (value ?? '').trim()));
}

/** False for what names nobody: an empty or made-up patient ID, and a study that only we hold together. */
export function namesSomebody(received: Attributes, StudyInstanceUID: string): boolean {
  const PatientID = (received.PatientID ?? '').trim();
  return PatientID !== '' && !isPlaceholderId(PatientID) && isLegalUid(StudyInstanceUID);
}

/** True for who says by itself what a person has chosen: there is nothing to ask. */
function agrees(received: Attributes, corrected: Attributes): boolean {
  const said = Object.entries(received).filter(([keyword]) => identityKeywords.has(keyword));
  return said.every(([keyword, value]) => {
    const chosen = (corrected as Readonly<Record<string, string>>)[keyword];
    const text = value.trim();
    // An ID that nobody chose was right before; one that was chosen must be there.
    return chosen === undefined
      ? keyword !== 'PatientID' || text !== ''
      : text === chosen || (text === '' && keyword !== 'PatientID');
  });
}

const identityKeywords: ReadonlySet<string> = new Set([
  'PatientID',
  'IssuerOfPatientID',
  'PatientName',
  'PatientBirthDate',
  'PatientSex',
]);

/** What `object.late` holds: in time, late, or late and saying by itself whom a person has chosen. */
const late = 1;
const lateAndRight = 2;

type Counted = {
  readonly objects: number;
  readonly following: number;
  readonly right: number;
  readonly firstAt: string | null;
};

export class LateImages {
  readonly #book: Book;

  constructor(book: Book) {
    this.#book = book;
  }

  /** Marks an object that has just been written down as late. True when it follows a remembered decision. */
  arrived({ examId, objectId, sourceId, received, corrected, header, now }: LateArrival): boolean {
    const isRight = agrees(received, corrected);
    const remembered =
      !isRight && namesSomebody(received, header.StudyInstanceUID)
        ? this.#book
            .sql<{ id: string }>(
              `SELECT id FROM remembered WHERE examId = ? AND endedAt IS NULL AND +sourceId = ? AND +identity = ?
                 AND +expiresAt > ? LIMIT 1`,
            )
            .get(examId, sourceId, identityText(received), now)
        : undefined;
    this.#book
      .sql('UPDATE object SET late = ?, rememberedId = ? WHERE id = ?')
      .run(isRight ? lateAndRight : late, remembered?.id ?? null, objectId);
    if (remembered) this.#book.sql('UPDATE remembered SET followed = followed + 1 WHERE id = ?').run(remembered.id);
    return remembered !== undefined;
  }

  /** @param surprise a late image says somebody else: that is asked first, and alone */
  problems(examId: string, surprise: boolean): ProblemNote[] {
    const exam = this.#book
      .sql<{ corrected: string; approvedAt: string | null; lastObject: number | null; at: string | null }>(
        `SELECT corrected, approvedAt,
           (SELECT max(lastObject) FROM correction WHERE examId = exam.id) AS lastObject,
           (SELECT max(at) FROM correction WHERE examId = exam.id) AS at
         FROM exam WHERE id = ?`,
      )
      .get(examId);
    if (!exam) return [];
    const isCorrected = exam.corrected !== '{}';
    const { objects, following, right, firstAt } = this.#count(examId, isCorrected ? (exam.lastObject ?? 0) : 0);
    if (objects === 0 || firstAt === null) return [];
    const decidedAt = (isCorrected ? exam.at : exam.approvedAt) ?? '';
    const about = (count: number) => ({ images: count, firstAt, decidedAt });
    if (!isCorrected) return [{ code: 'late-images', params: about(objects) }];
    const notes: ProblemNote[] = [];
    if (right > 0) notes.push({ code: 'late-images', params: about(right) });
    const alone = objects - following - right;
    if (alone > 0 && !surprise) notes.push({ code: 'late-undecided', params: about(alone) });
    const memory = following > 0 ? this.#memory(examId) : undefined;
    if (memory) {
      notes.push({
        code: 'same-decision',
        params: { images: following, decidedAt: memory.decidedAt, until: memory.until },
      });
    }
    return notes;
  }

  #count(examId: string, after: number): Counted {
    return (
      this.#book
        .sql<Counted>(
          `SELECT count(*) AS objects, count(rememberedId) AS following, coalesce(sum(late = 2), 0) AS right,
             min(arrivedAt) AS firstAt FROM object
           WHERE examId = ? AND late > 0 AND state IN ('received', 'conflict') AND rowid > ?`,
        )
        .get(examId, after) ?? { objects: 0, following: 0, right: 0, firstAt: null }
    );
  }

  /** What the late images of an exam follow: all of it was decided at one time. */
  #memory(examId: string): { readonly decidedAt: string; readonly until: string } | undefined {
    return this.#book
      .sql<{ decidedAt: string; until: string }>(
        `SELECT decidedAt, max(expiresAt) AS until FROM remembered WHERE examId = ? AND endedAt IS NULL
         GROUP BY decidedAt ORDER BY decidedAt DESC LIMIT 1`,
      )
      .get(examId);
  }
}
