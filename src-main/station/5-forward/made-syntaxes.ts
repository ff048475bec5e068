// The forms that revisions were given in other transfer syntaxes, as the book knows them.
//
// Guarantees: one digest for a revision and a syntax, for ever; what has no room any more is made again the same.
import type { Book } from '#station/records/index.ts';
import type { MadeForm } from './ports.ts';

export type Form = MadeForm & { readonly kept: boolean };

type Row = MadeForm & { readonly kept: number };

export class MadeSyntaxes {
  readonly #book: Book;

  constructor(book: Book) {
    this.#book = book;
  }

  find(revisionId: string, transferSyntaxUid: string): Form | undefined {
    const row = this.#book
      .sql<Row>(
        `SELECT dataSetOffset, dataSetLength, dataSetSha256, framesCompared, kept FROM transcode
         WHERE revisionId = ? AND TransferSyntaxUID = ?`,
      )
      .get(revisionId, transferSyntaxUid);
    return row && { ...row, kept: row.kept === 1 };
  }

  /** Writes it down. False when it was made before, and differently: it must not be used. */
  put(revisionId: string, transferSyntaxUid: string, form: MadeForm, now: string): boolean {
    const before = this.find(revisionId, transferSyntaxUid);
    if (before && before.dataSetSha256 !== form.dataSetSha256) return false;
    this.#book
      .sql(
        `INSERT INTO transcode (revisionId, TransferSyntaxUID, dataSetOffset, dataSetLength, dataSetSha256, framesCompared, madeAt)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET kept = 1, madeAt = excluded.madeAt`,
      )
      .run(
        revisionId,
        transferSyntaxUid,
        form.dataSetOffset,
        form.dataSetLength,
        form.dataSetSha256,
        form.framesCompared,
        now,
      );
    return true;
  }

  /** Its file is gone, or not to be trusted. */
  forget(revisionId: string, transferSyntaxUid: string): void {
    this.#book
      .sql('UPDATE transcode SET kept = 0 WHERE revisionId = ? AND TransferSyntaxUID = ?')
      .run(revisionId, transferSyntaxUid);
  }

  /** All files that should be there, oldest first, and whether a delivery still has to leave. */
  kept(): {
    readonly revisionId: string;
    readonly TransferSyntaxUID: string;
    readonly dataSetLength: number;
    readonly waits: number;
  }[] {
    return this.#book
      .sql<{ revisionId: string; TransferSyntaxUID: string; dataSetLength: number; waits: number }>(
        `SELECT revisionId, TransferSyntaxUID, dataSetLength,
           EXISTS (SELECT 1 FROM delivery WHERE delivery.revisionId = transcode.revisionId
             AND state IN ('ready', 'sending', 'backoff', 'held', 'blocked')) AS waits
         FROM transcode WHERE kept = 1 ORDER BY madeAt`,
      )
      .all();
  }

  /** True when no delivery of the revision is on its way, or could be sent again by itself. */
  isDone(revisionId: string): boolean {
    const open = this.#book
      .sql(`SELECT 1 FROM delivery WHERE revisionId = ? AND state NOT IN ('committed', 'cancelled') LIMIT 1`)
      .get(revisionId);
    return open === undefined;
  }
}
