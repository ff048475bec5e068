// Earlier exams of a patient that archives have: asked for, fetched to be looked at, and forgotten again.
//
// Guarantees: nothing waits for an archive; what is fetched lies in a cache of its own, bounded in bytes and days, and
// becomes no exam, leaves for nowhere and is counted by nothing; what may be another patient's is shown as doubtful.
// Refuses objects that nobody asked for, and to ask for anything but one whole patient ID.
import type { OpenPrior, Prior, PriorHere, PriorsSetting, PriorsSource } from '#contract/shapes/priors.ts';
import type { Clock } from '#station/kit/clock.ts';
import { newId } from '#station/kit/ids.ts';
import type { Log } from '#station/kit/log.ts';
import type { Book } from '#station/records/index.ts';
import { asExam } from './as-exam.ts';
import { Asking } from './asking.ts';
import { PriorCache, type CachedStudy } from './cache.ts';
import { Fetching } from './fetching.ts';
import { doubtsOf } from './identity.ts';
import type { Archive, FoundStudy, PatientIdentity } from './ports.ts';

export { openDicomArchive, type ArchiveTimes } from './dicom-archive.ts';
export { doubtsOf, isAskable } from './identity.ts';
export type { Archive, FoundStudy, PatientIdentity } from './ports.ts';
export { openWebArchive, type WebAnswer, type WebReader } from './web-archive.ts';

export type PriorsArchive = {
  readonly destinationId: string;
  readonly name: string;
  readonly use: 'on-request' | 'ahead';
};

export type PriorsNeeds = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the cache; made when it is not there. */
  readonly folder: string;
  readonly setting: () => PriorsSetting;
  /** Throws Problem 'no-room' when so many bytes may not be taken. */
  readonly checkRoom: (bytes: number) => void;
  /** Archives that are asked, in their order. */
  readonly archives: () => readonly PriorsArchive[];
  readonly archiveOf: (destinationId: string) => Archive | undefined;
  /** Something is to be shown anew. */
  readonly onChanged: () => void;
};

/** A file of the cache, as the decoder wants it. */
export type PriorFile = {
  readonly path: string;
  readonly dataSetOffset: number;
  readonly transferSyntax: string;
};

export type Priors = {
  /** Asks archives that have not answered yet; `again` all. Says which are asked now. Waits for none. */
  ask(who: PatientIdentity, again: boolean): PriorsArchive[];
  /** What is known, without the study of the new exam itself. */
  known(who: PatientIdentity, ownStudy: string): { readonly sources: PriorsSource[]; readonly priors: Prior[] };
  /** Somebody looks at one: fetched if need be. Undefined when there is no such one for this patient. */
  open(who: PatientIdentity, id: string): OpenPrior | undefined;
  read(id: string): OpenPrior | undefined;
  stop(id: string): void;
  /** Fetches the two likeliest ahead, from archives where that is set. Waits for none. */
  fetchAhead(who: PatientIdentity, ownStudy: string, modalities: readonly string[]): void;
  file(objectId: string): PriorFile | undefined;
  close(): Promise<void>;
};

const mostAhead = 2;
const mostIds = 5_000;
const nothingHere: PriorHere = { state: 'not-fetched', objects: 0, expected: null, trouble: null };

/** The caller closes it before the book. */
export function openPriors(needs: PriorsNeeds): Priors {
  const { archiveOf, archives, onChanged, log, clock } = needs;
  const cache = new PriorCache(needs);
  const fetching = new Fetching({ cache, log, clock, archiveOf, onChanged: () => onChanged() });
  const asking = new Asking({ clock, log, archiveOf, onChanged });
  /** Ids of studies that are only known by name. */
  const ids = new Map<string, string>();
  let isClosed = false;

  const idOf = (destinationId: string, { StudyInstanceUID }: FoundStudy): string => {
    const key = `${destinationId} ${StudyInstanceUID}`;
    const id = ids.get(key) ?? newId();
    ids.delete(key);
    ids.set(key, id);
    const oldest = ids.keys().next().value;
    if (ids.size > mostIds && oldest !== undefined) ids.delete(oldest);
    return id;
  };

  const priorOf = (
    who: PatientIdentity,
    archive: { readonly destinationId: string; readonly name: string },
    study: FoundStudy,
    cached: CachedStudy | undefined,
  ): Prior => {
    const doubts = doubtsOf(who, study);
    const isDoubted = cached !== undefined && cache.patientsOf(cached.id).some((one) => doubtsOf(who, one).length > 0);
    return {
      ...study,
      id: cached?.id ?? idOf(archive.destinationId, study),
      from: { kind: 'archive', destinationId: archive.destinationId, name: archive.name },
      modalities: [...study.modalities],
      doubts: isDoubted ? [...doubts, 'in-images'] : doubts,
      here: cached ? fetching.stateOf(cached) : nothingHere,
    };
  };

  const known: Priors['known'] = (who, ownStudy) => {
    const sources: PriorsSource[] = [];
    const priors: Prior[] = [];
    const kept = cache.studiesOf(who.PatientID);
    for (const archive of archives()) {
      const said = asking.said(who, archive.destinationId);
      if (said) sources.push({ ...said.source, name: archive.name });
      const ofArchive = kept.filter(({ destinationId }) => destinationId === archive.destinationId);
      const cached = new Map(ofArchive.map((study) => [study.StudyInstanceUID, study]));
      const found = new Map((said?.studies ?? []).map((study) => [study.StudyInstanceUID, study]));
      // What was fetched is there also while the archive is not.
      for (const one of ofArchive)
        if (!found.has(one.StudyInstanceUID)) found.set(one.StudyInstanceUID, one.said.study);
      found.delete(ownStudy);
      for (const study of found.values()) priors.push(priorOf(who, archive, study, cached.get(study.StudyInstanceUID)));
    }
    return { sources, priors };
  };

  const openOf = (cached: CachedStudy, who: PatientIdentity): OpenPrior => {
    const { destinationId, said, fetchedAt, id } = cached;
    const name = archives().find((one) => one.destinationId === destinationId)?.name ?? said.archive;
    const prior = priorOf(who, { destinationId, name }, said.study, cached);
    const objects = cache.objects(id);
    return { prior, exam: asExam({ id, study: said.study, from: name, fetchedAt, objects, chosen: who }) };
  };

  /** Writes down that it is fetched, or looked at again. */
  const begin = (who: PatientIdentity, prior: Prior, lane: 'person' | 'ahead'): CachedStudy | undefined => {
    if (prior.from.kind !== 'archive') return undefined;
    const { destinationId, name } = prior.from;
    cache.begin(prior.id, destinationId, { study: studyOf(prior), asked: who, archive: name });
    const cached = cache.study(prior.id);
    // What did not come is asked for once more when somebody looks.
    const isWanted = !cached?.isComplete || (cached.leftOut > 0 && lane === 'person');
    if (cached && isWanted) fetching.begin({ studyId: prior.id, destinationId, lane });
    return cached;
  };

  return {
    ask: (who, again) => archives().filter(({ destinationId }) => asking.ask(who, destinationId, again)),
    known,
    open(who, id) {
      const prior = known(who, '').priors.find((one) => one.id === id);
      const cached = prior && begin(who, prior, 'person');
      return cached && openOf(cached, who);
    },
    read(id) {
      const cached = cache.study(id);
      return cached && openOf(cached, cached.said.asked);
    },
    stop: (id) => fetching.stop(id),
    fetchAhead(who, ownStudy, modalities) {
      for (const archive of archives()) {
        if (archive.use !== 'ahead') continue;
        asking.ask(who, archive.destinationId, false);
        const beginLikely = () => {
          if (isClosed) return;
          const { priors } = known(who, ownStudy);
          const likely = priors
            .filter(
              ({ from, doubts }) =>
                from.kind === 'archive' && from.destinationId === archive.destinationId && doubts.length === 0,
            )
            .sort(byLikelihood(modalities))
            .slice(0, mostAhead);
          for (const prior of likely) begin(who, prior, 'ahead');
        };
        asking
          .answered(who, archive.destinationId)
          .then(beginLikely)
          .catch((error: unknown) => log.error('not-fetched-ahead', { destinationId: archive.destinationId }, error));
      }
    },
    file(objectId) {
      const object = cache.object(objectId);
      if (!object) return undefined;
      const { dataSetOffset, TransferSyntaxUID } = object;
      return { path: cache.pathOf(objectId), dataSetOffset, transferSyntax: TransferSyntaxUID };
    },
    async close() {
      isClosed = true;
      await Promise.all([asking.close(), fetching.close()]);
      cache.close();
    },
  };
}

/** Of the same kind first, then the newest. */
const byLikelihood = (modalities: readonly string[]) => (a: Prior, b: Prior) => {
  const alike = (prior: Prior) => (prior.modalities.some((modality) => modalities.includes(modality)) ? 1 : 0);
  return alike(b) - alike(a) || b.StudyDate.localeCompare(a.StudyDate);
};

function studyOf(prior: Prior): FoundStudy {
  const { PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex } = prior;
  const { StudyInstanceUID, StudyDate, StudyTime, StudyDescription, modalities, images } = prior;
  return {
    ...{ PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex },
    ...{ StudyInstanceUID, StudyDate, StudyTime, StudyDescription, modalities, images },
  };
}
