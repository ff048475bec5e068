// What the catalogue is told of an object that is durable in the store, and what it answers.
import type { ProblemNote } from '#contract/problems.ts';
import type { ObjectHeader } from '#station/model/object-header.ts';

export type ArrivalSource = {
  readonly kind: 'dicom' | 'file' | 'picture';
  /** Calling AE title, or the name of a file or folder. */
  readonly label: string;
  /** Peer address for `dicom`. */
  readonly address: string | null;
};

/** Who an object comes from that nobody sent. */
export const ourselves = { kind: 'file', label: 'Safelight', address: null } as const satisfies ArrivalSource;

export type Arrival = {
  readonly objectId: string;
  /** Name in the store. */
  readonly file: string;
  readonly sizeBytes: number;
  readonly dataSetOffset: number;
  readonly dataSetSha256: string;
  readonly header: ObjectHeader;
  /** What the sender or the File Meta said; '' when nobody said it. */
  readonly transferSyntaxUid: string;
  readonly source: ArrivalSource;
  /** The UIDs of the C-STORE command, compared with those of the data set. */
  readonly announced?: { readonly sopClassUid: string; readonly sopInstanceUid: string };
  /**
   * The id that its exam had, for one that is written down again; used when no exam came under its study. Of what the station
   * made (`ourselves`) that exam counts whatever its study: one leaves under the study of its order, and another may have come
   * under that.
   */
  readonly examId?: string;
  /** The file of the same content that is here was looked for and not found whole. */
  readonly heldFileIsGone?: boolean;
  /** What else was seen on its way in. */
  readonly flaws?: readonly ProblemNote[];
};

/**
 * What became of it. `resent`: the same content is here already as `objectId`; the caller forgets the new file after the
 * commit, unless `fileTaken` says that it replaced one that was missing. `conflict`: kept beside another content of
 * the same study, series and SOP Instance UID.
 */
export type Recorded = {
  readonly kind: 'new' | 'resent' | 'conflict';
  readonly objectId: string;
  readonly examId: string;
  readonly fileTaken: boolean;
  /** It bears the UIDs of another object: the two are to be compared. */
  readonly isTwin?: boolean;
  /** It bears the UIDs of another object and names another patient. */
  readonly namesOtherPatient?: boolean;
  /** What the exam was before: not there, undecided, or approved (then this one is late). */
  readonly exam: 'new' | 'open' | 'approved';
  /** It came late and follows the decision that is remembered for it. */
  readonly follows?: boolean;
  /** It came late and went where the rest of its series had been put. */
  readonly rearrangementId?: string;
};
