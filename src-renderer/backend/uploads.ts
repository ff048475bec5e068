// Files that the person chose or dropped, on their way to the station. In Electron the station reads them itself by
// their paths; in a browser their bytes are sent, a few at a time, and then imported as one batch.
import type { ImportReport } from '#contract/shapes/station.ts';
import { shell } from './shell.ts';
import type { Station } from './transport.ts';
import { troubleOf } from './trouble.ts';

/** A file and the name it has below what was chosen ('disc/IMAGES/IM0001'). */
export type ChosenFile = { readonly file: File; readonly name: string };

const atOnce = 3;

/** Paths of this machine for what was chosen, or undefined where only bytes can be had. */
export function pathsOf(files: readonly File[]): readonly string[] | undefined {
  const paths = shell()
    ?.pathsOf(files)
    .filter((path) => path !== '');
  return paths === undefined || paths.length === 0 ? undefined : paths;
}

/** Imports by path. The report goes on growing; changes tell of it. */
export const importPaths = (station: Station, paths: readonly string[]): Promise<ImportReport> =>
  station.imports.begin({ paths: [...paths], wait: false });

/** Sends the bytes, then imports them. `sent` is told how many are there. Throws TroubleError. */
export async function importUploads(
  files: readonly ChosenFile[],
  sent: (count: number) => void,
  signal: AbortSignal,
): Promise<ImportReport> {
  const batch = crypto.randomUUID();
  const turns = files.entries();
  let there = 0;
  const carry = async () => {
    for (const [n, { file, name }] of turns) {
      const address = `/api/uploads/${batch}/${n}?name=${encodeURIComponent(name)}`;
      const answer = await fetch(address, { method: 'PUT', body: file, signal, credentials: 'same-origin' });
      if (!answer.ok) throw await troubleOf(answer);
      sent((there += 1));
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, files.length) }, carry));
  const answer = await fetch(`/api/uploads/${batch}/import`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
    signal,
    credentials: 'same-origin',
  });
  if (!answer.ok) throw await troubleOf(answer);
  return (await answer.json()) as ImportReport;
}
