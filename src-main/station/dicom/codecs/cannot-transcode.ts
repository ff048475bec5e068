// The one way in which a transcode says that it cannot be done. Thrown inside codecs/, never leaves it.
import type { NotDrawableReason } from '#station/model/raw-frame.ts';

export type CannotTranscodeReason =
  /** The elements cannot be read to their end, or a value has no whole number of words. */
  | 'header-broken'
  /** A small picture inside a sequence is compressed. */
  | 'nested-picture'
  /** Not one that can be taken apart, or not without leave. */
  | 'syntax-unknown'
  /** What was made does not say the same as what it was made of. */
  | 'differs'
  | 'no-room'
  | 'failed'
  | Exclude<NotDrawableReason, 'no-pixels' | 'no-such-frame' | 'header-broken' | 'syntax-unknown'>;

export class CannotTranscode extends Error {
  readonly reason: CannotTranscodeReason;

  constructor(reason: CannotTranscodeReason, options: { cause?: unknown } = {}) {
    super(reason, options);
    this.name = 'CannotTranscode';
    this.reason = reason;
  }
}
