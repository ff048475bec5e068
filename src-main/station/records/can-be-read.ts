// Tells a disk that fails from a file that is damaged: reads every byte and judges none.
import { closeSync, openSync, readSync } from 'node:fs';

const pieceBytes = 2 ** 20;

/** False when the system refuses any byte of these files. One that is not there refuses nothing. */
export function canBeRead(...files: readonly string[]): boolean {
  const piece = Buffer.allocUnsafeSlow(pieceBytes);
  return files.every((file) => {
    let fd: number | undefined;
    try {
      fd = openSync(file, 'r');
      while (readSync(fd, piece, 0, pieceBytes, null) > 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOENT';
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  });
}
