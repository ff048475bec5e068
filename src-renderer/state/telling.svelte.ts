// What other systems were told of exams, as it stands when somebody looks.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { NoticePage } from '#contract/shapes/notices.ts';

export class Telling {
  /** Undefined until it is read. */
  page = $state.raw<NoticePage | undefined>();
  trouble = $state.raw<Trouble | undefined>();

  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  read(): Promise<void> {
    return this.#take(this.#connection.station.notices.list({ limit: 100 }));
  }

  again(number: number): Promise<void> {
    return this.#take(this.#connection.station.notices.resend({ number }));
  }

  async #take(asked: Promise<NoticePage>): Promise<void> {
    try {
      this.page = await asked;
      this.trouble = undefined;
    } catch (thrown) {
      this.trouble = readTrouble(thrown);
    }
  }
}
