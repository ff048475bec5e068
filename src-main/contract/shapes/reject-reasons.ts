// Why an object may be kept from leaving: the codes of CID 7011 for quality, and the three that are not about quality.
// Kept apart from validators, so that the window can read the list without them.

/**
 * Document titles of a rejection note, CID 7010: 113001 Rejected for Quality Reasons, 113037 Rejected for Patient Safety
 * Reasons, 113038 Incorrect Modality Worklist Entry.
 */
type RejectionTitle = '113001' | '113037' | '113038';

export type RejectReason = {
  /** Code of the DCM coding scheme. */
  readonly code: string;
  /** Code meaning as PS3.16 has it. Words for a screen are in text/, keyed by code. */
  readonly meaning: string;
  /** Title of the note that tells an archive about it; null when nothing of it ever leaves. */
  readonly title: RejectionTitle | null;
};

const quality = (code: string, meaning: string) => ({ code, meaning, title: '113001' }) as const;

export const rejectReasons = [
  quality('111209', 'Positioning'),
  quality('111210', 'Motion blur'),
  quality('111211', 'Under exposed'),
  quality('111212', 'Over exposed'),
  quality('113026', 'Double exposure'),
  quality('111213', 'No image'),
  quality('111207', 'Image artifact(s)'),
  quality('111208', 'Grid artifact(s)'),
  quality('111214', 'Detector artifact(s)'),
  quality('111215', 'Artifact(s) other than grid or detector artifact'),
  quality('111216', 'Mechanical failure'),
  quality('111217', 'Electrical failure'),
  quality('111218', 'Software failure'),
  quality('111219', 'Inappropriate image processing'),
  quality('111220', 'Other failure'),
  quality('111221', 'Unknown failure'),
  { code: '113037', meaning: 'Rejected for Patient Safety Reasons', title: '113037' },
  { code: '113038', meaning: 'Incorrect Modality Worklist Entry', title: '113038' },
  { code: '113680', meaning: 'Quality Control Intent', title: null },
] as const satisfies readonly RejectReason[];

/** The reason of a code, or undefined when nobody may reject with it. */
export function findRejectReason(code: string): RejectReason | undefined {
  return rejectReasons.find((reason) => reason.code === code);
}
