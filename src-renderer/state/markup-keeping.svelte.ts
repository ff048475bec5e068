// Keeps at the station what is drawn on the exam on screen, a moment after the hand rests, and takes in what another
// window drew. What is not saved yet is tried again until it is; what the station refuses is said once.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { DeviceRedactions, Markup } from '#contract/shapes/markup.ts';
import { plainMarkup, type Markups } from './markup.svelte.ts';
import type { Review } from './review.svelte.ts';

const restMs = 400;
const againMs = 2000;
/** What passes by itself: everything else is the station's last word. */
const passing: ReadonlySet<string> = new Set(['connection-lost', 'internal']);

type Ports = { readonly markups: Markups; readonly review: Review; readonly refused: (trouble: Trouble) => void };

export class MarkupKeeping {
  /** Objects whose drawing is not at the station yet. */
  waiting = $state.raw<ReadonlySet<string>>(new Set());
  /** Boxes that are remembered for the device of the image on screen. */
  remembered = $state.raw<(DeviceRedactions & { readonly objectId: string }) | undefined>();

  readonly #connection: Connection;
  readonly #markups: Markups;
  readonly #review: Review;
  readonly #refused: Ports['refused'];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saving: Promise<void> | undefined;
  #question = 0;
  /** When each object was last changed here, in changes. */
  readonly #changedAt = new Map<string, number>();
  #changes = 0;
  #examId: string | undefined;
  readonly #boxesOf = new Map<string, string>();

  constructor(connection: Connection, { markups, review, refused }: Ports) {
    this.#connection = connection;
    this.#markups = markups;
    this.#review = review;
    this.#refused = refused;
    markups.hear((ids) => this.#changed(ids));
    connection.hear((change) => {
      const touched = change.kind === 'exams' && change.exams.some(({ id }) => id === this.#examId);
      if (this.#examId !== undefined && (touched || change.kind === 'hello')) void this.#read();
    });
    window.addEventListener('pagehide', () => void this.#save());
  }

  /** An exam comes on screen: what was done to another one cannot be undone any more. */
  open(examId: string): void {
    if (examId === this.#examId) return;
    void this.#save();
    this.#examId = examId;
    this.#markups.forget();
    this.remembered = undefined;
    void this.#read();
  }

  /** Everything that is drawn is at the station when it is over; false when it could not be brought there. */
  async settle(): Promise<boolean> {
    for (let n = 0; n < 3 && this.waiting.size > 0; n += 1) await this.#save();
    return this.waiting.size === 0;
  }

  /** Asks what is remembered for the device that made this image. */
  async recall(objectId: string): Promise<void> {
    if (this.remembered?.objectId === objectId) return;
    try {
      const remembered = await this.#connection.station.devices.redactions({ id: objectId });
      if (this.#review.objectId === objectId) this.remembered = { ...remembered, objectId };
    } catch {
      // Nothing is offered then.
    }
  }

  #changed(ids: readonly string[]): void {
    this.#changes += 1;
    for (const id of ids) this.#changedAt.set(id, this.#changes);
    const states = new Map(this.#review.objects.map(({ id, state }) => [id, state]));
    // What has left or is rejected is only looked at.
    const kept = ids.filter((id) => states.get(id) === 'received' || states.get(id) === 'conflict');
    if (kept.length === 0) return;
    this.waiting = new Set([...this.waiting, ...kept]);
    this.#soon(restMs);
  }

  #soon(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#save(), ms);
  }

  /** One at a time: whoever asks meanwhile waits for the one that is under way. */
  #save(): Promise<void> {
    clearTimeout(this.#timer);
    this.#saving ??= this.#saveAll().finally(() => (this.#saving = undefined));
    return this.#saving;
  }

  async #saveAll(): Promise<void> {
    for (const id of this.waiting) {
      const markup = this.#markups.of(id);
      if (!(await this.#saveOne(id, markup))) return this.#soon(againMs);
      if (this.#markups.of(id) === markup) this.waiting = new Set([...this.waiting].filter((one) => one !== id));
    }
    if (this.waiting.size > 0) this.#soon(restMs);
  }

  /** False when it is to be tried again. */
  async #saveOne(id: string, markup: Markup): Promise<boolean> {
    try {
      await this.#connection.station.objects.saveMarkup({ id, markup });
      await this.#remember(id, markup).catch(() => undefined);
      return true;
    } catch (thrown) {
      const trouble = readTrouble(thrown);
      if (passing.has(trouble.code)) return false;
      this.#refused(trouble);
      return true;
    }
  }

  /** Boxes that a person drew are those of the device from now on. */
  async #remember(id: string, { redactions }: Markup): Promise<void> {
    const boxes = JSON.stringify(redactions);
    if (redactions.length === 0 || this.#boxesOf.get(id) === boxes) return;
    this.#boxesOf.set(id, boxes);
    const remembered = await this.#connection.station.devices.rememberRedactions({ id, boxes: redactions });
    if (this.#review.objectId === id) this.remembered = { ...remembered, objectId: id };
  }

  async #read(): Promise<void> {
    const examId = this.#examId;
    if (examId === undefined) return;
    const question = (this.#question += 1);
    const asked = this.#changes;
    try {
      const stored = await this.#connection.station.objects.markups({ examId });
      if (question !== this.#question || examId !== this.#examId) return;
      const found = new Map(stored.map(({ objectId, markup }) => [objectId, markup] as const));
      for (const [id, { redactions }] of found) this.#boxesOf.set(id, JSON.stringify(redactions));
      const mine = (id: string) => this.waiting.has(id) || (this.#changedAt.get(id) ?? 0) > asked;
      // What somebody cleared elsewhere is not in the answer.
      const gone = this.#review.examId === examId ? this.#review.objects.map(({ id }) => id) : [];
      const known = gone.filter((id) => !found.has(id) && this.#seen.has(id));
      this.#markups.know(
        new Map([...found, ...known.map((id) => [id, plainMarkup] as const)].filter(([id]) => !mine(id))),
      );
      this.#seen = new Set(found.keys());
    } catch {
      // It is asked again when the station is back.
    }
  }

  /** Objects on which the station last said that something was drawn. */
  #seen: ReadonlySet<string> = new Set();
}
