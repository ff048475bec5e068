// Fetching earlier exams, one at a time from each archive for people, and one beside it for what is fetched ahead.
//
// Guarantees: what somebody wants to look at goes before everything else, also before what another one wanted a moment
// ago; what is here already is not fetched again; nobody waits for it. Stopped, it goes on where it was another time.
import type { PriorHere, PriorWord } from '#contract/shapes/priors.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import type { CachedStudy, PriorCache } from './cache.ts';
import type { Archive, Keeping, ListedObject } from './ports.ts';

export type FetchNeeds = {
  readonly cache: PriorCache;
  readonly log: Log;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Undefined when it is no archive that is asked any more. */
  readonly archiveOf: (destinationId: string) => Archive | undefined;
  /** More of a study is here, or its fetching ended. */
  readonly onChanged: (studyId: string) => void;
};

type Lane = 'person' | 'ahead';
type Job = { readonly studyId: string; readonly destinationId: string; readonly lane: Lane };
type Running = Job & { readonly stop: AbortController };

const mostWaiting = 100;
const tellEveryMs = 300;
const refused = { refuse: 0x0124 } as const;

export class Fetching {
  readonly #needs: FetchNeeds;
  readonly #waiting: Job[] = [];
  readonly #running = new Map<string, Running>();
  readonly #ended = new Map<string, PriorWord | null>();
  readonly #runs = new Set<Promise<void>>();
  #isClosed = false;

  constructor(needs: FetchNeeds) {
    this.#needs = needs;
  }

  begin(job: Job): void {
    if (this.#isClosed) return;
    const underWay = [...this.#running.values()].filter(({ stop }) => !stop.signal.aborted);
    if (underWay.some(({ studyId }) => studyId === job.studyId)) return;
    const running = underWay.find((one) => laneOf(one) === laneOf(job));
    this.#remove(job.studyId);
    this.#ended.delete(job.studyId);
    if (job.lane === 'person') {
      this.#waiting.unshift(job);
      // It goes on afterwards.
      if (running) {
        const { studyId, destinationId, lane } = running;
        this.#waiting.push({ studyId, destinationId, lane });
        running.stop.abort();
      }
    } else this.#waiting.push(job);
    this.#waiting.splice(mostWaiting);
    this.#startNext();
    this.#needs.onChanged(job.studyId);
  }

  stop(studyId: string): void {
    this.#remove(studyId);
    for (const running of this.#running.values()) if (running.studyId === studyId) running.stop.abort();
    this.#needs.onChanged(studyId);
  }

  stateOf(study: CachedStudy): PriorHere {
    const objects = this.#needs.cache.count(study.id);
    const isUnderWay =
      this.#waiting.some(({ studyId }) => studyId === study.id) ||
      [...this.#running.values()].some(({ studyId, stop }) => studyId === study.id && !stop.signal.aborted);
    const trouble = this.#ended.get(study.id) ?? null;
    const state = isUnderWay
      ? 'fetching'
      : study.isComplete && study.leftOut === 0
        ? 'whole'
        : objects > 0
          ? 'part'
          : trouble
            ? 'failed'
            : 'not-fetched';
    const lacking: PriorWord | null =
      study.leftOut > 0 ? { key: 'did-not-come', params: { count: study.leftOut } } : null;
    return { state, objects, expected: study.expected, trouble: isUnderWay ? null : (trouble ?? lacking) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.length = 0;
    for (const { stop } of this.#running.values()) stop.abort();
    await Promise.all(this.#runs);
  }

  #remove(studyId: string): void {
    for (let n = this.#waiting.length - 1; n >= 0; n -= 1)
      if (this.#waiting[n]?.studyId === studyId) this.#waiting.splice(n, 1);
  }

  #startNext(): void {
    for (const job of [...this.#waiting]) {
      if (this.#isClosed || this.#running.has(laneOf(job))) continue;
      this.#waiting.splice(this.#waiting.indexOf(job), 1);
      const running = { ...job, stop: new AbortController() };
      this.#running.set(laneOf(job), running);
      const run = this.#run(running)
        .catch((error: unknown): PriorWord => {
          this.#needs.log.error('earlier-exam-failed', { destinationId: job.destinationId }, error);
          return { key: 'not-kept', params: {} };
        })
        .then((word) => {
          if (this.#running.get(laneOf(job)) === running) this.#running.delete(laneOf(job));
          // What waits again has not ended.
          if (!this.#waiting.some(({ studyId }) => studyId === job.studyId)) this.#remember(job.studyId, word);
          this.#runs.delete(run);
          if (!this.#isClosed) this.#needs.onChanged(job.studyId);
          this.#startNext();
        });
      this.#runs.add(run);
    }
  }

  #remember(studyId: string, word: PriorWord | null): void {
    this.#ended.delete(studyId);
    this.#ended.set(studyId, word);
    const oldest = this.#ended.keys().next().value;
    if (this.#ended.size > 1000 && oldest !== undefined) this.#ended.delete(oldest);
  }

  async #run({ studyId, destinationId, stop: { signal } }: Running): Promise<PriorWord | null> {
    const { cache, archiveOf, onChanged } = this.#needs;
    const study = cache.study(studyId);
    const archive = archiveOf(destinationId);
    if (!study || !archive) return { key: 'no-longer-asked', params: {} };
    if (study.isComplete && study.leftOut === 0) return null;
    const listed = await archive.list(study.StudyInstanceUID, signal);
    if (listed.kind === 'failed') return listed.word;
    cache.expect(studyId, listed.objects.length);
    const here = new Set(cache.objects(studyId).map(({ SOPInstanceUID }) => SOPInstanceUID));
    const missing = new Map(
      listed.objects
        .filter(({ SOPInstanceUID }) => !here.has(SOPInstanceUID))
        .map((object) => [object.SOPInstanceUID, object] as const),
    );
    const begun = new Set(
      listed.objects.filter(({ SOPInstanceUID }) => here.has(SOPInstanceUID)).map((one) => one.SeriesInstanceUID),
    );
    let full: PriorWord | undefined;
    const ended = (why: PriorWord | undefined) => {
      if (why?.key === 'no-room' || why?.key === 'larger-than-cache') full = why;
      if (why !== undefined) return;
      objects++;
      // Whoever shows a long exam reads all of it each time.
      const now = this.#needs.clock.monotonicMs();
      if (now - toldAt < tellEveryMs + objects) return;
      toldAt = now;
      onChanged(studyId);
    };
    let toldAt = 0;
    let objects = here.size;
    const keeping: Keeping = {
      begun,
      target: (sent) => {
        const asked = missing.get(sent.sopInstanceUid);
        return asked ? cache.target(study, asked, sent, ended) : refused;
      },
      file: (asked: ListedObject, bytes) => cache.takeFile(study, asked, bytes, ended),
      full: () => full,
    };
    const word =
      missing.size === 0 ? null : await archive.fetch(study.StudyInstanceUID, [...missing.values()], keeping, signal);
    if (full) return full;
    if (word || signal.aborted) return word;
    cache.complete(studyId, Math.max(0, listed.objects.length - cache.count(studyId)));
    return listed.more ? { key: 'cut', params: { count: listed.objects.length } } : null;
  }
}

const laneOf = ({ destinationId, lane }: Job): string => `${lane} ${destinationId}`;
