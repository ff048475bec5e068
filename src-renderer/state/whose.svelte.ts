// Whose exam it is: orders that may be the exam's, the second identifier, the draft kept at the station, and who else
// looks at the exam.
//
// All of it belongs to the exam in Review; an answer about another one is dropped. What is typed is at the station within
// half a second, under the id of this window.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { Candidate, Candidates, ExamDraft, TypedHint, TypedPatient, Visitor } from '#contract/shapes/matching.ts';
import type { CorrectableKeyword } from '#contract/shapes/correctable.ts';
import { outgoing, splitName, type Draft } from './form.ts';
import type { Review } from './review.svelte.ts';
import { readCode } from './read-code.ts';

/** Of the form: who it is. */
const patientFields = ['family', 'given', 'more', 'writings', 'PatientID', 'PatientBirthDate'] as const;
const windowKey = 'safelight-window';
const saveAfterMs = 400;
const visitEveryMs = 5_000;
/** How long somebody counts as typing after the last key. */
const typingMs = 8000;

/** The patient of a column, as the form takes it. */
export const patientKeywords = [
  'PatientName',
  'PatientID',
  'IssuerOfPatientID',
  'PatientBirthDate',
  'PatientSex',
] as const satisfies readonly CorrectableKeyword[];
export type PatientKeyword = (typeof patientKeywords)[number];
export type PatientValues = Readonly<Partial<Record<PatientKeyword, string>>>;

export type ColumnId = 'device' | 'order' | 'hospital';
/** What one of them says of the patient. */
export type PatientColumn = { readonly id: ColumnId; readonly values: PatientValues };

export type CheckEnd = 'passed' | 'missing' | 'differs' | 'unknown';

export class Whose {
  known = $state.raw<Candidates | undefined>();
  visitors = $state.raw<readonly Visitor[]>([]);
  /** The draft that came back, until something is typed or it is dropped. */
  restored = $state.raw<ExamDraft | undefined>();
  /** Place among the candidates. */
  at = $state(0);
  /** What stands in the field of the second identifier. */
  identifier = $state('');
  /** What came of the last check of this patient. */
  outcome = $state<CheckEnd | undefined>();
  /** What is known of the patient ID that was typed: somebody else's, or nearly the right one. */
  hints = $state.raw<readonly TypedHint[]>([]);
  /** A code that was scanned before anybody was chosen. */
  scanned = $state<string | undefined>();
  trouble = $state.raw<Trouble | undefined>();
  busy = $state(false);
  /** A column's patient was taken by one key, and not typed. */
  #taken = $state(false);

  readonly #connection: Connection;
  readonly #review: Review;
  readonly #window = ownWindow();
  #question = 0;
  #reading: Promise<void> = Promise.resolve();
  #examId: string | undefined;
  #saving: ReturnType<typeof setTimeout> | undefined;
  #visiting: ReturnType<typeof setInterval> | undefined;
  #typedAt = -Infinity;
  /** The patient about whom `hints` are, or are asked. */
  #judged = '';
  #passedFor = '';

  constructor(connection: Connection, review: Review) {
    this.#connection = connection;
    this.#review = review;
    review.hearTyping((examId, draft) => this.#keep(examId, draft));
    connection.hear((change) => {
      const touched = change.kind === 'exams' && change.exams.some((exam) => exam.id === this.#examId);
      if (this.#examId !== undefined && (touched || change.kind === 'hello')) {
        void this.#read();
        void this.#visit();
        if (change.kind === 'hello' && this.#examId !== undefined) void this.#restore(this.#examId);
      }
    });
  }

  readonly candidate: Candidate | undefined = $derived(this.known?.candidates[this.at]);
  /** What device, order and hospital say; an order of another patient is not among them unless it was given. */
  readonly columns: readonly PatientColumn[] = $derived.by(() => {
    const { exam } = this.#review;
    if (exam === undefined) return [];
    const pick = (from: Readonly<Partial<Record<string, unknown>>>): PatientValues =>
      Object.fromEntries(patientKeywords.map((keyword) => [keyword, String(from[keyword] ?? '')]));
    const order = this.candidate;
    const isMeant = order !== undefined && (order.match.level !== 'against' || exam.appliedOrder !== undefined);
    const [patient] = this.known?.patients ?? [];
    return [
      { id: 'device', values: pick(exam.received) },
      ...(isMeant ? [{ id: 'order' as const, values: pick(order.order.content) }] : []),
      ...(patient === undefined ? [] : [{ id: 'hospital' as const, values: pick(patient.attributes) }]),
    ];
  });
  /** An approval would be refused without a second identifier. */
  readonly wanted: boolean = $derived(
    this.known !== undefined &&
      (this.known.guard.wanted ||
        ((this.#taken || this.hints.length > 0 || this.#isAlwaysAsked) &&
          this.known.guard.setting !== 'off' &&
          this.outcome !== 'passed')),
  );
  /** The site wants one for every patient who is typed. */
  get #isAlwaysAsked(): boolean {
    const { draft } = this.#review;
    return this.known?.guard.setting === 'always' && patientFields.some((field) => draft[field] !== undefined);
  }

  /** The exam came on screen. */
  open(examId: string): void {
    if (this.#examId === examId) return;
    this.leave();
    this.#examId = examId;
    this.known = undefined;
    this.at = 0;
    this.identifier = '';
    this.outcome = undefined;
    this.scanned = undefined;
    this.hints = [];
    this.#judged = '';
    this.trouble = undefined;
    this.#taken = false;
    this.#visiting = setInterval(() => void this.#visit(), visitEveryMs);
    void this.#read();
    void this.#visit();
    void this.#restore(examId);
  }

  /** Review is no longer on screen. */
  leave(): void {
    clearInterval(this.#visiting);
    const id = this.#examId;
    this.#examId = undefined;
    this.visitors = [];
    this.restored = undefined;
    if (id !== undefined) void this.#ask((exams) => exams.visit({ id, window: this.#window, leaves: true }));
  }

  /** What was typed is saved: nothing of it is to come back. */
  settled(): void {
    clearTimeout(this.#saving);
    this.restored = undefined;
    this.hints = [];
    this.#taken = false;
  }

  /** Another candidate, without giving it. */
  move(by: number): void {
    const count = this.known?.candidates.length ?? 0;
    if (count > 0) this.at = (this.at + by + count) % count;
    // The code was of the patient who stood there.
    this.scanned = undefined;
  }

  /** Gives the order on screen. Undefined when it went wrong; then `trouble` says how. */
  async give(orderId: string): Promise<true | undefined> {
    const { exam } = this.#review;
    if (exam === undefined || this.busy) return undefined;
    const given = await this.#do((exams) =>
      exams.applyOrder({ id: exam.id, orderId, seenObjects: exam.counts.objects, commandId: crypto.randomUUID() }),
    );
    if (given === undefined || this.#examId !== exam.id) return undefined;
    this.#review.know(given);
    this.outcome = undefined;
    this.at = 0;
    await this.#read();
    const code = this.scanned;
    this.scanned = undefined;
    if (code !== undefined) await this.check(code, 'scanned');
    return true;
  }

  async takeBack(): Promise<void> {
    const { exam } = this.#review;
    if (exam?.appliedOrder === undefined || this.busy) return;
    const taken = await this.#do((exams) =>
      exams.removeOrder({ id: exam.id, seenObjects: exam.counts.objects, commandId: crypto.randomUUID() }),
    );
    if (taken !== undefined) this.#review.know(taken);
    this.outcome = undefined;
    await this.#read();
  }

  /** Takes a patient, or one value of one, into the form. */
  take(values: PatientValues): void {
    const draft: Record<string, string> = {};
    for (const [keyword, value] of Object.entries(values)) {
      if (keyword === 'PatientName') Object.assign(draft, splitName(value));
      else draft[keyword] = value;
    }
    this.#review.type(draft);
    this.#taken = true;
    this.outcome = undefined;
  }

  /** Compares an identifier with the patient who would go out. */
  async check(text: string, how: 'typed' | 'scanned'): Promise<CheckEnd> {
    const { exam } = this.#review;
    const patient = this.#patientOut();
    if (exam === undefined || patient === undefined || text.trim() === '') return 'missing';
    const checked = await this.#do((exams) => exams.checkIdentity({ id: exam.id, text: text.trim(), how, patient }));
    if (checked === undefined || this.#examId !== exam.id) return 'missing';
    const end = checked.outcome === 'matches' ? 'passed' : checked.outcome;
    this.outcome = end;
    if (end === 'passed') {
      this.identifier = '';
      this.#passedFor = JSON.stringify(patient);
    }
    await this.#read();
    return end;
  }

  /** Before an approval: what stands in the field is checked, if it is wanted. */
  async pass(): Promise<CheckEnd> {
    if (!this.wanted) return 'passed';
    return this.identifier.trim() === '' ? 'missing' : this.check(this.identifier, 'typed');
  }

  /** A code was scanned: it is the second identifier, or it finds the order of that patient. */
  async scan(code: string): Promise<'checked' | 'found' | 'none'> {
    if (this.wanted || this.#review.exam?.appliedOrder !== undefined) {
      await this.check(code, 'scanned');
      return 'checked';
    }
    const id = readCode(code, this.known?.guard.scanPattern ?? '');
    const strip = (text: string) =>
      text
        .toUpperCase()
        .replace(/[\s-]+/g, '')
        .replace(/^0+(?=.)/, '');
    const place = this.known?.candidates.findIndex(({ order }) => strip(order.content.PatientID) === strip(id)) ?? -1;
    if (place < 0) return 'none';
    this.at = place;
    this.scanned = code;
    return 'found';
  }

  /** What came back is not wanted. */
  drop(): void {
    this.restored = undefined;
    this.#review.untype(Object.keys(this.#review.draft) as (keyof Draft)[]);
  }

  #keep(examId: string, draft: Draft): void {
    if (examId !== this.#examId) return;
    const wasTyping = performance.now() - this.#typedAt < typingMs;
    this.#typedAt = performance.now();
    if (!wasTyping) void this.#visit();
    clearTimeout(this.#saving);
    const fields = Object.fromEntries(Object.entries(draft).filter(([, value]) => value !== undefined));
    this.#saving = setTimeout(() => {
      void this.#ask((exams) => exams.saveDraft({ id: examId, window: this.#window, fields }));
      void this.#judge(examId);
    }, saveAfterMs);
  }

  /** Asks whose the typed identifier is; an answer about what stood there before is dropped. */
  async #judge(examId: string): Promise<void> {
    const patient = this.#patientOut();
    const { draft } = this.#review;
    const isTyped = patientFields.some((field) => draft[field] !== undefined);
    const asked = isTyped && patient !== undefined ? JSON.stringify(patient) : '';
    if (asked === this.#judged) return;
    this.#judged = asked;
    this.hints = [];
    if (asked === '' || patient === undefined) return;
    const found = await this.#ask((exams) => exams.judgeTyped({ id: examId, ...patient }));
    if (found === undefined || this.#examId !== examId || this.#judged !== asked) return;
    this.hints = found.hints;
    // What was checked before was another patient.
    if (this.#passedFor !== asked) this.outcome = undefined;
  }

  /** Who would go out now, with what is typed. */
  #patientOut(): TypedPatient | undefined {
    const { exam, draft, examId } = this.#review;
    if (exam === undefined || exam.id !== examId) return undefined;
    const out = (keyword: CorrectableKeyword) => (outgoing(exam, draft, keyword) ?? '').trim();
    return {
      PatientID: out('PatientID'),
      PatientName: out('PatientName'),
      PatientBirthDate: out('PatientBirthDate'),
    };
  }

  /** What this window or one that is gone had typed comes back, unless something is typed here already. */
  async #restore(examId: string): Promise<void> {
    const found = await this.#ask((exams) => exams.readDraft({ id: examId, window: this.#window }));
    const draft = found?.draft;
    if (!draft || this.#examId !== examId || Object.keys(this.#review.draft).length > 0) return;
    this.#review.type(draft.fields as Draft);
    this.restored = draft;
  }

  async #visit(): Promise<void> {
    const id = this.#examId;
    if (id === undefined) return;
    const typing = performance.now() - this.#typedAt < typingMs;
    const visitors = await this.#ask((exams) => exams.visit({ id, window: this.#window, typing }));
    if (visitors === undefined || this.#examId !== id) return;
    const isAloneNow = this.visitors.length > 0 && visitors.length === 0;
    this.visitors = visitors;
    // Who was here is gone: what they had typed is to be seen by whoever is left.
    if (isAloneNow) void this.#restore(id);
  }

  /** Reads anew and resolves when the newest answer is there, whoever asked for it. */
  async #read(): Promise<void> {
    let awaited = (this.#reading = this.#readOnce());
    await awaited;
    while (awaited !== this.#reading) await (awaited = this.#reading);
  }

  async #readOnce(): Promise<void> {
    const id = this.#examId;
    if (id === undefined) return;
    const question = (this.#question += 1);
    const known = await this.#ask((exams) => exams.candidates({ id }));
    if (known === undefined || question !== this.#question || this.#examId !== id) return;
    const shown = this.candidate?.order.id;
    this.known = known;
    const place = known.candidates.findIndex(({ order }) => order.id === shown);
    this.at = this.#review.exam?.appliedOrder === undefined && place >= 0 ? place : 0;
  }

  /** A question that may go unanswered: what it is for is not needed to work. */
  async #ask<T>(ask: (exams: Connection['station']['exams']) => Promise<T>): Promise<T | undefined> {
    try {
      return await ask(this.#connection.station.exams);
    } catch {
      return undefined;
    }
  }

  /** A command: what goes wrong is said. */
  async #do<T>(command: (exams: Connection['station']['exams']) => Promise<T>): Promise<T | undefined> {
    this.trouble = undefined;
    this.busy = true;
    try {
      return await command(this.#connection.station.exams);
    } catch (thrown) {
      this.trouble = readTrouble(thrown);
      return undefined;
    } finally {
      this.busy = false;
    }
  }
}

function ownWindow(): string {
  const kept = sessionStorage.getItem(windowKey);
  if (kept !== null) return kept;
  const made = crypto.randomUUID();
  sessionStorage.setItem(windowKey, made);
  return made;
}
