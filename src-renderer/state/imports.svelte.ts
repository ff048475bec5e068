// Imports: what is being brought in now, and what came of it.
import {
  importPaths,
  importUploads,
  pathsOf,
  readTrouble,
  type ChosenFile,
  type Connection,
  type Trouble,
} from '#ui/backend/index.ts';
import type { ImportReport } from '#contract/shapes/station.ts';

export class Imports {
  /** Newest first. */
  reports = $state.raw<readonly ImportReport[]>([]);
  /** Files on their way to the station. */
  sending = $state.raw<{ readonly sent: number; readonly of: number } | undefined>();
  trouble = $state.raw<Trouble | undefined>();

  readonly #connection: Connection;
  #carrying: AbortController | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.hear((change) => {
      if (change.kind === 'hello' || change.kind === 'imports') void this.#read();
    });
  }

  /** Brings files in. Resolves with the report when they have been read, or undefined with `trouble` set. */
  async bring(files: readonly ChosenFile[]): Promise<ImportReport | undefined> {
    if (files.length === 0) return undefined;
    this.trouble = undefined;
    try {
      const paths = pathsOf(files.map(({ file }) => file));
      const report =
        paths === undefined ? await this.#upload(files) : await importPaths(this.#connection.station, paths);
      this.#take(report);
      return report;
    } catch (thrown) {
      this.trouble = readTrouble(thrown);
      return undefined;
    } finally {
      this.sending = undefined;
    }
  }

  stop(): void {
    this.#carrying?.abort();
  }

  async #upload(files: readonly ChosenFile[]): Promise<ImportReport> {
    this.#carrying = new AbortController();
    this.sending = { sent: 0, of: files.length };
    const sent = (count: number) => (this.sending = { sent: count, of: files.length });
    return importUploads(files, sent, this.#carrying.signal);
  }

  async #read(): Promise<void> {
    try {
      const reports = await this.#connection.station.imports.list();
      this.reports = reports.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
    } catch {
      // The connection says so itself; the next hello asks again.
    }
  }

  #take(report: ImportReport): void {
    this.reports = [report, ...this.reports.filter((known) => known.id !== report.id)];
  }
}
