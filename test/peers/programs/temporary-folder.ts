// A folder for one test, removed when the test is done with it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

export type TemporaryFolder = { readonly path: string; close(): Promise<void> };

export async function temporaryFolder(name = 'test'): Promise<TemporaryFolder> {
  const folder = await mkdtemp(path.join(tmpdir(), `safelight-${name}-`));
  return { path: folder, close: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }) };
}
