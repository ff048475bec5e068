// The exam on screen: what the station knows of it, what has been typed, and which picture is shown.
//
// One exam at a time. Everything that is shown of it carries its id; an answer about another exam is dropped, so a
// picture or a name of one can never stand beside the other's. What was typed outlives a reload: it is kept in the
// session storage of this window, which ends with the window, and goes when the exam is approved.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { Conflict, ConflictChoice } from '#contract/shapes/conflict.ts';
import type { ObjectAttributes, ObjectCodes } from '#contract/shapes/applied-order.ts';
import type { ApprovalForecast, Exam, ObjectRow } from '#contract/shapes/exam.ts';
import type { CorrectionReason } from '#contract/shapes/identity.ts';
import type { Code } from '#contract/shapes/order.ts';
import type { PresentationWay } from '#contract/shapes/markup.ts';
import type { StandingProblem } from '#contract/shapes/problem.ts';
import {
  baseValue,
  changes,
  faults,
  fieldsFor,
  identityShown,
  isAnswered,
  reasonFor,
  type Draft,
  type FieldId,
} from './form.ts';

export type ApprovalEnd =
  | { readonly kind: 'approved'; readonly leaving: number; readonly to: readonly string[] }
  | { readonly kind: 'fault'; readonly field: FieldId }
  | { readonly kind: 'against'; readonly problem: StandingProblem }
  | { readonly kind: 'trouble'; readonly trouble: Trouble };

const draftKey = (examId: string) => `safelight-draft-${examId}`;

export class Review {
  examId = $state<string | undefined>();
  /** Undefined while it is asked for. Always the exam of `examId`. */
  exam = $state.raw<Exam | undefined>();
  forecast = $state.raw<ApprovalForecast | undefined>();
  /** Objects under one identifier; what is open comes first. */
  conflicts = $state.raw<readonly Conflict[]>([]);
  draft = $state.raw<Draft>({});
  /** How what was drawn leaves this time; as the site has it while nobody says. */
  presentation = $state<PresentationWay | undefined>();
  /** Chosen by the person; otherwise the rule decides. */
  chosenReason = $state<CorrectionReason | undefined>();
  objectId = $state<string | undefined>();
  frame = $state(0);
  /** The picture that has the keys is of another exam: nothing is decided by what it shows. */
  elsewhere = $state(false);
  /** Only the picture and its banner are on screen. */
  full = $state(false);
  trouble = $state.raw<Trouble | undefined>();
  busy = $state(false);

  /** Ids of problems about the patient that came while the exam was on screen: a person has to say a word to each. */
  surprises = $state.raw<ReadonlySet<string>>(new Set());

  readonly #connection: Connection;
  #question = 0;
  #typing: (examId: string, draft: Draft) => void = () => undefined;
  #codeOf: (description: string) => Code | null = () => null;
  #commandId = '';
  /** Problems about the patient that have been on screen. */
  #shown: ReadonlySet<string> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.hear((change) => {
      const touched = change.kind === 'exams' && change.exams.some((exam) => exam.id === this.examId);
      if (this.examId !== undefined && (touched || change.kind === 'hello')) void this.#read();
    });
  }

  /** Every image of the exam in the order of its series. */
  readonly objects: readonly ObjectRow[] = $derived(this.exam?.series.flatMap((series) => series.objects) ?? []);
  readonly object: ObjectRow | undefined = $derived(this.objects.find((object) => object.id === this.objectId));
  readonly reason: CorrectionReason = $derived(
    this.chosenReason ?? (this.exam === undefined ? 'COERCE' : reasonFor(this.exam, this.draft)),
  );
  readonly hasChanges: boolean = $derived(
    this.exam !== undefined && Object.keys(changes(this.exam, this.draft)).length > 0,
  );
  /** What stands against an approval, without what has been answered by typing. */
  readonly against: readonly StandingProblem[] = $derived.by(() => {
    const { exam } = this;
    if (exam === undefined) return [];
    const asked = exam.problems.filter((problem) => this.surprises.has(problem.id));
    const standing = (this.forecast?.against ?? []).filter((problem) => !this.surprises.has(problem.id));
    return [...asked, ...standing.filter((problem) => !isAnswered(exam, this.draft, problem))];
  });

  /** Puts an exam on screen. What was on screen before is gone at once. */
  open(examId: string): void {
    if (this.examId === examId) return;
    this.examId = examId;
    this.exam = undefined;
    this.forecast = undefined;
    this.conflicts = [];
    this.objectId = undefined;
    this.frame = 0;
    this.trouble = undefined;
    this.chosenReason = undefined;
    this.presentation = undefined;
    this.surprises = new Set();
    this.#shown = undefined;
    this.#commandId = crypto.randomUUID();
    this.draft = readDraft(examId);
    void this.#read();
  }

  /** What a command answered about the exam on screen; about another one it is dropped. */
  know(exam: Exam): void {
    if (this.examId === exam.id && exam.version >= (this.exam?.version ?? 0)) this.exam = exam;
  }

  /** Reads the exam on screen anew; what is done next is done to what it is now. */
  lookAgain(): Promise<void> {
    return this.#read();
  }

  /** Body part, side and view of images. True when they are recorded. */
  async say(
    objectIds: readonly string[],
    { attributes, codes }: { readonly attributes: ObjectAttributes; readonly codes: ObjectCodes },
  ): Promise<boolean> {
    const commandId = crypto.randomUUID();
    const { objects } = this.#connection.station;
    await this.#change(() =>
      objects.correct({ objectIds: [...objectIds], attributes, codes, reason: 'CORRECT', commandId }),
    );
    return this.trouble === undefined;
  }

  /** Beside the images or drawn into new ones: the other way than now, for this exam. */
  turnPresentation(): Promise<void> {
    const way = this.forecast?.made?.way;
    if (way === undefined) return Promise.resolve();
    this.presentation = way === 'state' ? 'baked' : 'state';
    return this.#read();
  }

  get #way() {
    return this.presentation === undefined ? {} : { presentation: this.presentation };
  }

  /** What was typed or chosen as the description of the exam, with the code that it has in the list of the station. */
  #procedureChosen(exam: Exam, draft: Draft) {
    const typed = draft.StudyDescription?.trim();
    if (typed === undefined || typed === '') return undefined;
    const code = this.#codeOf(typed);
    const stands = typed === baseValue(exam, 'StudyDescription') ? (exam.procedureCode ?? null) : null;
    if (JSON.stringify(code) === JSON.stringify(stands)) return undefined;
    return { attributes: { StudyDescription: typed }, code };
  }

  /** Where the codes of procedures are asked for. */
  askForCodes(codeOf: (description: string) => Code | null): void {
    this.#codeOf = codeOf;
  }

  /** Told of every change of what is typed. */
  hearTyping(listener: (examId: string, draft: Draft) => void): void {
    this.#typing = listener;
  }

  type(typed: Draft): void {
    if (this.examId === undefined) return;
    this.draft = { ...this.draft, ...typed };
    this.trouble = undefined;
    this.#keepDraft(this.examId);
  }

  #keepDraft(examId: string): void {
    sessionStorage.setItem(draftKey(examId), JSON.stringify(this.draft));
    this.#typing(examId, this.draft);
  }

  /** Takes back what was typed in some fields. */
  untype(fields: readonly FieldId[]): void {
    if (this.examId === undefined) return;
    const kept = Object.entries(this.draft).filter(([field]) => !fields.includes(field as FieldId));
    this.draft = Object.fromEntries(kept);
    this.#keepDraft(this.examId);
  }

  /** What was typed for an exam is recorded: what was typed since stays, and so does all that was typed for another one. */
  recorded(examId: string, draft: Draft): void {
    if (this.examId !== examId) return sessionStorage.removeItem(draftKey(examId));
    const fields = Object.keys(draft) as FieldId[];
    this.untype(fields.filter((field) => this.draft[field] === draft[field]));
  }

  show(objectId: string, frame = 0): void {
    this.elsewhere = false;
    this.objectId = objectId;
    this.frame = frame;
  }

  /** The fields in which a problem can be answered, the first to type into first. */
  wantedBy(problem: StandingProblem): readonly FieldId[] {
    if (this.exam === undefined) return [];
    return fieldsFor(this.exam, problem).map((keyword) => (keyword === 'PatientName' ? 'family' : keyword));
  }

  /** Images that came after the exam had been decided about. */
  readonly late: readonly ObjectRow[] = $derived(this.objects.filter((object) => object.late));

  /** The correction counts for the late images too. */
  async repeatDecision(): Promise<void> {
    const { exam } = this;
    if (exam === undefined || !exam.problems.some(({ code }) => code === 'late-undecided')) return;
    const { id, counts } = exam;
    await this.#change(() => this.#connection.station.exams.repeatDecision({ id, seenObjects: counts.objects }));
  }

  /** Late images that followed by themselves wait for a word again. */
  async undoFollowing(): Promise<void> {
    const { exam } = this;
    if (exam === undefined || !exam.problems.some(({ code }) => code === 'same-decision')) return;
    await this.#change(() => this.#connection.station.exams.undoFollowing({ id: exam.id }));
  }

  /** Nothing more comes: the quiet time is over. */
  async complete(): Promise<void> {
    const { exam } = this;
    if (exam?.state !== 'arriving') return;
    await this.#change(() => this.#connection.station.exams.complete({ id: exam.id }));
  }

  /** What is to be decided next about two under one identifier. */
  readonly conflict: Conflict | undefined = $derived(this.conflicts.find(({ decided }) => decided === null));

  /** Decides what is on the card, if that may be chosen. */
  async decideConflict(choice: ConflictChoice): Promise<void> {
    const { conflict } = this;
    if (conflict === undefined || !conflict.choices.includes(choice)) return;
    const id = conflict.second.objectId;
    await this.#change(() => this.#connection.station.conflicts.decide({ id, choice, commandId: crypto.randomUUID() }));
  }

  /** Takes a decision back, the last one when none is named. */
  async undoConflict(objectId?: string): Promise<void> {
    const last = this.conflicts.find(({ decided }) => decided?.undoable === true);
    const id = objectId ?? last?.second.objectId;
    if (id === undefined) return;
    await this.#change(() => this.#connection.station.conflicts.undo({ id, commandId: crypto.randomUUID() }));
  }

  /** True for a problem that only a person's word settles: it is one patient. */
  asksForWord(problem: StandingProblem): boolean {
    return this.surprises.has(problem.id) || (problem.code === 'late-other-patient' && !problem.answered);
  }

  /** The person has looked, and it is the patient who stands in the banner. */
  async confirmPatient(problem: StandingProblem): Promise<void> {
    const { exam } = this;
    if (exam === undefined) return;
    if (problem.code === 'late-other-patient') {
      const { PatientName, PatientID } = exam.corrected;
      const attributes = { ...(PatientName === undefined ? {} : { PatientName }), ...(PatientID && { PatientID }) };
      await this.#change(() =>
        this.#connection.station.exams.correct({
          ...{ id: exam.id, attributes, reason: 'CORRECT', seenObjects: exam.counts.objects },
          commandId: crypto.randomUUID(),
        }),
      );
    }
    this.surprises = new Set([...this.surprises].filter((id) => id !== problem.id));
  }

  /** The patient as the hospital knows them today, where one of its messages stands against the exam. */
  async applyPatient(): Promise<void> {
    const { exam } = this;
    const isSaid = exam?.problems.some(
      ({ code, answered }) => !answered && (code === 'patient-merged' || code === 'patient-updated'),
    );
    if (exam === undefined || isSaid !== true) return;
    const { id, counts } = exam;
    await this.#change(() =>
      this.#connection.station.exams.applyPatient({
        ...{ id, seenObjects: counts.objects, commandId: crypto.randomUUID() },
      }),
    );
  }

  /** A value that the images say of the former patient: kept for the patient of the order, or left blank. */
  async decideFormerValue(problem: StandingProblem, choice: 'keep' | 'blank'): Promise<void> {
    const { exam } = this;
    if (exam === undefined || problem.code !== 'former-patient-value') return;
    const attributes = {
      [String(problem.params['keyword'])]: choice === 'keep' ? String(problem.params['value']) : '',
    };
    const { id, counts } = exam;
    const command = { id, attributes, reason: 'CORRECT', seenObjects: counts.objects } as const;
    await this.#change(() => this.#connection.station.exams.correct({ ...command, commandId: crypto.randomUUID() }));
  }

  /** The exam stays with what was applied of its order, which the hospital changed or cancelled. */
  async keepOrder(): Promise<void> {
    const { exam } = this;
    if (exam === undefined) return;
    await this.#change(() => this.#connection.station.exams.keepOrder({ id: exam.id, commandId: crypto.randomUUID() }));
  }

  async hold(): Promise<void> {
    const { exam } = this;
    if (exam === undefined) return;
    await this.#change(() => this.#connection.station.exams.hold({ id: exam.id, held: exam.state !== 'held' }));
  }

  /**
   * Records what was typed and approves. Nothing is sent while a field is at fault. All of it is of the exam on screen as this
   * is called, whatever comes on screen meanwhile; undefined when nothing was done.
   */
  async approve(): Promise<ApprovalEnd | undefined> {
    const { exam, draft, reason } = this;
    if (exam === undefined || this.busy) return undefined;
    const [fault] = faults(exam, draft);
    if (fault !== undefined) return { kind: 'fault', field: fault };
    // Now, before anything is read anew: this is who was looked at.
    const seenIdentity = identityShown(exam, draft);
    // What stood against it may have healed since it was asked.
    if (this.against.length > 0) await this.#read();
    if (this.examId !== exam.id) return undefined;
    const [problem] = this.against;
    if (problem !== undefined) return { kind: 'against', problem };
    const forecast = this.forecast;
    const way = this.#way;
    const commandId = this.#commandId;
    this.busy = true;
    this.trouble = undefined;
    try {
      const procedure = this.#procedureChosen(exam, draft);
      const attributes = { ...changes(exam, draft), ...procedure?.attributes };
      const { exams } = this.#connection.station;
      if (Object.keys(attributes).length > 0) {
        const corrected = await exams.correct({
          id: exam.id,
          attributes,
          ...(procedure && { procedureCode: procedure.code }),
          reason,
          seenObjects: exam.counts.objects,
          commandId: crypto.randomUUID(),
        });
        if (this.examId === exam.id) this.exam = corrected;
      }
      const seenObjects = exam.counts.objects;
      const seenDestinations = forecast?.destinations.map(({ id }) => id);
      const seen = { seenObjects, seenDestinations, seenIdentity };
      await exams.approve({ id: exam.id, ...seen, ...way, commandId });
      sessionStorage.removeItem(draftKey(exam.id));
      const to = forecast?.destinations.map((destination) => destination.name) ?? [];
      return { kind: 'approved', leaving: forecast?.objectsThatLeave ?? 0, to };
    } catch (thrown) {
      const trouble = readTrouble(thrown);
      if (this.examId === exam.id) {
        this.trouble = trouble;
        void this.#read();
      }
      return { kind: 'trouble', trouble };
    } finally {
      this.busy = false;
    }
  }

  /** The exam that needs somebody next, other than the one on screen. */
  async nextUndecided(): Promise<string | undefined> {
    const page = await this.#connection.station.exams.list({ filter: 'needs-you', limit: 20 });
    const others = page.exams.filter((exam) => exam.id !== this.examId);
    const at = page.exams.findIndex((exam) => exam.id === this.examId);
    return at >= 0 ? (page.exams[at + 1]?.id ?? others[0]?.id) : others[0]?.id;
  }

  async #change(command: () => Promise<unknown>): Promise<void> {
    const { examId } = this;
    this.trouble = undefined;
    try {
      await command();
    } catch (thrown) {
      if (this.examId === examId) this.trouble = readTrouble(thrown);
    }
    await this.#read();
  }

  /** What is known when the exam is opened is no surprise; what comes while somebody works on it is. */
  #noticeSurprises(exam: Exam): void {
    const now = exam.problems.filter(({ code }) => code === 'two-patients' || code === 'late-other-patient');
    const shown = this.#shown;
    // Where the station says that a late image names somebody else, one word answers both.
    const isLate = now.some(({ code, answered }) => code === 'late-other-patient' && !answered);
    const isNew = ({ id, code }: StandingProblem) =>
      shown !== undefined && !shown.has(id) && !(isLate && code === 'two-patients');
    const standing = new Set(now.map(({ id }) => id));
    const kept = [...this.surprises].filter((id) => standing.has(id));
    this.surprises = new Set([...kept, ...now.filter(isNew).map(({ id }) => id)]);
    this.#shown = new Set([...(shown ?? []), ...standing]);
  }

  async #read(): Promise<void> {
    const id = this.examId;
    if (id === undefined) return;
    const question = (this.#question += 1);
    const isLate = () => question !== this.#question || id !== this.examId;
    try {
      const { exams } = this.#connection.station;
      const [exam, forecast, conflicts] = await Promise.all([
        exams.read({ id }),
        exams.forecast({ id, ...this.#way }),
        exams.conflicts({ id }),
      ]);
      if (isLate() || exam.id !== id) return;
      this.#noticeSurprises(exam);
      this.exam = exam;
      this.forecast = forecast;
      this.conflicts = conflicts;
      if (this.trouble?.code === 'connection-lost') this.trouble = undefined;
      const objects = exam.series.flatMap((series) => series.objects);
      if (!objects.some((object) => object.id === this.objectId)) this.show(objects[0]?.id ?? '');
    } catch (thrown) {
      if (!isLate()) this.trouble = readTrouble(thrown);
    }
  }
}

function readDraft(examId: string): Draft {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(draftKey(examId)) ?? '{}');
    return typeof kept === 'object' && kept !== null ? (kept as Draft) : {};
  } catch {
    return {};
  }
}
