// Asking archives which earlier exams they have of a patient, and remembering for a while what they said.
//
// Guarantees: nobody waits for an archive; each is asked about a patient once and not again within ten minutes unless a
// person wants it; what is remembered is bounded. Asks only for one patient ID at a time, never for a part of one.
import type { PriorsSource, PriorWord } from '#contract/shapes/priors.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isAskable } from './identity.ts';
import type { Archive, FoundStudy, PatientIdentity } from './ports.ts';

export type AskedArchive = { readonly destinationId: string; readonly name: string };

export type AskNeeds = {
  readonly clock: Clock;
  readonly log: Log;
  readonly archiveOf: (destinationId: string) => Archive | undefined;
  /** An archive answered, or did not. */
  readonly onChanged: () => void;
};

export type Said = {
  readonly source: Omit<PriorsSource, 'name'>;
  readonly studies: readonly FoundStudy[];
};

type Who = Pick<PatientIdentity, 'PatientID' | 'IssuerOfPatientID'>;
type Entry = { said: Said; studies: Map<string, FoundStudy>; ended: Promise<void> };

const mostStudies = 200;
const mostRemembered = 200;
const askAgainMs = 600_000;
const askAgainAfterFailureMs = 30_000;

export class Asking {
  readonly #needs: AskNeeds;
  readonly #entries = new Map<string, Entry>();
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();

  constructor(needs: AskNeeds) {
    this.#needs = needs;
  }

  /** True when the archive is asked now; `again` also where it has answered. */
  ask(who: Who, destinationId: string, again: boolean): boolean {
    if (!isAskable(who.PatientID) || this.#stop.signal.aborted) return false;
    const key = keyOf(who, destinationId);
    const known = this.#entries.get(key);
    if (known && !this.#isDue(known, again)) return false;
    const archive = this.#needs.archiveOf(destinationId);
    if (!archive) return false;
    const at = this.#needs.clock.now();
    const studies = new Map<string, FoundStudy>();
    const source = { destinationId, state: 'asking', word: null, more: false, leftOut: 0, at } as const;
    // What it said before stays in sight until it has answered anew.
    const entry: Entry = { said: { source, studies: known?.said.studies ?? [] }, studies, ended: Promise.resolve() };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const oldest = this.#entries.keys().next().value;
    if (this.#entries.size > mostRemembered && oldest !== undefined) this.#entries.delete(oldest);
    entry.ended = this.#run(archive, who, entry)
      .catch((error: unknown) => {
        this.#needs.log.error('archive-not-asked', { destinationId }, error);
        this.#say(entry, { state: 'failed', word: { key: 'not-asked', params: {} } });
      })
      .then(() => {
        this.#running.delete(entry.ended);
        if (!this.#stop.signal.aborted) this.#needs.onChanged();
      });
    this.#running.add(entry.ended);
    this.#needs.onChanged();
    return true;
  }

  said(who: Who, destinationId: string): Said | undefined {
    return this.#entries.get(keyOf(who, destinationId))?.said;
  }

  /** Settles when the archive has answered, or did not; at once when it is not being asked. */
  async answered(who: Who, destinationId: string): Promise<void> {
    await this.#entries.get(keyOf(who, destinationId))?.ended;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#running);
  }

  #isDue({ said: { source } }: Entry, again: boolean): boolean {
    if (source.state === 'asking') return false;
    const restMs = source.state === 'failed' ? askAgainAfterFailureMs : askAgainMs;
    return again || this.#needs.clock.epochMs() - Date.parse(source.at) > restMs;
  }

  async #run(archive: Archive, who: Who, entry: Entry): Promise<void> {
    const first = await this.#find(archive, who, entry);
    // Many archives do not keep whose number an ID is: asked for it they find nothing.
    const isEmpty = first.kind === 'answered' && entry.studies.size === 0;
    const end =
      isEmpty && who.IssuerOfPatientID !== ''
        ? await this.#find(archive, { ...who, IssuerOfPatientID: '' }, entry)
        : first;
    if (end.kind === 'failed') return this.#say(entry, { state: 'failed', word: end.word });
    this.#say(entry, { state: 'answered', word: null, more: end.more, leftOut: end.leftOut });
  }

  async #find(archive: Archive, who: Who, entry: Entry) {
    let others = 0;
    const end = await archive.find(who, {
      most: mostStudies,
      signal: this.#stop.signal,
      onFound(study) {
        if (study === 'other-patient') others++;
        else entry.studies.set(study.StudyInstanceUID, study);
      },
    });
    return end.kind === 'failed' ? end : { ...end, leftOut: others + end.unreadable };
  }

  #say(entry: Entry, news: Partial<Said['source']> & { readonly word: PriorWord | null }): void {
    const studies = [...entry.studies.values()];
    const source = { ...entry.said.source, ...news, at: this.#needs.clock.now() };
    entry.said = { source, studies: news.state === 'failed' && studies.length === 0 ? entry.said.studies : studies };
  }
}

const keyOf = (who: Who, destinationId: string): string =>
  JSON.stringify([who.PatientID, who.IssuerOfPatientID, destinationId]);
