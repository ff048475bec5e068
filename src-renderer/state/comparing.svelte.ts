// The exam that is looked at beside the one in Review. It is only looked at: nothing is decided about it here.
import { fetchFrame, fetchPriorFrame, readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { Exam, ExamRow } from '#contract/shapes/exam.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { OpenPrior, Prior } from '#contract/shapes/priors.ts';
import { Markups } from './markup.svelte.ts';
import type { Review } from './review.svelte.ts';

type Known = Pick<ExamRow, 'received' | 'corrected'>;

/** `same`: the IDs say so and nothing contradicts. `different`: something contradicts. `unknown`: an ID is missing. */
export type Likeness = 'same' | 'different' | 'unknown';

/** Whether two exams are of one patient. Each is asked for what would leave of it. */
export function likenessOf(
  one: (keyword: keyof Attributes) => string,
  other: (keyword: keyof Attributes) => string,
): Likeness {
  const said = (keyword: keyof Attributes) => {
    const plain = (value: string) =>
      value
        .normalize('NFC')
        .toUpperCase()
        .replace(/[\s^=]+/g, ' ')
        .trim();
    return [plain(one(keyword)), plain(other(keyword))] as const;
  };
  const contradicts = (keyword: keyof Attributes) => {
    const [a, b] = said(keyword);
    return a !== '' && b !== '' && a !== b;
  };
  const keywords = ['PatientID', 'IssuerOfPatientID', 'PatientName', 'PatientBirthDate', 'PatientSex'] as const;
  if (keywords.some(contradicts)) return 'different';
  const [id, otherId] = said('PatientID');
  return id === '' || otherId === '' ? 'unknown' : 'same';
}

const outgoing = (exam: Known) => (keyword: keyof Attributes) =>
  exam.corrected[keyword] ?? exam.received[keyword] ?? '';

export class Comparing {
  /** Undefined while there is none, or while it is fetched. */
  exam = $state.raw<Exam | undefined>();
  examId = $state<string | undefined>();
  /** What it is when it was chosen as an earlier exam of the patient. */
  earlier = $state.raw<Prior | undefined>();
  trouble = $state.raw<Trouble | undefined>();
  found = $state.raw<readonly ExamRow[]>([]);

  /** How its pictures are looked at here. Never stored: looking changes nothing of another exam. */
  readonly looks = new Markups();

  readonly #connection: Connection;
  readonly #review: Review;
  #search = 0;
  #question = 0;

  constructor(connection: Connection, review: Review) {
    this.#connection = connection;
    this.#review = review;
    connection.hear((change) => {
      const touched = change.kind === 'exams' && change.exams.some((exam) => exam.id === this.examId);
      if (this.examId !== undefined && (touched || change.kind === 'hello')) void this.#read();
    });
  }

  /** Exams to choose from, those of the patient in Review first. The last question is the one that is answered. */
  async search(typed: string): Promise<void> {
    const question = (this.#search += 1);
    const { exam } = this.#review;
    const id = exam === undefined ? '' : outgoing(exam)('PatientID');
    const list = (search: string) => this.#connection.station.exams.list({ filter: 'all', search, limit: 30 });
    try {
      const pages = await Promise.all(typed === '' && id !== '' ? [list(id), list('')] : [list(typed)]);
      if (question !== this.#search) return;
      const found = new Map(pages.flatMap((page) => page.exams.map((row) => [row.id, row] as const)));
      found.delete(exam?.id ?? '');
      const rows = [...found.values()];
      this.found = [
        ...rows.filter((row) => this.likeness(row) === 'same'),
        ...rows.filter((row) => this.likeness(row) !== 'same'),
      ];
    } catch (thrown) {
      if (question !== this.#search) return;
      this.found = [];
      this.trouble = readTrouble(thrown);
    }
  }

  /** Of an exam to the one in Review, by what would leave of both. */
  likeness(other: Known): Likeness {
    const { exam } = this.#review;
    return exam === undefined ? 'unknown' : likenessOf(outgoing(exam), outgoing(other));
  }

  open(examId: string): void {
    this.#begin(examId);
    void this.#read();
  }

  /** An earlier exam of the patient; its pictures come with `tookEarlier`. */
  openEarlier(prior: Prior): void {
    this.#begin(prior.id);
    this.earlier = prior;
  }

  tookEarlier({ prior, exam }: OpenPrior): void {
    if (prior.id !== this.examId) return;
    this.earlier = prior;
    this.exam = exam;
    this.trouble = undefined;
  }

  failed(examId: string, trouble: Trouble): void {
    if (examId === this.examId) this.trouble = trouble;
  }

  /** More of it may be here. */
  async readEarlier(): Promise<void> {
    const { earlier, exam } = this;
    if (earlier?.from.kind !== 'archive' || exam === undefined) return;
    const question = (this.#question += 1);
    try {
      const read = await this.#connection.station.priors.read({ id: earlier.id });
      if (question === this.#question) this.tookEarlier(read);
    } catch (thrown) {
      if (question === this.#question) this.failed(earlier.id, readTrouble(thrown));
    }
  }

  /** A frame of it, from where it is kept. */
  fetchFrame(objectId: string, frame: number, signal: AbortSignal): ReturnType<typeof fetchFrame> {
    const isFetched = this.earlier?.from.kind === 'archive';
    return isFetched ? fetchPriorFrame(objectId, frame, signal) : fetchFrame(objectId, frame, signal);
  }

  close(): void {
    this.#question += 1;
    this.examId = undefined;
    this.exam = undefined;
    this.earlier = undefined;
    this.trouble = undefined;
  }

  #begin(examId: string): void {
    this.#question += 1;
    this.examId = examId;
    this.exam = undefined;
    this.earlier = undefined;
    this.trouble = undefined;
  }

  async #read(): Promise<void> {
    const id = this.examId;
    if (id === undefined) return;
    if (this.earlier?.from.kind === 'archive') return this.readEarlier();
    const question = (this.#question += 1);
    try {
      const exam = await this.#connection.station.exams.read({ id });
      if (question === this.#question && exam.id === id) this.exam = exam;
    } catch (thrown) {
      if (question === this.#question) this.trouble = readTrouble(thrown);
    }
  }
}
