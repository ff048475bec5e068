// What is decided about an exam that has left, from its form: corrected images take the place of what was sent. And what
// devices say of images of the exam on screen.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { CorrectedAfterRelease, DeviceNoteChoice } from '#contract/shapes/after-release.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { Exam, ObjectRow } from '#contract/shapes/exam.ts';
import { keepsItsStudy } from '#contract/shapes/study-of-copies.ts';
import { correctableKeywords } from '#contract/shapes/correctable.ts';
import { baseValue, changes, faults, outgoing, type FieldId } from './form.ts';
import type { Review } from './review.svelte.ts';

export type ReleasedEnd =
  | { readonly kind: 'done'; readonly answer: CorrectedAfterRelease }
  | { readonly kind: 'fault'; readonly field: FieldId }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'trouble'; readonly trouble: Trouble };

const noteClass = '1.2.840.10008.5.1.4.1.1.88.59';
const wasSent = ({ state, SOPClassUID }: ObjectRow) => state === 'approved' && SOPClassUID !== noteClass;

export class Released {
  busy = $state(false);

  readonly #connection: Connection;
  readonly #review: Review;

  constructor(connection: Connection, review: Review) {
    this.#connection = connection;
    this.#review = review;
  }

  /** How many images a correction would put others in the place of; 0 where the form means something else. */
  readonly images: number = $derived.by(() => {
    const { exam, objects } = this.#review;
    if (exam === undefined || !isDecided(exam)) return 0;
    return objects.filter(wasSent).length;
  });

  /** Of these images the ones that were approved: they are corrected, and not moved. */
  sentOf(objectIds: readonly string[]): readonly string[] {
    return this.#review.objects
      .filter((object) => wasSent(object) && objectIds.includes(object.id))
      .map(({ id }) => id);
  }

  /** Ids of destinations that have something of it, or may have by now. */
  readonly told: readonly string[] = $derived.by(() => {
    const { exam } = this.#review;
    const hold = (exam?.deliveries ?? []).filter(({ sent, confirmed }) => sent + confirmed > 0);
    return hold.map(({ destinationId }) => destinationId);
  });

  /** Whether what is typed leaves it the same patient and order, so that the study stays. */
  readonly staysInStudy: boolean = $derived.by(() => {
    const { exam, draft } = this.#review;
    if (exam === undefined) return true;
    const values = (value: (keyword: (typeof correctableKeywords)[number]) => string | undefined): Attributes =>
      Object.fromEntries(correctableKeywords.map((keyword) => [keyword, value(keyword) ?? '']));
    return keepsItsStudy(
      values((keyword) => baseValue(exam, keyword)),
      values((keyword) => outgoing(exam, draft, keyword)),
    );
  });

  /** Corrects what has left by what is typed. */
  async correct(): Promise<ReleasedEnd> {
    const { exam, draft, reason } = this.#review;
    if (exam === undefined || this.busy) return { kind: 'nothing' };
    const [field] = faults(exam, draft);
    if (field !== undefined) return { kind: 'fault', field };
    const attributes = changes(exam, draft);
    if (Object.keys(attributes).length === 0) return { kind: 'nothing' };
    this.busy = true;
    try {
      const answer = await this.#connection.station.afterRelease.correct({
        ...{ id: exam.id, attributes, reason, seenObjects: exam.counts.objects, commandId: crypto.randomUUID() },
      });
      this.#review.recorded(exam.id, draft);
      await this.#review.lookAgain();
      return { kind: 'done', answer };
    } catch (thrown) {
      return { kind: 'trouble', trouble: readTrouble(thrown) };
    } finally {
      this.busy = false;
    }
  }

  /** Images that were sent belong to another exam, and take on its patient and order there. */
  async give(toExamId: string, objectIds: readonly string[]): Promise<ReleasedEnd> {
    const { exam } = this.#review;
    if (exam === undefined || this.busy || objectIds.length === 0) return { kind: 'nothing' };
    this.busy = true;
    try {
      const answer = await this.#connection.station.afterRelease.correct({
        ...{ id: exam.id, attributes: {}, reason: 'CORRECT', toExamId, objectIds: [...objectIds] },
        ...{ seenObjects: exam.counts.objects, commandId: crypto.randomUUID() },
      });
      return { kind: 'done', answer };
    } catch (thrown) {
      return { kind: 'trouble', trouble: readTrouble(thrown) };
    } finally {
      this.busy = false;
    }
  }

  /** What takes a correction back, while nobody has been told of it; undefined when it stays. */
  async wayBack({ kind, examId }: CorrectedAfterRelease): Promise<string | undefined> {
    if (kind !== 'copied') return undefined;
    const history = await this.#connection.station.exams.history({ id: examId });
    return history.find(({ action }) => action === 'corrected-after-release')?.undo ?? undefined;
  }

  /** The note of a device that waits longest, followed or dismissed. */
  async answerNote(choice: DeviceNoteChoice, objectId?: string): Promise<Trouble | undefined> {
    const first = this.#review.exam?.problems.find(({ code }) => code === 'device-rejects');
    const id = objectId ?? first?.params['object'];
    if (id === undefined) return undefined;
    try {
      await this.#connection.station.afterRelease.answerNote({
        id: String(id),
        choice,
        commandId: crypto.randomUUID(),
      });
      await this.#review.lookAgain();
      return undefined;
    } catch (thrown) {
      return readTrouble(thrown);
    }
  }
}

/** Everything of it is decided, and something was approved. */
export const isDecided = ({ state, counts }: Exam): boolean =>
  (state === 'approved' || state === 'confirmed') && counts.undecided + counts.conflicts === 0;
