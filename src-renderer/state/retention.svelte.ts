// What may be forgotten here: why the selected exam stays, and what would go now.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { ExamRetention, ProofPage, PurgePreview } from '#contract/shapes/space.ts';

export class Retention {
  /** Of the exam that was asked for last; undefined while it is asked for. */
  exam = $state.raw<(ExamRetention & { readonly id: string }) | undefined>();
  preview = $state.raw<PurgePreview | undefined>();
  /** What was found of what is gone; undefined when nothing is searched for. */
  proofs = $state.raw<ProofPage | undefined>();
  looking = $state(false);
  trouble = $state.raw<Trouble | undefined>();

  readonly #connection: Connection;
  #question = 0;
  #search = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async readExam(id: string): Promise<void> {
    const question = (this.#question += 1);
    try {
      const found = await this.#connection.station.retention.ofExam({ id });
      if (question === this.#question) this.exam = { ...found, id };
    } catch {
      // The link is shown where it is shown; this line stays away meanwhile.
      if (question === this.#question) this.exam = undefined;
    }
  }

  async pin(id: string, pinned: boolean): Promise<void> {
    this.exam = { ...(await this.#connection.station.retention.pin({ id, pinned })), id };
  }

  /** A UID, a digest, or words of a name or an ID. */
  async find(search: string): Promise<void> {
    const question = (this.#search += 1);
    if (search.trim() === '') {
      this.proofs = undefined;
      return;
    }
    try {
      const found = await this.#connection.station.retention.proofs({ search, limit: 20 });
      if (question === this.#search) this.proofs = found;
    } catch (thrown) {
      this.trouble = readTrouble(thrown);
    }
  }

  async look(): Promise<void> {
    this.looking = true;
    try {
      this.preview = await this.#connection.station.retention.preview();
      this.trouble = undefined;
    } catch (thrown) {
      this.trouble = readTrouble(thrown);
    } finally {
      this.looking = false;
    }
  }
}
