// An object as it leaves is opened to be read: its head at once, and what lies behind only where it is asked for.
import type { Review } from '#station/4-review/index.ts';
import { openPart10, readerOfHead, type Part10 } from '#station/dicom/index.ts';

type AsLeft = Pick<Awaited<ReturnType<Review['openRevision']>>, 'sizeBytes' | 'pieces'>;

/** @throws Problem 'not-dicom', 'object-file-missing' */
export async function openAsLeft({ sizeBytes, pieces }: AsLeft, name: string, headBytes: number): Promise<Part10> {
  const more = async (offset: number, length: number): Promise<Buffer> => {
    const taken: Buffer[] = [];
    let bytes = 0;
    for await (const piece of pieces(offset)) {
      taken.push(Buffer.from(piece.subarray(0, length - bytes)));
      bytes += piece.length;
      if (bytes >= length) break;
    }
    return Buffer.concat(taken);
  };
  const head = await more(0, Math.min(sizeBytes, headBytes));
  return openPart10(readerOfHead(head, sizeBytes, more), { name });
}
