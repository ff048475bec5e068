// One walk through the whole house: steps are carried out on a real station, the model is told what people decided, and at
// quiet points both are compared, with all that ever came to an archive. See model.ts for what is foretold.
import { findBreaches, inWords } from '../../faults/invariants.ts';
import { differencesOf, shown } from './compare-books.ts';
import { ArrivedSoFar, compareCounts, compareWithBook } from './checks.ts';
import type { House } from './house.ts';
import { Refused } from './station-host.ts';
import { Model, textOf, type HeldExam, type HeldObject, type State } from './model.ts';
import { identityKeywords, patientIdOf, people, type Identity, type Person, type Picture } from './people.ts';
import type { Done } from './steps.ts';

type OrderOfRis = {
  readonly who: Person;
  readonly accession: string;
  readonly study: string;
  readonly control: 'NW' | 'XO' | 'CA';
  readonly isCancelled: boolean;
};

type Moved = {
  readonly objectId: string;
  readonly copyOf: string | null;
  readonly formerExamId: string;
  readonly formerObject: string;
  readonly examId: string;
  readonly study: string;
  readonly object: string;
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const settleWithinMs = 15_000;
const patient = ['PatientID', 'PatientName', 'PatientBirthDate'] as const;
const patientOf = ({ PatientID, PatientName, PatientBirthDate }: Identity) => ({
  ...{ PatientID, PatientName, PatientBirthDate },
});

type Against = {
  readonly code: string;
  readonly params: Readonly<Record<string, string>>;
  readonly objectId: string | null;
};
type ExamRead = {
  readonly corrected: Partial<Identity>;
  readonly receivedValues: Partial<Record<string, readonly string[]>>;
  readonly counts: { readonly objects: number };
};

export class Walk {
  readonly house: House;
  readonly model = new Model();
  readonly orders: OrderOfRis[] = [];
  /** Words of people who are somebody else by now. */
  readonly merged = new Map<string, Person>();
  readonly paused: Record<string, boolean> = {};
  readonly breaches: string[] = [];
  killAfterMs: number | undefined;
  readonly #arrived = new ArrivedSoFar();
  #number = 0;
  #minutes = 0;
  #adoptsStudy = false;
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
    return this.#arrived.seen;
  }

  /** Numbers that are used once. */
  nextNumber(): number {
    return ++this.#number;
  }

  /** The hospital's clock goes on by a minute with each word. */
  hospitalTime(): string {
    return new Date(Date.UTC(2026, 10, 23, 8, this.#minutes++)).toISOString().replace(/\D/g, '').slice(0, 14);
  }

  async open(): Promise<void> {
    const [archive, cache] = this.house.archives;
    const at = { host: '127.0.0.1' };
    await this.house.start({
      station: {
        ...{ dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim' },
        retention: { keepDays: 1, rejectedDays: null },
        notes: 'key-object',
      },
      devices: [{ id: 'device', name: 'Device', aeTitle: 'DEVICE' }],
      destinations: [
        {
          ...at,
          id: 'archive',
          name: 'Archive',
          kind: 'archive',
          aeTitle: archive.aeTitle,
          port: archive.port,
          confirm: 'commitment',
        },
        { ...at, id: 'cache', name: 'Cache', kind: 'cache', aeTitle: cache.aeTitle, port: cache.port, required: false },
      ],
      hl7: { listen: { enabled: true, host: '127.0.0.1', port: 0 }, feeds: [{ id: 'ris', name: 'RIS' }] },
    });
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

  async giveOrder(exam: HeldExam, number: number): Promise<void> {
    const order = this.orders[number];
    const [row] = this.house.rows<{ id: string }>(
      'SELECT id FROM hospital_order WHERE AccessionNumber = ? ORDER BY rowid DESC LIMIT 1',
      order?.accession ?? '',
    );
    if (!order || !row) return this.say(`order ${number} is not in the book`);
    await this.tell('exams.applyOrder', { id: exam.id, orderId: row.id });
    const { accession, study, isCancelled } = order;
    // Orders of somebody who was merged are those of who stays.
    const who = this.merged.get(order.who.word) ?? order.who;
    const values = {
      ...{ PatientID: patientIdOf(who), PatientName: `${who.word}^Ada`, PatientBirthDate: who.birth },
      AccessionNumber: accession,
    };
    exam.layers = exam.layers.filter(({ by }) => by !== 'order');
    this.model.speak(exam, { values, by: 'order' });
    exam.order = { number, study: this.#adoptsStudy ? study : undefined };
    exam.stale = isCancelled ? 'order-cancelled' : undefined;
  }

  // --- Rearranging -------------------------------------------------------------------------------------------------

  async rearrange(
    wish: { readonly kind: string; readonly toExamId?: string } & Record<string, unknown>,
  ): Promise<void> {
    const before = this.#latestRearrangement();
    const said = new Map([...this.model.exams.values()].map((exam) => [exam.id, this.#outgoing(exam)]));
    const ones = new Map([...this.model.exams.values()].map((exam) => [exam.id, this.#patients(exam.id) <= 1]));
    let otherPatient = false;
    try {
      await this.tell('rearranging.apply', { wish });
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'other-patient') throw error;
      otherPatient = true;
      await this.tell('rearranging.apply', { wish, otherPatient });
    }
    const id = this.#latestRearrangement();
    if (id === undefined || id === before) return this.say(`${wish.kind} was done and is not in the book`);
    const moved = this.#adoptMoves(id);
    const [first] = moved;
    if (!first) return;
    if (wish.kind === 'split' || wish.kind === 'split-by-patient') {
      const from = this.model.exams.get(first.formerExamId);
      for (const examId of new Set(moved.map((row) => row.examId))) {
        const exam = this.model.exam(examId);
        if (from && ones.get(from.id) === true) {
          exam.layers.push({ values: this.model.said(from), by: `rearrangement ${id}` });
          this.model.lookAt(exam);
        }
      }
      return;
    }
    const target = this.model.exam(first.examId);
    if (otherPatient) {
      const values = said.get(target.id);
      if (values) this.model.speak(target, { values: patientOf(values), by: `rearrangement ${id}` });
    }
  }

  /** Who an exam would leave as, by its first image that is not rejected. */
  #outgoing(exam: HeldExam): Identity | undefined {
    const all = this.model.objectsOf(exam.id);
    const first = all.find(({ state }) => state !== 'rejected') ?? all[0];
    return first && this.model.identityOf(first);
  }

  #patients(examId: string): number {
    const living = this.model.objectsOf(examId).filter(({ state }) => state !== 'rejected');
    return new Set(living.map(({ picture }) => textOf(picture.received))).size;
  }

  #latestRearrangement(): string | undefined {
    const [row] = this.house.rows<{ id: string }>(
      "SELECT id FROM rearrangement WHERE kind <> 'late' ORDER BY rowid DESC LIMIT 1",
    );
    return row?.id;
  }

  #moves(id: string): Moved[] {
    return this.house.rows<Moved>('SELECT * FROM uid_map WHERE rearrangementId = ? ORDER BY place', id);
  }

  #adoptMoves(id: string): Moved[] {
    const moved = this.#moves(id);
    for (const { objectId, copyOf, examId, study, object: uid } of moved) {
      this.model.exam(examId, study);
      const original = this.model.objects.get(copyOf ?? objectId);
      if (!original) continue;
      if (copyOf === null) Object.assign(original, { examId, uid });
      else
        this.model.objects.set(objectId, {
          ...{ ...original, id: objectId, uid, examId, state: 'received', loose: false },
          ...{ arrivedWhenRejected: undefined, purged: false },
        });
    }
    return moved;
  }

  goBack(id: string): void {
    for (const { objectId, copyOf, formerExamId, formerObject: uid } of this.#moves(id)) {
      if (copyOf === null) {
        const object = this.model.objects.get(objectId);
        if (object) Object.assign(object, { examId: formerExamId, uid });
        continue;
      }
      this.model.objects.delete(objectId);
      const original = this.model.objects.get(copyOf);
      if (original?.state === 'rejected') this.#takeOver(original, ['approved', 'rejected']);
    }
    for (const exam of this.model.exams.values())
      exam.layers = exam.layers.filter(({ by }) => by !== `rearrangement ${id}`);
  }

  /** What the station says of one object, which must be one of these. */
  #takeOver(object: HeldObject, allowed: readonly State[]): void {
    const [row] = this.house.rows<{ state: State }>('SELECT state FROM object WHERE id = ?', object.id);
    if (row && allowed.includes(row.state)) object.state = row.state;
    else this.say(`object ${object.id} is ${row?.state ?? 'gone'}, and may be ${allowed.join(' or ')}`);
    object.arrivedWhenRejected = undefined;
  }

  judged(object: HeldObject, isKeptBack: boolean, reason: string): void {
    object.arrivedWhenRejected = undefined;
    if (object.loose) return;
    if (isKeptBack) object.state = 'rejected';
    else if (object.state === 'rejected') this.#takeOver(object, ['received', 'approved']);
    if (reason === '113680') this.untold.add(object.uid);
  }

  /** Rejected with a reason that no archive is told. */
  readonly untold = new Set<string>();

  /** The hospital said something: what was approved and never left waits again. */
  acceptReopening(exam: HeldExam): void {
    for (const object of this.model.objectsOf(exam.id)) {
      if (object.state !== 'approved') continue;
      const [row] = this.house.rows<{ state: State }>('SELECT state FROM object WHERE id = ?', object.id);
      if (row?.state !== 'received') continue;
      if (this.house.archives.some(({ heardOf }) => heardOf.has(object.uid)))
        this.say(`object ${object.id} left and is open again`);
      object.state = 'received';
    }
  }

  // --- Approval ----------------------------------------------------------------------------------------------------

  /** Does what the cards of an exam ask for, as a person would. */
  async answerCards(exam: HeldExam, choice: number): Promise<void> {
    for (let round = 0; round < 5; round++) {
      const { against } = await this.house.ask<{ against: Against[] }>('exams.forecast', { id: exam.id });
      const card = against.find(({ code }) => code !== 'nothing-to-approve' && code !== 'no-destination');
      if (!card || !(await this.#answer(exam, card, choice))) return;
    }
  }

  async #answer(exam: HeldExam, { code, params, objectId }: Against, choice: number): Promise<boolean> {
    const id = exam.id;
    switch (code) {
      case 'held':
        await this.house.ask('exams.hold', { id, held: false });
        return true;
      case 'late-undecided':
        await this.house.ask('exams.repeatDecision', { id });
        this.model.lookAt(exam);
        return true;
      case 'two-patients':
        if (choice % 2 === 0) {
          await this.rearrange({ kind: 'split-by-patient', examId: id });
          return true;
        }
        return this.#makeOne(exam);
      case 'late-other-patient':
        return this.#makeOne(exam);
      case 'former-patient-value': {
        const keyword = params['keyword'] ?? '';
        await this.tell('exams.correct', { id, attributes: { [keyword]: '' }, reason: 'CORRECT' });
        const isOurs = (identityKeywords as readonly string[]).includes(keyword);
        if (isOurs) this.model.speak(exam, { values: { [keyword]: '' }, by: 'typed' });
        return true;
      }
      case 'order-changed':
      case 'order-cancelled':
        if (choice % 2 === 0 && exam.order && this.orders[exam.order.number]?.isCancelled === false)
          await this.giveOrder(exam, exam.order.number);
        else await this.tell('exams.keepOrder', { id });
        exam.stale = undefined;
        return true;
      case 'patient-merged': {
        await this.tell('exams.applyPatient', { id });
        const who = people.find((one) => patientIdOf(one) === params['PatientID']);
        if (!who) return false;
        const values = { PatientID: patientIdOf(who), PatientName: `${who.word}^Ada`, PatientBirthDate: who.birth };
        this.model.speak(exam, { values, by: 'typed' });
        return true;
      }
      default:
        return code.startsWith('same-uid') && objectId !== null
          ? (await this.decideConflict(exam, choice)) === 'done'
          : false;
    }
  }

  /** A person's word that all of it is one patient: the first. */
  async #makeOne(exam: HeldExam): Promise<boolean> {
    const one = this.#outgoing(exam);
    const who = people.find((each) => one && patientIdOf(each) === one.PatientID);
    if (!one || !who) return false;
    const attributes = { ...patientOf(one), PatientSex: who.sex };
    await this.tell('exams.correct', { id: exam.id, attributes, reason: 'CORRECT' });
    this.model.speak(exam, { values: patientOf(one), by: 'typed' });
    return true;
  }

  /** Looks at the banner, and approves whom it shows. */
  async approve(exam: HeldExam, presentation: 'state' | 'baked'): Promise<Done> {
    const id = exam.id;
    const { corrected, receivedValues, counts } = await this.house.ask<ExamRead>('exams.read', { id });
    const seenIdentity = Object.fromEntries(
      patient.flatMap((keyword) => {
        const [only, ...others] =
          corrected[keyword] === undefined ? (receivedValues[keyword] ?? []) : [corrected[keyword]];
        return only === undefined || others.length > 0 ? [] : [[keyword, only]];
      }),
    );
    for (const object of this.model.objectsOf(id)) if (object.loose) this.#takeOver(object, anyState);
    const leaving = this.model.objectsOf(id).filter(({ state }) => state === 'received');
    const command = { id, seenObjects: counts.objects, seenIdentity, presentation };
    try {
      await this.tell('exams.approve', command);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== 'second-identifier-missing') throw error;
      const [first] = leaving;
      const text = first ? this.model.identityOf(first).PatientID : '';
      await this.house.ask('exams.checkIdentity', { id, text, how: 'typed' });
      await this.tell('exams.approve', command);
    }
    if (leaving.length === 0) {
      // Copies of what was made may leave alone.
      this.#noteApproval(exam, leaving);
      return 'nothing';
    }
    this.#judgeApproval(exam, leaving, seenIdentity);
    this.#noteApproval(exam, leaving);
    return 'done';
  }

  /** An approval that should not have been. */
  #judgeApproval(
    exam: HeldExam,
    leaving: readonly HeldObject[],
    seen: Readonly<Record<string, string | undefined>>,
  ): void {
    const all = leaving.map((object) => this.model.identityOf(object));
    const patients = new Set(all.map(({ PatientID }) => PatientID));
    if (patients.size > 1) this.say(`I2 one approval let images of ${[...patients].join(' and ')} go`);
    if (exam.stale !== undefined) this.say(`I2 approved, and nobody had looked at ${exam.stale}`);
    for (const [n, identity] of all.entries()) {
      const received = leaving[n]?.picture.received ?? identity;
      for (const keyword of patient)
        if (seen[keyword] !== undefined && seen[keyword] !== identity[keyword])
          this.say(`I2 the banner showed ${keyword} ${seen[keyword]}, and ${identity[keyword]} was decided`);
      if (textOf(received) !== textOf(identity) && !exam.spokenOf.has(textOf(received)))
        this.say(`I2 an image of ${received.PatientID} left as ${identity.PatientID}, and nobody had said so`);
      const [word] = identity.PatientName.split('^');
      if (word !== undefined && this.merged.has(word)) this.say(`I2 ${word} is somebody else by now, and was approved`);
    }
  }

  #noteApproval(exam: HeldExam, leaving: readonly HeldObject[]): void {
    const studies = [exam.study, exam.order?.study ?? exam.study];
    for (const object of leaving) {
      const isHidden = object.redactions.length > 0 || object.isCropped;
      this.#takeOver(object, isHidden ? ['rejected'] : object.isDrawnOn ? ['approved', 'rejected'] : ['approved']);
      const identity = this.model.identityOf(object);
      exam.left.push(identity);
      if (object.state !== 'approved') continue;
      const { pixelSha256 } = object.picture;
      this.model.expect(object.uid, { identity, studies, pixelSha256 });
    }
    // Notes, states and pictures that were made earlier and stand in the exam as copies now.
    const others = this.house.rows<{ id: string; SOPInstanceUID: string }>(
      `SELECT id, SOPInstanceUID FROM object WHERE examId = ? AND state = 'approved'
       AND id NOT IN (SELECT objectId FROM made_object) AND id NOT IN (SELECT objectId FROM note_object WHERE objectId IS NOT NULL)`,
      exam.id,
    );
    const [first] = leaving;
    for (const { id, SOPInstanceUID } of others) {
      if (this.model.objects.has(id) || this.model.expected.has(SOPInstanceUID)) continue;
      const accessions = exam.left.map(({ AccessionNumber }) => AccessionNumber);
      const identity = first ? this.model.identityOf(first) : { ...emptyIdentity, ...this.model.said(exam) };
      this.model.expect(SOPInstanceUID, { identity, studies, accessions });
    }
    const made = this.house.rows<{ SOPInstanceUID: string; kind: string; sources: string }>(
      `SELECT object.SOPInstanceUID, made_object.kind, sources FROM made_object JOIN object ON object.id = objectId
       WHERE made_object.examId = ? AND object.state = 'approved'`,
      exam.id,
    );
    for (const { SOPInstanceUID, kind, sources } of made) {
      const [meant = ''] = JSON.parse(sources) as string[];
      const source = leaving.find(({ id }) => id === meant);
      if (!source) continue;
      const identity = this.model.identityOf(source);
      const black = kind === 'baked' && !source.isCropped ? source.redactions : [];
      this.model.expect(SOPInstanceUID, { identity, studies, black });
    }
  }

  async correctReleased(exam: HeldExam, attributes: Partial<Identity>, to?: HeldExam): Promise<Done> {
    const before = this.#latestRearrangement();
    const said = new Map([...this.model.exams.values()].map((each) => [each.id, this.#outgoing(each)]));
    const input = { id: exam.id, attributes, reason: 'CORRECT', ...(to ? { toExamId: to.id } : {}) };
    const { kind } = await this.tell<{ kind: string }>('afterRelease.correct', input);
    const id = this.#latestRearrangement();
    if (id === undefined || id === before) {
      // Nothing had left: the images themselves wait again.
      if (kind === 'copied') this.say('copies were made and are not in the book');
      this.acceptReopening(exam);
      for (const object of this.model.objectsOf(exam.id)) if (object.isDrawnOn) this.#takeOver(object, anyState);
      this.model.speak(exam, { values: attributes, by: 'typed' });
      return 'done';
    }
    const were = new Map(
      this.#moves(id).map(({ objectId, copyOf }) => {
        const original = this.model.objects.get(copyOf ?? '');
        return [objectId, original && this.model.identityOf(original)] as const;
      }),
    );
    const moved = this.#adoptMoves(id);
    for (const { copyOf } of moved) {
      const original = this.model.objects.get(copyOf ?? '');
      if (original) Object.assign(original, { state: 'rejected', arrivedWhenRejected: undefined });
    }
    const [first] = moved;
    const target = first && this.model.exams.get(first.examId);
    if (!target) return 'done';
    const values = to ? patientOf(said.get(to.id) ?? emptyIdentity) : { ...were.get(first.objectId), ...attributes };
    this.model.speak(target, { values, by: `rearrangement ${id}` });
    return 'done';
  }

  async decideConflict(exam: HeldExam, choice: number): Promise<Done> {
    type Shown = {
      second: { objectId: string };
      first: { objectId: string } | null;
      choices: string[];
      decided: object | null;
    };
    const shown = await this.house.ask<Shown[]>('exams.conflicts', { id: exam.id });
    const open = shown.find(({ choices }) => choices.length > 0);
    if (!open) return 'nothing';
    const chosen = open.choices[choice % open.choices.length] ?? 'keep-first';
    await this.tell('conflicts.decide', { id: open.second.objectId, choice: chosen });
    for (const objectId of [open.second.objectId, open.first?.objectId ?? '']) {
      const object = this.model.objects.get(objectId);
      if (object) object.loose = true;
    }
    // Who is in conflict is somebody of whom a person speaks now.
    const object = this.model.objects.get(open.second.objectId);
    if (object && chosen !== 'keep-first') exam.spokenOf.add(textOf(object.picture.received));
    return 'done';
  }

  // --- The world around --------------------------------------------------------------------------------------------

  async changeSettings(which: number, value: number): Promise<void> {
    type Settings = {
      orders: Record<string, unknown>;
      presentation: Record<string, unknown>;
      station: Record<string, unknown>;
      destinations: Record<string, unknown>[];
    };
    const { settings } = await this.house.ask<{ settings: Settings }>('setup.read');
    const isEven = value % 2 === 0;
    switch (which % 4) {
      case 0:
        settings.orders['studyUid'] = isEven ? 'of-order' : 'keep';
        break;
      case 1:
        settings.presentation['leaves'] = isEven ? 'baked' : 'state';
        break;
      case 2:
        settings.station['notes'] = ['kept', 'key-object', 'document'][value % 3];
        break;
      default:
        for (const destination of settings.destinations)
          if (destination['id'] === 'cache') destination['required'] = isEven;
    }
    await this.house.ask('setup.save', settings);
    this.#adoptsStudy = settings.orders['studyUid'] === 'of-order';
  }

  /** Waits until nothing moves that can, and looks at everything. */
  async quiet(): Promise<void> {
    await this.#settle();
    this.house.look(() => undefined);
    const say = (words: string) => this.say(words);
    compareWithBook(this.house, this.model, say);
    compareCounts(this.house, say);
    await this.#arrived.look(this.house, this.model, say);
    this.#checkRejected();
    for (const line of this.house.takeErrors()) this.say(`the log says: ${line.slice(0, 400)}`);
  }

  async #settle(): Promise<void> {
    const until = performance.now() + settleWithinMs;
    for (;;) {
      const reachable = this.house.archives.filter(({ id, isOn }) => isOn && this.paused[id] !== true);
      const open = this.house.rows<{ destinationId: string; state: string; answer: string | null }>(
        `SELECT destinationId, state, answer FROM delivery
         WHERE state NOT IN ('committed', 'cancelled', 'held', 'blocked')`,
      );
      const waiting = open.filter(({ destinationId }) => reachable.some(({ id }) => id === destinationId));
      const notes = this.house.rows(
        `SELECT id FROM note_object WHERE objectId IS NULL UNION ALL SELECT id FROM rejection_note WHERE objectId IS NULL`,
      );
      // A note may wait for what is under way to an archive that does not answer.
      if (waiting.length === 0 && (notes.length === 0 || reachable.length < this.house.archives.length)) return;
      if (performance.now() > until) {
        const words = JSON.stringify(waiting.slice(0, 3));
        return this.say(`I3 ${waiting.length} deliveries and ${notes.length} notes do not move: ${words}`);
      }
      await pause(15);
    }
  }

  /** What is rejected does not leave again. */
  #checkRejected(): void {
    const arrivals = this.house.archives.flatMap(({ arrived }) => arrived);
    for (const object of this.model.objects.values()) {
      if (object.state !== 'rejected' || object.loose || this.model.isShared(object.uid)) continue;
      const now = arrivals.filter(({ SOPInstanceUID }) => SOPInstanceUID === object.uid).length;
      object.arrivedWhenRejected ??= now;
      if (now > object.arrivedWhenRejected) this.say(`I2 ${object.uid} was rejected and left once more`);
    }
  }

  /** The book is lost; what comes back must be what was there. The station runs again afterwards. */
  async rebuild(): Promise<void> {
    await this.#settle();
    if (this.house.keepsSnapshots()) await this.house.awaitSnapshot();
    await this.#settle();
    await this.house.end();
    const before = shown(this.house.home);
    const { journalWhole, missing, held } = await this.house.rebuild();
    if (!journalWhole || missing > 0 || held > 0)
      this.say(`the rebuild says: ${JSON.stringify({ journalWhole, missing, held })}`);
    const after = shown(this.house.home);
    for (const [name, rows] of Object.entries(before)) {
      // A question that is asked once more is no loss.
      const differs = differencesOf(rows, after[name as keyof typeof after]).filter(
        (words) => !/"late-[a-z-]+"\} is new$/.test(words),
      );
      if (differs.length > 0) this.say(`after the rebuild ${name} differ: ${differs.slice(0, 3).join('; ')}`);
    }
    await this.house.start();
  }

  /** Everything comes up again and must come to rest, and to be right. */
  async finish(): Promise<void> {
    this.at('at the end');
    this.killAfterMs = undefined;
    for (const archive of this.house.archives) {
      archive.refuses = 0;
      await archive.on();
      await this.house.ask('outbox.pause', { id: archive.id, paused: false });
      this.paused[archive.id] = false;
    }
    for (const { id } of this.model.livingExams())
      await this.house.ask('outbox.change', { examId: id, action: 'release' }).catch(() => undefined);
    await this.quiet();
    this.#checkTold();
    await this.house.end();
    // By content: of two under one UID, the second may have been given another.
    const filed = new Map(
      this.house
        .rows<{ sha256: string; uid: string }>('SELECT dataSetSha256 AS sha256, SOPInstanceUID AS uid FROM object')
        .map(({ sha256, uid }) => [sha256, uid]),
    );
    const acknowledged = this.model.acknowledged.map(({ SOPInstanceUID, sha256 }) => ({
      ...{ SOPInstanceUID: filed.get(sha256) ?? SOPInstanceUID, sha256 },
    }));
    const archives = this.house.archives.map(({ id, arrived }) => ({ name: id, received: arrived, complete: false }));
    const evidence = { home: this.house.home, acknowledged, archives, ended: 'orderly' } as const;
    for (const words of inWords(await findBreaches(evidence))) this.say(words);
    await this.house.start();
    await this.quiet();
    await this.rebuild();
    await this.quiet();
  }

  /** Who has a rejected image was told of it. */
  #checkTold(): void {
    for (const archive of this.house.archives) {
      const told = new Set(this.#arrived.notesAt(this.house, archive.id).flatMap(({ references }) => references));
      for (const object of this.model.objects.values()) {
        const isRejected = object.state === 'rejected' && !object.loose && !this.model.isShared(object.uid);
        if (!isRejected || this.untold.has(object.uid) || !archive.has(object.uid)) continue;
        if (!told.has(object.uid))
          this.say(`I2 ${archive.id} holds ${object.uid}, which is rejected, and was not told`);
      }
    }
  }
}

const anyState: readonly State[] = ['received', 'approved', 'rejected', 'conflict'];
const emptyIdentity: Identity = { PatientID: '', PatientName: '', PatientBirthDate: '', AccessionNumber: '' };
