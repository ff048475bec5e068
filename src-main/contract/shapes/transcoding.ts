// What may be done to an object that a destination does not take as it is.
import { z } from 'zod';

/** Fields of a destination. */
export const transcodingFields = {
  /**
   * An object whose transfer syntax it does not take. 'lossless' (when left out): it goes uncompressed, if it was never
   * compressed with loss. 'decompress': also if it was; nothing more is lost, but it becomes larger and stays marked as
   * lossy. 'never': it stays here and is shown.
   */
  transcode: z.enum(['lossless', 'decompress', 'never']).optional(),
};
