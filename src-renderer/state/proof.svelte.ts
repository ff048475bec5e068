// The proof of one exam: asked for when somebody wants to see it, thrown away when they look elsewhere.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { Verification } from '#contract/shapes/verification.ts';

export class Proof {
  /** Undefined until it is read. */
  report = $state.raw<Verification | undefined>();
  trouble = $state.raw<Trouble | undefined>();

  readonly #connection: Connection;
  #question = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async read(id: string): Promise<void> {
    const question = (this.#question += 1);
    this.report = undefined;
    this.trouble = undefined;
    try {
      const report = await this.#connection.station.exams.verification({ id });
      if (question === this.#question) this.report = report;
    } catch (thrown) {
      if (question === this.#question) this.trouble = readTrouble(thrown);
    }
  }
}
