// What a notice says about: an exam as it is decided now, read from the book at once. Types and one reading.
import type { Attributes } from '#contract/shapes/identity.ts';
import type { Code, OrderContent } from '#contract/shapes/order.ts';
import type { Book } from '#station/records/index.ts';

export type PerformedObject = {
  readonly id: string;
  /** As it leaves. */
  readonly SOPInstanceUID: string;
  readonly SOPClassUID: string;
  readonly SeriesInstanceUID: string;
  readonly SeriesDescription: string;
  readonly Modality: string;
  readonly state: 'received' | 'approved' | 'rejected' | 'conflict';
  readonly rejectionReason: string;
  readonly isImage: boolean;
};

export type PerformedExam = {
  readonly examId: string;
  /** Under which it leaves. */
  readonly StudyInstanceUID: string;
  /** Corrected values over received ones. */
  readonly values: Readonly<Required<Attributes>> | Attributes;
  readonly order: OrderContent | null;
  /** What was done, as a person said it by its code; null where nobody did. */
  readonly procedure: Code | null;
  readonly StudyID: string;
  /** DICOM: the calling AE title; '' for files. */
  readonly sourceAeTitle: string;
  readonly StationName: string;
  /** YYYYMMDD and HHMMSS as the device said, or '' . */
  readonly StudyDate: string;
  readonly StudyTime: string;
  /** True as soon as a person has said anything about it. */
  readonly decided: boolean;
  readonly approvedAt: string | null;
  readonly objects: readonly PerformedObject[];
};

export type AppliedOrderPort = (
  examId: string,
) => { readonly content: OrderContent; readonly StudyID: string; readonly StudyInstanceUID: string } | undefined;

export type ProcedurePort = (examId: string) => Code | undefined;

/** Undefined when there is no such exam. */
export function readPerformedExam(
  book: Book,
  examId: string,
  { orderOf, procedureOf }: { readonly orderOf: AppliedOrderPort; readonly procedureOf?: ProcedurePort | undefined },
): PerformedExam | undefined {
  const row = book
    .sql<{
      StudyInstanceUID: string;
      received: string;
      corrected: string;
      approvedAt: string | null;
      sourceId: string;
      corrections: number;
    }>(
      `SELECT StudyInstanceUID, received, corrected, approvedAt, sourceId,
         (SELECT COUNT(*) FROM correction WHERE correction.examId = exam.id) AS corrections FROM exam WHERE id = ?`,
    )
    .get(examId);
  if (!row) return undefined;
  const source = book
    .sql<{ kind: string; label: string }>('SELECT kind, label FROM source WHERE id = ?')
    .get(row.sourceId);
  const objects = book
    .sql<Omit<PerformedObject, 'isImage'> & { pixels: number; header: string }>(
      `SELECT object.id, SOPClassUID, SeriesInstanceUID, SeriesDescription, Modality, state, hasPixelData AS pixels, header,
         COALESCE(rejectionReason, '') AS rejectionReason,
         COALESCE((SELECT revision.SOPInstanceUID FROM revision WHERE revision.id = object.revisionId), object.SOPInstanceUID)
           AS SOPInstanceUID
       FROM object JOIN series ON series.id = object.seriesId WHERE object.examId = ? || ''
         -- Nobody performed a note of ours, whether it rejects images or speaks to the reader.
         AND NOT EXISTS (SELECT 1 FROM rejection_note WHERE rejection_note.SOPInstanceUID = object.SOPInstanceUID)
         AND NOT EXISTS (SELECT 1 FROM note_object WHERE note_object.objectId = object.id)
         -- What counts as another object, or stays here because another one leaves in its place, was not discontinued.
         AND sameAs IS NULL
         AND (state <> 'rejected' OR coalesce(rejectionReason, '') NOT IN ('replaced', 'made-anew', 'device-note', 'copy-undone'))
       ORDER BY object.id`,
    )
    .all(examId);
  const [first] = objects;
  const header = (first ? JSON.parse(first.header) : {}) as Readonly<Record<string, string>>;
  const order = orderOf(examId);
  const values = { ...JSON.parse(row.received), ...JSON.parse(row.corrected) } as Attributes;
  return {
    examId,
    StudyInstanceUID: order?.StudyInstanceUID || row.StudyInstanceUID,
    values,
    order: order?.content ?? null,
    procedure: procedureOf?.(examId) ?? null,
    StudyID: order?.StudyID ?? values.StudyID ?? '',
    sourceAeTitle: source?.kind === 'dicom' ? source.label : '',
    StationName: header['StationName'] ?? '',
    StudyDate: header['StudyDate'] ?? '',
    StudyTime: header['StudyTime'] ?? '',
    decided:
      order !== undefined ||
      row.corrections > 0 ||
      objects.some(({ state }) => state === 'approved' || state === 'rejected'),
    approvedAt: row.approvedAt,
    objects: objects.map(({ pixels, header: _header, ...object }) => ({ ...object, isImage: pixels !== 0 })),
  };
}
