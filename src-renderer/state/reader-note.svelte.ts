// The note to the reader of the exam on screen. What is typed goes to the station a moment later, so that neither a window nor a
// station that ends takes it along; it leaves only with an approval, or when it is sent.
//
// An answer about another exam is dropped. While somebody types, what the station says does not replace what they typed.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { ReaderNote as Note } from '#contract/shapes/reader-notes.ts';

const pauseMs = 500;

export class ReaderNote {
  examId = $state<string | undefined>();
  /** As the station has it; undefined while it is asked for. */
  kept = $state.raw<Note | undefined>();
  typed = $state<string | undefined>();
  trouble = $state.raw<Trouble | undefined>();

  readonly #connection: Connection;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> = Promise.resolve();

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.hear((change) => {
      const touched = change.kind === 'exams' && change.exams.some((exam) => exam.id === this.examId);
      if (this.examId !== undefined && (touched || change.kind === 'hello')) void this.#read();
    });
  }

  readonly text: string = $derived(this.typed ?? this.kept?.text ?? '');
  /** What is written would leave with an approval. */
  readonly goesAlong: boolean = $derived(
    this.kept !== undefined &&
      this.kept.leaves !== 'kept' &&
      this.text.trim() !== '' &&
      this.text.trim() !== this.kept.sent.at(-1)?.text,
  );

  open(examId: string): void {
    if (this.examId === examId) return;
    void this.flush();
    this.examId = examId;
    this.kept = undefined;
    this.typed = undefined;
    this.trouble = undefined;
    void this.#read();
  }

  type(text: string): void {
    this.typed = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), pauseMs);
  }

  /** Hands over what was typed. Resolves when the station has it, or with the trouble told. */
  flush(send = false): Promise<void> {
    clearTimeout(this.#timer);
    const { examId, typed } = this;
    if (examId === undefined || (typed === undefined && !send)) return this.#saving;
    const text = typed ?? this.text;
    // One after the other: the last word counts.
    this.#saving = this.#saving.then(() => this.#save(examId, text, send));
    return this.#saving;
  }

  async #save(id: string, text: string, send: boolean): Promise<void> {
    try {
      const kept = await this.#connection.station.exams.saveNote({ id, text, send });
      if (this.examId !== id) return;
      this.kept = kept;
      this.trouble = undefined;
      if (this.typed === text) this.typed = undefined;
    } catch (thrown) {
      if (this.examId === id) this.trouble = readTrouble(thrown);
    }
  }

  async #read(): Promise<void> {
    const id = this.examId;
    if (id === undefined) return;
    try {
      const kept = await this.#connection.station.exams.note({ id });
      if (this.examId === id) this.kept = kept;
    } catch (thrown) {
      if (this.examId === id) this.trouble = readTrouble(thrown);
    }
  }
}
