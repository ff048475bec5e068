// Earlier exams of the patient in Review: which there are, and the one that is looked at beside the new one. Nothing waits
// for an archive: what it says and gives is shown as it comes.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { Prior, PriorsOfExam } from '#contract/shapes/priors.ts';
import type { Comparing } from './comparing.svelte.ts';

export class Priors {
  /** Of the exam in Review; undefined until something is known. */
  known = $state.raw<PriorsOfExam | undefined>();
  trouble = $state.raw<Trouble | undefined>();

  readonly #connection: Connection;
  readonly #comparing: Comparing;
  #examId: string | undefined;
  #whose = '';
  #question = 0;

  constructor(connection: Connection, comparing: Comparing) {
    this.#connection = connection;
    this.#comparing = comparing;
    connection.hear((change) => {
      if (this.#examId === undefined) return;
      if (change.kind === 'priors') {
        void this.#ask('ofExam');
        void comparing.readEarlier();
      }
      // Somebody else by now: other exams.
      const row = change.kind === 'exams' ? change.exams.find(({ id }) => id === this.#examId) : undefined;
      const whose = row === undefined ? this.#whose : whoseIs({ ...row.received, ...row.corrected });
      if (change.kind === 'hello' || whose !== this.#whose) {
        this.#whose = whose;
        void this.#ask('ask');
      }
    });
  }

  /** An exam came on screen. */
  look(examId: string): void {
    if (examId !== this.#examId) {
      this.known = undefined;
      this.#whose = '';
    }
    this.#examId = examId;
    void this.#ask('ask');
  }

  again(): void {
    void this.#ask('ask', true);
  }

  /** It is wanted beside the exam: fetched if need be, and in the trail. Its pictures come as they are fetched. */
  async open(prior: Prior): Promise<void> {
    const examId = this.#examId;
    if (examId === undefined) return;
    try {
      const opened = await this.#connection.station.priors.open({ id: examId, priorId: prior.id });
      this.#comparing.tookEarlier(opened);
      this.trouble = undefined;
    } catch (thrown) {
      this.#comparing.failed(prior.id, readTrouble(thrown));
    }
  }

  async stop(prior: Prior): Promise<void> {
    try {
      this.#comparing.tookEarlier(await this.#connection.station.priors.stop({ id: prior.id }));
    } catch (thrown) {
      this.trouble = readTrouble(thrown);
    }
  }

  async #ask(how: 'ask' | 'ofExam', again = false): Promise<void> {
    const id = this.#examId;
    if (id === undefined) return;
    const question = (this.#question += 1);
    try {
      const { priors } = this.#connection.station;
      const known = how === 'ask' ? await priors.ask({ id, again }) : await priors.ofExam({ id });
      if (question !== this.#question || id !== this.#examId) return;
      this.known = known;
      this.trouble = undefined;
    } catch (thrown) {
      if (question === this.#question) this.trouble = readTrouble(thrown);
    }
  }
}

const whoseIs = (values: Readonly<Partial<Record<string, string>>>): string =>
  JSON.stringify(
    ['PatientID', 'IssuerOfPatientID', 'PatientName', 'PatientBirthDate'].map((keyword) => values[keyword]),
  );
