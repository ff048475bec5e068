// One walk through the whole house: steps are carried out on a real station, the model is told what people decided, and at
// quiet points both are compared, with all that ever came to an archive. See model.ts for what is foretold.
import { ArrivedSoFar } from './checks.ts';
import type { House } from './house.ts';
import { Model, type HeldObject, type State } from './model.ts';
import type { OrderOfRis } from './orders.ts';
import type { Person, Picture } from './people.ts';
import { takeOver } from './reopening.ts';
import { everywhere, firstSettings } from './settings.ts';
import { Refused } from './station-host.ts';

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export class Walk {
  readonly house: House;
  readonly model = new Model();
  readonly orders: OrderOfRis[] = [];
  /** Words of people who are somebody else by now. */
  readonly merged = new Map<string, Person>();
  readonly paused: Record<string, boolean> = {};
  readonly breaches: string[] = [];
  killAfterMs: number | undefined;
  readonly arrivals = new ArrivedSoFar();
  /** Orders bring their study, as the site has it now. */
  adoptsStudy = false;
  /** Where the rules of the site send what the device sends. */
  goesTo: readonly string[] = everywhere;
  /** Notes of devices: an archive would obey them. */
  readonly neverLeaves = new Set<string>();
  #number = 0;
  #minutes = 0;
  #at = 'before the first step';

  constructor(house: House) {
    this.house = house;
  }

  say(words: string): void {
    if (this.breaches.length < 20) this.breaches.push(`${this.#at}: ${words}`);
  }

  at(words: string): void {
    this.#at = words;
  }

  get arrived(): number {
    return this.arrivals.seen;
  }

  /** Numbers that are used once. */
  nextNumber(): number {
    return ++this.#number;
  }

  /** The hospital's clock goes on by a minute with each word. */
  hospitalTime(): string {
    return new Date(Date.UTC(2026, 10, 23, 8, this.#minutes++)).toISOString().replace(/\D/g, '').slice(0, 14);
  }

  open(): Promise<void> {
    return this.house.start(firstSettings(this.house));
  }

  // --- Arrivals ----------------------------------------------------------------------------------------------------

  /** As a device does it: again, until all is acknowledged. */
  async receive(pictures: readonly Picture[]): Promise<void> {
    let open = [...pictures];
    for (let tries = 0; open.length > 0 && tries < 5; tries++) {
      const cut = this.killAfterMs;
      this.killAfterMs = undefined;
      const sending = this.house.send(open).catch((): Picture[] => []);
      if (cut !== undefined) {
        await pause(cut);
        await this.house.kill();
      }
      const done = await sending;
      if (cut !== undefined) await this.house.start();
      this.model.acknowledged.push(...done);
      open = open.filter((picture) => !done.includes(picture));
    }
    if (open.length > 0) this.say(`${open.length} objects are not taken`);
    for (const picture of pictures) if (!open.includes(picture)) this.meet(picture);
  }

  /** Where the station has filed it. */
  meet(picture: Picture): void {
    type Row = { id: string; examId: string; StudyInstanceUID: string; SOPInstanceUID: string; state: State };
    const rows = this.house.rows<Row>(
      `SELECT object.id, examId, StudyInstanceUID, SOPInstanceUID, object.state FROM object JOIN exam ON exam.id = examId
       WHERE dataSetSha256 = ? ORDER BY object.rowid`,
      picture.sha256,
    );
    if (rows.length === 0) return this.say(`I1 ${picture.SOPInstanceUID} was acknowledged and is not there`);
    const row = rows.find(({ id }) => !this.model.objects.has(id));
    if (!row || rows.some(({ id }) => this.model.objects.get(id)?.picture === picture)) return;
    const twins = [...this.model.objects.values()].filter(
      (other) => other.picture.SOPInstanceUID === picture.SOPInstanceUID,
    );
    for (const twin of twins) twin.loose = true;
    this.model.exam(row.examId, row.StudyInstanceUID);
    this.model.objects.set(row.id, {
      ...{ id: row.id, picture, uid: row.SOPInstanceUID, examId: row.examId },
      ...{ state: twins.length > 0 ? row.state : 'received', loose: twins.length > 0 },
      ...{ redactions: [], isCropped: false, isDrawnOn: false, arrivedWhenRejected: undefined, purged: false },
    });
  }

  // --- Commands ----------------------------------------------------------------------------------------------------

  /** A command, cut off by a kill and given again where that is the turn. @throws Refused */
  async tell<T>(procedure: string, input: Readonly<Record<string, unknown>>): Promise<T> {
    const command = { ...input, commandId: crypto.randomUUID() };
    const cut = this.killAfterMs;
    this.killAfterMs = undefined;
    if (cut === undefined) return this.house.ask<T>(procedure, command);
    const first = this.house.ask<T>(procedure, command).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    await pause(cut);
    await this.house.kill();
    const ended = await first;
    await this.house.start();
    if ('value' in ended) return ended.value;
    if (ended.error instanceof Refused) throw ended.error;
    return this.house.ask<T>(procedure, command);
  }

  /** Of what a person is shown of an exam, the first that is so; waited for, as it is worked out behind what arrives. */
  async cardOf<T>(examId: string, isSo: (card: T) => boolean): Promise<T | undefined> {
    for (let tries = 0; tries < 400; tries++) {
      const { problems } = await this.house.ask<{ problems: T[] }>('exams.read', { id: examId });
      const card = problems.find(isSo);
      if (card) return card;
      await pause(20);
    }
    this.say(`a card of exam ${examId} does not come`);
    return undefined;
  }

  /** An image, and the copies that were made of it. */
  meantBy(object: HeldObject): HeldObject[] {
    const copies = this.house
      .rows<{ objectId: string }>('SELECT objectId FROM uid_map WHERE copyOf = ?', object.id)
      .flatMap(({ objectId }) => this.model.objects.get(objectId) ?? []);
    return [object, ...copies].filter(({ state }) => state !== 'rejected');
  }

  judged(object: HeldObject, isKeptBack: boolean, reason: string): void {
    object.arrivedWhenRejected = undefined;
    if (object.loose) return;
    if (isKeptBack) object.state = 'rejected';
    else if (object.state === 'rejected') takeOver(this, object, ['received', 'approved']);
    if (reason === '113680') this.untold.add(object.uid);
  }

  /** Rejected with a reason that no archive is told. */
  readonly untold = new Set<string>();
}
