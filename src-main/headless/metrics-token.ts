// The token that may read /metrics and nothing else: it stays the same over restarts, so that a scraper can be given it.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { UsageError } from './arguments.ts';

/** Reads it from its file; makes one, readable by its owner alone, where there is no file. @throws UsageError */
export async function readMetricsToken(file: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(file, 'cannot be read', error);
    token = randomBytes(24).toString('base64url');
    await writeFile(file, `${token}\n`, { mode: 0o600, flag: 'wx' }).catch((cause: unknown) => {
      throw unusable(file, 'cannot be written', cause);
    });
  }
  if (!/^[\x21-\x7e]{16,512}$/.test(token)) throw unusable(file, 'does not hold a token of 16 to 512 characters');
  return token;
}

const unusable = (file: string, why: string, cause?: unknown) =>
  new UsageError(`--metrics-token-file: ${file} ${why}`, { cause });
