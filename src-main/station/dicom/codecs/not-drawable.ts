// The one way in which the frame reader says that there is nothing to draw. Thrown inside codecs/, never leaves it.
import type { NotDrawableReason } from '#station/model/raw-frame.ts';

export class CannotDraw extends Error {
  readonly reason: NotDrawableReason;

  constructor(reason: NotDrawableReason, options: { cause?: unknown } = {}) {
    super(reason, options);
    this.name = 'CannotDraw';
    this.reason = reason;
  }
}
