// The report of one import while it grows: counts, the first findings that are not simply kept, the last that are.
import type { ImportFinding, ImportReport } from '#contract/shapes/station.ts';

const mostOdd = 1000;
const mostKept = 200;

export class ImportLedger {
  readonly #odd: ImportFinding[] = [];
  readonly #kept: ImportFinding[] = [];
  #pauses = 0;
  #report: Omit<ImportReport, 'findings'>;

  constructor(id: string, label: string, startedAt: string) {
    this.#report = {
      id,
      label,
      state: 'running',
      startedAt,
      endedAt: null,
      found: 0,
      kept: 0,
      alreadyHere: 0,
      skipped: 0,
      refused: 0,
      waiting: null,
    };
  }

  add(finding: ImportFinding): void {
    const report = this.#report;
    const { outcome } = finding;
    this.#report = {
      ...report,
      found: report.found + 1,
      kept: report.kept + (outcome === 'kept' || outcome === 'kept-with-warning' ? 1 : 0),
      alreadyHere: report.alreadyHere + (outcome === 'already-here' ? 1 : 0),
      skipped: report.skipped + (outcome === 'skipped' ? 1 : 0),
      refused: report.refused + (outcome === 'refused' ? 1 : 0),
    };
    if (outcome !== 'kept') {
      if (this.#odd.length < mostOdd) this.#odd.push(finding);
      return;
    }
    this.#kept.push(finding);
    if (this.#kept.length > mostKept) this.#kept.shift();
  }

  /** Several files of one import may wait at once. */
  pause(paused: boolean): void {
    this.#pauses += paused ? 1 : -1;
    this.#report = { ...this.#report, waiting: this.#pauses > 0 ? 'no-room' : null };
  }

  end(at: string): void {
    this.#report = { ...this.#report, state: 'done', endedAt: at };
  }

  read(): ImportReport {
    return { ...this.#report, findings: [...this.#odd, ...this.#kept] };
  }
}
