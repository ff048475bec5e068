// What a rejection note says: worked out from the images as they left.
//
// One note for each study they left in; all of them say the same (C.17.6.2.1). Reads revisions and changes nothing.
import { findRejectReason } from '#contract/shapes/reject-reasons.ts';
import {
  placeAsLeft,
  type NoteContent,
  type NoteIdentity,
  type NoteTitle,
  type ReleasedObject,
  type Review,
  type StudyOfNote,
} from '#station/4-review/index.ts';
import type { Book } from '#station/records/index.ts';
import { readHeader } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';
import { openAsLeft } from './open-as-left.ts';

/** So much of what left is read at once. */
const headBytes = 65_536;

/** An object with what it says of itself as it left. */
export type Left = ReleasedObject & {
  readonly header: Pick<ObjectHeader, 'StudyInstanceUID' | 'SeriesInstanceUID' | keyof NoteIdentity>;
};

/** From the book alone: a rejection is never refused because the file was let go, or is damaged. @throws Problem 'not-found' */
export const leftByBook = (book: Book, object: ReleasedObject): Left => ({
  ...object,
  header: placeAsLeft(book, object.objectId),
});

/** From its bytes. @throws Problem 'not-found', 'object-file-missing' */
export async function readLeft(
  review: Pick<Review, 'openRevision'>,
  object: ReleasedObject,
): Promise<Left & { readonly header: ObjectHeader }> {
  return { ...object, header: await headerAsLeft(review, object.revisionId) };
}

async function headerAsLeft(review: Pick<Review, 'openRevision'>, revisionId: string): Promise<ObjectHeader> {
  return readHeader(await openAsLeft(await review.openRevision(revisionId), revisionId, headBytes));
}

export type Circumstances = Pick<NoteContent, 'text' | 'by' | 'at' | 'station'> & { readonly reason: string };

/** One for each study that the objects left in; each names the others, and all of them say the same. */
export function notesOf(left: readonly Left[], { reason, ...circumstances }: Circumstances) {
  const title = findRejectReason(reason)?.title as NoteTitle;
  const byStudy = Map.groupBy(left, ({ header }) => header.StudyInstanceUID);
  const rejected = [...byStudy].map(([study, objects]) => studyOf(study, objects));
  const places = [...byStudy.keys()].map((StudyInstanceUID) => ({
    ...{ StudyInstanceUID, SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() },
  }));
  return places.map((place) => {
    const objects = byStudy.get(place.StudyInstanceUID) ?? [];
    const content: NoteContent = {
      ...circumstances,
      ...place,
      ...{ title, rejected, reason: title === '113001' ? reason : null },
      identity: identityOf(objects),
      identical: places.filter((other) => other !== place),
    };
    return { content, objectIds: objects.map(({ objectId }) => objectId) };
  });
}

export function studyOf(StudyInstanceUID: string, objects: readonly Left[]): StudyOfNote {
  const bySeries = Map.groupBy(objects, ({ header }) => header.SeriesInstanceUID);
  return {
    StudyInstanceUID,
    series: [...bySeries].map(([SeriesInstanceUID, inSeries]) => ({
      SeriesInstanceUID,
      objects: inSeries.map(({ SOPClassUID, SOPInstanceUID, hasPixelData }) => ({
        ...{ SOPClassUID, SOPInstanceUID },
        valueType: hasPixelData ? 'IMAGE' : SOPClassUID.startsWith(waveforms) ? 'WAVEFORM' : 'COMPOSITE',
      })),
    })),
  };
}

const waveforms = '1.2.840.10008.5.1.4.1.1.9.';

/** As the archive has it: what is said of the patient here by now does not matter to it. */
export function identityOf([first]: readonly Left[]): NoteIdentity {
  const keywords = [
    ...(['PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex', 'StudyDate'] as const),
    ...(['StudyTime', 'StudyID', 'AccessionNumber', 'ReferringPhysicianName', 'StudyDescription'] as const),
  ];
  return Object.fromEntries(keywords.map((keyword) => [keyword, first?.header[keyword] ?? ''])) as NoteIdentity;
}
