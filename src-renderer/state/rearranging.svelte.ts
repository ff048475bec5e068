// Images that are picked to go elsewhere, and what is done with them: split off, moved, copied, joined, taken back.
//
// What was picked belongs to the exam on screen and goes with it. A question that only a person can answer (the images
// are of another patient) is kept here until it is answered; nothing was done until then.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { ExamRow } from '#contract/shapes/exam.ts';
import type { ExamHistoryLine, PatientGroup, RearrangedAnswer, RearrangeWish } from '#contract/shapes/rearranging.ts';
import type { Review } from './review.svelte.ts';

/** Another exam is needed for it. */
export type Errand = 'move' | 'copy' | 'merge';

export type RearrangingEnd =
  | { readonly kind: 'done'; readonly answer: RearrangedAnswer; readonly undone: boolean }
  | { readonly kind: 'trouble'; readonly trouble: Trouble }
  /** The images are of another patient: a word is asked for. */
  | { readonly kind: 'asks' };

type Question = { readonly wish: RearrangeWish; readonly first: string; readonly second: string };

export class Rearranging {
  /** Ids of the picked images of the exam on screen. */
  picked = $state.raw<ReadonlySet<string>>(new Set());
  /** What an exam is being looked for. */
  errand = $state<Errand | undefined>();
  question = $state.raw<Question | undefined>();
  found = $state.raw<readonly ExamRow[]>([]);
  history = $state.raw<readonly ExamHistoryLine[]>([]);
  patients = $state.raw<readonly PatientGroup[]>([]);
  /** True while images are dragged: the places they may go to are shown. */
  dragging = $state(false);
  busy = $state(false);

  readonly #connection: Connection;
  readonly #review: Review;
  #anchor: string | undefined;
  #examId: string | undefined;
  #search = 0;
  #lastId: string | undefined;

  constructor(connection: Connection, review: Review) {
    this.#connection = connection;
    this.#review = review;
  }

  /** The picked ones that are still there; without any, the one on stage. */
  readonly meant: readonly string[] = $derived.by(() => {
    const picked = this.#review.objects.filter(({ id }) => this.picked.has(id)).map(({ id }) => id);
    const shown = this.#review.objectId;
    return picked.length > 0 ? picked : shown === undefined || shown === '' ? [] : [shown];
  });

  /** Told when another exam comes on screen. */
  begin(examId: string | undefined): void {
    if (this.#examId === examId) return;
    this.#examId = examId;
    this.picked = new Set();
    this.errand = undefined;
    this.question = undefined;
    this.patients = [];
    this.history = [];
    this.#anchor = undefined;
  }

  /** Adds one to what is picked, or takes it out. */
  toggle(objectId: string): void {
    const next = new Set(this.picked);
    if (!next.delete(objectId)) next.add(objectId);
    this.picked = next;
    this.#anchor = objectId;
  }

  /** Picks everything from where picking began to this one. */
  pickTo(objectId: string): void {
    const ids = this.#review.objects.map(({ id }) => id);
    const from = ids.indexOf(this.#anchor ?? this.#review.objectId ?? objectId);
    const to = ids.indexOf(objectId);
    if (from < 0 || to < 0) return;
    this.#anchor = ids[from];
    this.picked = new Set([...this.picked, ...ids.slice(Math.min(from, to), Math.max(from, to) + 1)]);
  }

  /** Goes one image on and picks both. */
  pickAlong(by: 1 | -1): void {
    const ids = this.#review.objects.map(({ id }) => id);
    const at = ids.indexOf(this.#review.objectId ?? '');
    const next = ids[at + by];
    if (at < 0 || next === undefined) return;
    this.#anchor ??= ids[at];
    this.picked = new Set([...this.picked, ids[at] ?? next, next]);
    this.#review.show(next);
  }

  pickNone(): void {
    this.picked = new Set();
    this.#anchor = undefined;
  }

  async readHistory(): Promise<void> {
    const examId = this.#review.examId;
    if (examId === undefined) return;
    try {
      const history = await this.#connection.station.exams.history({ id: examId });
      if (this.#review.examId === examId) this.history = history;
    } catch {
      // The exam itself says what is wrong with the station.
    }
  }

  async readPatients(): Promise<void> {
    const examId = this.#review.examId;
    if (examId === undefined) return;
    try {
      const patients = await this.#connection.station.rearranging.patients({ id: examId });
      if (this.#review.examId === examId) this.patients = patients;
    } catch {
      this.patients = [];
    }
  }

  /** Exams that the images may go to: by words, newest first, without the one on screen. */
  async search(words: string): Promise<void> {
    const question = (this.#search += 1);
    try {
      const page = await this.#connection.station.exams.list({ filter: 'all', search: words, limit: 30 });
      if (question === this.#search) this.found = page.exams.filter(({ id }) => id !== this.#review.examId);
    } catch {
      if (question === this.#search) this.found = [];
    }
  }

  splitOff(): Promise<RearrangingEnd> {
    return this.do({ kind: 'split', groups: [[...this.meant]] });
  }

  splitSeries(): Promise<RearrangingEnd> {
    return this.do({ kind: 'split-series', objectIds: [...this.meant] });
  }

  splitByPatient(): Promise<RearrangingEnd> {
    return this.do({ kind: 'split-by-patient', examId: this.#review.examId ?? '' });
  }

  /** To the exam that was looked for. */
  choose(toExamId: string, errand: Errand = this.errand ?? 'move'): Promise<RearrangingEnd> {
    this.errand = undefined;
    if (errand === 'merge') return this.do({ kind: 'merge', fromExamId: this.#review.examId ?? '', toExamId });
    return this.do({ kind: errand, objectIds: [...this.meant], toExamId });
  }

  /** Says that the images are of the target's patient, and does what was asked. */
  async answer(): Promise<RearrangingEnd | undefined> {
    const { question } = this;
    this.question = undefined;
    return question && this.do(question.wish, true);
  }

  async do(wish: RearrangeWish, otherPatient = false): Promise<RearrangingEnd> {
    const exam = this.#review.exam;
    this.busy = true;
    try {
      const answer = await this.#connection.station.rearranging.apply({
        ...{ wish, otherPatient, commandId: crypto.randomUUID() },
        ...(exam && { seen: { examId: exam.id, objects: exam.counts.objects } }),
      });
      this.#lastId = answer.id ?? undefined;
      this.pickNone();
      return { kind: 'done', answer, undone: false };
    } catch (thrown) {
      const trouble = readTrouble(thrown);
      if (trouble.code !== 'other-patient') return { kind: 'trouble', trouble };
      const { first = '', second = '' } = trouble.params;
      this.question = { wish, first: String(first), second: String(second) };
      return { kind: 'asks' };
    } finally {
      this.busy = false;
    }
  }

  /** Takes one back, the last one of this window when none is named, else the last one of the exam. */
  async undo(id?: string): Promise<RearrangingEnd | undefined> {
    if (id === undefined && this.#lastId === undefined) await this.readHistory();
    const which = id ?? this.#lastId ?? this.history.find((line) => line.undo !== null)?.undo ?? undefined;
    if (which === undefined) return undefined;
    try {
      const answer = await this.#connection.station.rearranging.undo({ id: which });
      this.#lastId = undefined;
      return { kind: 'done', answer, undone: true };
    } catch (thrown) {
      return { kind: 'trouble', trouble: readTrouble(thrown) };
    }
  }

  /** Late images go where those that left were corrected to: the card names whose they are. Undefined without such a card. */
  async giveToCorrected(): Promise<RearrangingEnd | undefined> {
    const cards = (this.#review.exam?.problems ?? []).filter(
      ({ code, answered, objectId }) => code === 'late-corrected' && !answered && objectId !== null,
    );
    const toExamId = String(cards[0]?.params['exam'] ?? '');
    const objectIds = cards.flatMap(({ objectId, params }) =>
      params['exam'] === toExamId && objectId ? [objectId] : [],
    );
    return objectIds.length === 0 ? undefined : this.do({ kind: 'move', objectIds, toExamId }, true);
  }

  /** Late images of a divided exam belong where they are. */
  async keepHere(): Promise<void> {
    const id = this.#review.examId;
    if (id !== undefined) this.history = await this.#connection.station.rearranging.keepHere({ id });
  }
}
