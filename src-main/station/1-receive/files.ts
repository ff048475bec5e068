// Imports of files and folders, each with a report that grows while it runs.
//
// What is ticked as kept is durable. A file that is refused leaves nothing behind, and the rest goes on. Memory does not
// grow with the size of a file or the number of files. Reports live as long as the station runs.
import type { ImportFinding, ImportReport } from '#contract/shapes/station.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem, Problem } from '#station/kit/problem.ts';
import { softwareVersion } from '#station/kit/version.ts';
import path from 'node:path';
import type { ArriveFile } from './arriving-file.ts';
import { walkFiles, type ImportRoot, type Walked } from './file-walk.ts';
import { importFile, type ImportOneParts } from './import-file.ts';
import { ImportLedger } from './import-ledger.ts';
import { newPictureBatch, type Importer } from './pictures.ts';

export type ImportPorts = {
  readonly clock: Clock;
  readonly log: Log;
  readonly arriveFile: ArriveFile;
  /** Told after each finding and at the end. */
  readonly onChanged?: (importId: string) => void;
  /** Who makes objects of pictures. */
  readonly importer?: () => Importer;
  /** Resolves when there is room again, or when the signal says so. Absent: without room a file is refused. */
  readonly whenRoom?: (signal: AbortSignal) => Promise<void>;
};

export type Imports = {
  /** Begins to read files and folders by absolute paths. With `wait` it resolves when all is done. */
  begin(paths: readonly string[], wait: boolean): Promise<ImportReport>;
  /** The same for files under names of our own; `name` is what they were called. Resolves when all is done. */
  beginFiles(files: readonly ImportRoot[], whenDone?: () => void): Promise<ImportReport>;
  /** The newest first; the last 50. */
  list(): ImportReport[];
  /** @throws Problem 'not-found' */
  read(id: string): ImportReport;
  /** Ends every import after the files at hand. */
  close(): Promise<void>;
};

const mostReports = 50;
/** So many at once share the synchronisation of the disk. */
const atOnce = 4;

export function openImports(ports: ImportPorts): Imports {
  const ledgers = new Map<string, ImportLedger>();
  const running = new Set<Promise<void>>();
  let closed = false;
  const closing = new AbortController();

  const begin = (roots: readonly ImportRoot[], whenDone: () => void): { id: string; done: Promise<void> } => {
    const id = newId(ports.clock.epochMs());
    const label = labelOf(roots);
    const ledger = new ImportLedger(id, label, ports.clock.now());
    ledgers.set(id, ledger);
    for (const old of [...ledgers.keys()].slice(0, -mostReports)) ledgers.delete(old);
    const pauses = {
      wait: async () => {
        if (!ports.whenRoom || closed) return false;
        ledger.pause(true);
        ports.onChanged?.(id);
        await ports.whenRoom(closing.signal);
        ledger.pause(false);
        return !closed;
      },
    };
    const done = run(roots, label, pauses, (finding) => {
      ledger.add(finding);
      ports.onChanged?.(id);
    }).finally(() => {
      ledger.end(ports.clock.now());
      running.delete(done);
      ports.onChanged?.(id);
      whenDone();
    });
    running.add(done);
    return { id, done };
  };

  const run = async (
    roots: readonly ImportRoot[],
    label: string,
    pauses: Pauses,
    tell: (finding: ImportFinding) => void,
  ) => {
    const files = walkFiles(roots);
    let pictures = 0;
    const parts: ImportOneParts = {
      arriveFile: ports.arriveFile,
      label,
      importer: ports.importer?.() ?? { manufacturer: 'Safelight', modelName: 'Safelight', softwareVersion },
      batch: newPictureBatch(ports.clock),
      nextPicture: () => ++pictures,
    };
    const work = async () => {
      for (let next = await files.next(); !next.done && !closed; next = await files.next()) {
        tell(await importWalked(next.value, parts, { log: ports.log, pauses }));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    await files.return();
  };

  const read = (id: string) => {
    const ledger = ledgers.get(id);
    if (!ledger) throw new Problem('not-found', { what: 'import' });
    return ledger.read();
  };
  return {
    begin: async (paths, wait) => {
      const { id, done } = begin(
        paths.map((one) => ({ path: one })),
        () => {},
      );
      if (wait) await done;
      return read(id);
    },
    beginFiles: async (files, whenDone = () => {}) => {
      const { id, done } = begin(files, whenDone);
      await done;
      return read(id);
    },
    list: () => [...ledgers.values()].reverse().map((ledger) => ledger.read()),
    read,
    close: async () => {
      closed = true;
      closing.abort();
      await Promise.all(running);
    },
  };
}

/** What a person would call it: the folder, or the file, and how many more. */
function labelOf(roots: readonly ImportRoot[]): string {
  const [first] = roots;
  if (!first) return '';
  const name = path.basename((first.name ?? first.path).replaceAll('\\', '/')).slice(0, 128);
  return roots.length === 1 ? name : `${name} +${roots.length - 1}`;
}

type Pauses = {
  /** True when there is room again, so that the same file may be tried once more. */
  readonly wait: () => Promise<boolean>;
};

async function importWalked(
  walked: Walked,
  parts: ImportOneParts,
  around: { readonly log: Log; readonly pauses: Pauses },
): Promise<ImportFinding> {
  const { name } = walked;
  const nothing = { name, objectId: null, examId: null, problems: [] };
  if (walked.kind === 'skipped') return { ...nothing, outcome: 'skipped' };
  try {
    if (walked.kind === 'refused') throw walked.problem;
    const arrived = await importFile(walked, parts);
    if (arrived.kind === 'directory') return { ...nothing, outcome: 'skipped' };
    const { objectId, examId, problems } = arrived;
    const outcome = arrived.kind === 'resent' ? 'already-here' : problems.length > 0 ? 'kept-with-warning' : 'kept';
    return { name, outcome, objectId, examId, problems: [...problems] };
  } catch (error) {
    // The file stays where it was: nothing of it was kept.
    if (isProblem(error, 'no-room') && (await around.pauses.wait())) return importWalked(walked, parts, around);
    if (error instanceof Problem) return { ...nothing, outcome: 'refused', problems: [error.toNote()] };
    const incident = newId();
    around.log.error('import-failed', { incident }, error);
    return { ...nothing, outcome: 'refused', problems: [{ code: 'internal', params: { incident }, incident }] };
  }
}
