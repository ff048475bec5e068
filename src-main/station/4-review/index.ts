// People decide: corrections, rejections, approval. What is approved becomes a revision; nothing received is changed.
import type { Clock } from '#station/kit/clock.ts';
import { bug } from '#station/kit/problem.ts';
import type { Book } from '#station/records/index.ts';
import type { Review, ReviewPorts } from './review.ts';

export type {
  Corrected,
  CorrectionCommand,
  Judged,
  PreparedApproval,
  PreparedRevision,
  ReadableObject,
  RecordedApproval,
  RecordedRevision,
  RejectionCommand,
  Review,
  ReviewPorts,
  StationFacts,
  Unchanged,
} from './review.ts';

export function openReview(_room: { readonly book: Book; readonly clock: Clock; readonly ports: ReviewPorts }): Review {
  throw bug('not built yet');
}
