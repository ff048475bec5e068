// What is judged of the images on screen, and what is known of their quality. Answers about another exam are dropped.
//
// What this window judged can be taken back step by step while the exam is on screen: a step restores what stood before it.
import { readTrouble, type Connection } from '#ui/backend/index.ts';
import type { CheckCode, ExamQuality, ImageQuality, Judgement, Verdict } from '#contract/shapes/judging.ts';
import type { Review } from './review.svelte.ts';

export type JudgeWord = {
  readonly verdict: Verdict | 'none';
  readonly reason?: string;
  readonly ownLabel?: string;
  readonly text?: string;
};

/** What was judged before, or a hint that was looked at. */
type Step =
  | readonly { readonly objectId: string; readonly before: Judgement | null }[]
  | { readonly objectId: string; readonly code: CheckCode };

export class Judging {
  quality = $state.raw<ExamQuality | undefined>();
  /** Steps that can be taken back. */
  steps = $state.raw<readonly Step[]>([]);

  readonly #connection: Connection;
  readonly #review: Review;
  #examId: string | undefined;
  #question = 0;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(connection: Connection, review: Review) {
    this.#connection = connection;
    this.#review = review;
    connection.hear((change) => {
      const touched = change.kind === 'exams' && change.exams.some((exam) => exam.id === this.#examId);
      if (this.#examId !== undefined && (touched || change.kind === 'hello')) void this.#read();
    });
  }

  readonly #byId: ReadonlyMap<string, ImageQuality> = $derived(
    new Map(this.quality?.images.map((image) => [image.objectId, image])),
  );

  /** Undefined for what is no image, and while nothing is known. */
  of(objectId: string | undefined): ImageQuality | undefined {
    return objectId === undefined ? undefined : this.#byId.get(objectId);
  }

  /** True when there is something to say of any image of the exam. */
  readonly hasMuch: boolean = $derived(
    this.quality?.images.some(
      ({ exposure, hints, judgement, repeatOf }) =>
        exposure !== null || hints.length > 0 || judgement !== null || repeatOf !== null,
    ) ?? false,
  );

  /** Told when another exam comes on screen. */
  open(examId: string | undefined): void {
    if (this.#examId === examId) return;
    this.#examId = examId;
    this.quality = undefined;
    this.steps = [];
    if (examId !== undefined) void this.#read();
  }

  /** Says the same of several images; false when it was refused, and why stands on the screen. */
  async judge(objectIds: readonly string[], word: JudgeWord): Promise<boolean> {
    if (objectIds.length === 0) return false;
    return this.#inTurn(async () => {
      const step: Step = objectIds.map((objectId) => ({ objectId, before: this.of(objectId)?.judgement ?? null }));
      const done = await this.#tell(objectIds, word);
      if (done) this.steps = [...this.steps, step].slice(-50);
      return done;
    });
  }

  /** Takes the last step back; undefined when there is none. */
  async undo(): Promise<boolean | undefined> {
    return this.#inTurn(async () => {
      const step = this.steps.at(-1);
      if (step === undefined) return undefined;
      this.steps = this.steps.slice(0, -1);
      if ('code' in step) return this.#lookAt(step.objectId, step.code, false);
      const alike = Map.groupBy(step, ({ before }) => JSON.stringify(before && { ...before, at: '' }));
      for (const group of alike.values()) {
        const before = group[0]?.before;
        const word: JudgeWord = before
          ? { verdict: before.verdict, reason: before.reason, ownLabel: before.ownLabel, text: before.text }
          : { verdict: 'none' };
        const ids = group.map(({ objectId }) => objectId);
        if (!(await this.#tell(ids, word))) return false;
      }
      return true;
    });
  }

  /** A hint has been looked at: it is said no more. A step that can be taken back. */
  async lookAtHint(objectId: string, code: CheckCode): Promise<boolean> {
    return this.#inTurn(async () => {
      const done = await this.#lookAt(objectId, code, true);
      if (done) this.steps = [...this.steps, { objectId, code }].slice(-50);
      return done;
    });
  }

  #lookAt(id: string, code: CheckCode, lookedAt: boolean): Promise<boolean> {
    return this.#ask(() => this.#connection.station.judging.lookAtHint({ id, code, lookedAt }));
  }

  /** Whoever is quick with keys takes back what was said last, and not what was said before it. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }

  /** The image waits again for the one that was taken instead. */
  async unlink(objectId: string): Promise<void> {
    await this.#ask(() => this.#connection.station.judging.linkRepeat({ id: objectId, repeatedBy: null }));
  }

  #tell(objectIds: readonly string[], word: JudgeWord): Promise<boolean> {
    const commandId = crypto.randomUUID();
    return this.#ask(() => this.#connection.station.judging.judge({ objectIds: [...objectIds], ...word, commandId }));
  }

  async #ask(command: () => Promise<ExamQuality>): Promise<boolean> {
    this.#review.trouble = undefined;
    try {
      const quality = await command();
      this.#question++;
      if (quality.examId === this.#examId) this.quality = quality;
      await this.#review.lookAgain();
      return true;
    } catch (thrown) {
      this.#review.trouble = readTrouble(thrown);
      return false;
    }
  }

  async #read(): Promise<void> {
    const id = this.#examId;
    if (id === undefined) return;
    const question = (this.#question += 1);
    try {
      const quality = await this.#connection.station.judging.ofExam({ id });
      if (question === this.#question && id === this.#examId) this.quality = quality;
    } catch {
      // What is wrong with the exam is said where the exam is read.
    }
  }
}
