// Earlier exams of the patient, wired once: those that are here, those of the archives that may be asked, whose they are,
// and who looked at them.
//
// Guarantees: archives are asked only for the identity that an exam would leave with, and for nobody while that is unclear;
// nothing waits for them; who looks at an earlier exam is in the trail of the exam beside which they look.
import type { ExamRow } from '#contract/shapes/exam.ts';
import type { OpenPrior, Prior, PriorsOfExam, PriorWord } from '#contract/shapes/priors.ts';
import type { DestinationSetting, Settings } from '#contract/shapes/settings.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import {
  classifyEnding,
  classifyOpening,
  classifyOutcome,
  WebService,
  type ServiceNeeds,
} from '#station/5-forward/index.ts';
import type { Audit } from '#station/audit/index.ts';
import type { FrameReader } from '#station/dicom/codecs/index.ts';
import { openAssociation, type SecureCalling } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem, Problem } from '#station/kit/problem.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import {
  doubtsOf,
  isAskable,
  openDicomArchive,
  openPriors,
  openWebArchive,
  type Archive,
  type ArchiveTimes,
  type PatientIdentity,
  type Priors,
  type WebReader,
} from '#station/priors/index.ts';
import type { Book } from '#station/records/index.ts';

export type PriorsParts = {
  readonly book: Book;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => Settings;
  readonly audit: Pick<Audit, 'append'>;
  readonly catalog: Pick<Catalog, 'examRows' | 'list' | 'exam'>;
  readonly by: () => string;
  readonly frames: Pick<FrameReader, 'frame'>;
  /** Of the cache. */
  readonly folder: string;
  readonly checkRoom: (bytes: number) => void;
  /** Throws the Problem of its certificate files. */
  readonly callingOf: (destinationId: string) => SecureCalling | undefined;
  readonly readSecret: ServiceNeeds['readSecret'];
  readonly onChanged: () => void;
  /** Others in tests. */
  readonly times?: Partial<ArchiveTimes>;
};

export type PriorsFlow = {
  readonly desk: {
    ofExam(examId: string): PriorsOfExam;
    ask(examId: string, again: boolean): PriorsOfExam;
    open(examId: string, priorId: string): OpenPrior;
    read(priorId: string): OpenPrior;
    stop(priorId: string): OpenPrior;
  };
  /** @throws Problem 'not-found', 'picture-undecodable' with the reason */
  frame(objectId: string, frame: number): Promise<RawFrame>;
  /** Exams changed: what is set to be fetched ahead is, once they have their order. Does nothing while nothing is set. */
  look(examIds: readonly string[]): void;
  close(): Promise<void>;
};

type Whose =
  | { readonly kind: 'chosen'; readonly who: PatientIdentity; readonly row: ExamRow }
  | { readonly kind: 'not-asked'; readonly why: NonNullable<PriorsOfExam['notAsked']>; readonly row: ExamRow };

const mostHere = 100;
const mostLookedAt = 1_000;
const webTimes = { stalledMs: 30_000, answerMs: 30_000, readMs: 120_000, continueMs: 1_000 };
/** While one of these stands and nobody has answered it, nobody knows whose exam it is. */
const unclear: ReadonlySet<string> = new Set(['two-patients', 'placeholder-identity', 'late-other-patient']);

export function openPriorsFlow(parts: PriorsParts): PriorsFlow {
  const { audit, book, by, catalog, clock, log, settings, frames } = parts;
  const asked = () => settings().destinations.filter(({ priors }) => priors !== undefined && priors !== 'off');
  const priors: Priors = openPriors({
    ...{ book, clock, log, folder: parts.folder, checkRoom: parts.checkRoom, onChanged: parts.onChanged },
    setting: () => settings().station.priors,
    archives: () =>
      asked().map(({ id, name, priors: use }) => ({
        destinationId: id,
        name,
        use: use === 'ahead' ? use : 'on-request',
      })),
    archiveOf: (destinationId) => {
      const destination = asked().find(({ id }) => id === destinationId);
      return destination && archiveOf(parts, destination);
    },
  });
  /** Exams that were looked at for what is fetched ahead, with whom they were then. */
  const lookedAt = new Map<string, string>();

  const rowOf = (examId: string): ExamRow => {
    const [row] = catalog.examRows([examId]);
    if (!row) throw new Problem('not-found', { what: 'exam' });
    return row;
  };

  const whoseIs = (row: ExamRow): Whose => {
    const who = outgoing(row);
    if (row.problems.some(({ code, answered }) => !answered && unclear.has(code)))
      return { kind: 'not-asked', why: 'unclear-patient', row };
    if (who.PatientID.trim() === '') return { kind: 'not-asked', why: 'no-patient', row };
    if (!isAskable(who.PatientID)) return { kind: 'not-asked', why: 'id-not-askable', row };
    return { kind: 'chosen', who, row };
  };

  const hereOf = (who: PatientIdentity, row: ExamRow): Prior[] =>
    catalog
      .list({ filter: 'all', search: who.PatientID, limit: mostHere, offset: 0 })
      .exams.filter((exam) => exam.id !== row.id && exam.state !== 'rejected')
      .map((exam) => ({ exam, said: outgoing(exam) }))
      .filter(({ said }) => said.PatientID.trim().toUpperCase() === who.PatientID.trim().toUpperCase())
      .map(({ exam, said }) => ({
        ...said,
        id: exam.id,
        from: { kind: 'here' },
        StudyInstanceUID: exam.StudyInstanceUID,
        StudyDate: exam.StudyDate,
        StudyTime: '',
        StudyDescription: exam.corrected.StudyDescription ?? exam.received.StudyDescription ?? '',
        modalities: exam.modalities,
        images: exam.counts.images,
        doubts: doubtsOf(who, said),
        here: { state: 'whole', objects: exam.counts.objects, expected: null, trouble: null },
      }));

  const tell = (whose: Whose): PriorsOfExam => {
    if (whose.kind === 'not-asked')
      return { notAsked: asked().length === 0 ? null : whose.why, sources: [], priors: [] };
    const { who, row } = whose;
    const here = hereOf(who, row);
    const studiesHere = new Set(here.map((prior) => prior.StudyInstanceUID));
    const { sources, priors: found } = priors.known(who, row.StudyInstanceUID);
    return {
      notAsked: null,
      sources,
      // What is here whole is shown once, from here.
      priors: [...here, ...found.filter((prior) => !studiesHere.has(prior.StudyInstanceUID))].sort(newestFirst),
    };
  };

  const auditAsked = (examId: string, who: PatientIdentity, destinationId: string, name: string) =>
    audit.append({
      ...{ by: by(), action: 'earlier-exams-asked', examId },
      params: { destination: destinationId, name, PatientID: who.PatientID, issuer: who.IssuerOfPatientID },
    });

  const found = (prior: OpenPrior | undefined): OpenPrior => {
    if (!prior) throw new Problem('not-found', { what: 'earlier exam' });
    return prior;
  };

  return {
    desk: {
      ofExam: (examId) => tell(whoseIs(rowOf(examId))),
      ask(examId, again) {
        const whose = whoseIs(rowOf(examId));
        if (whose.kind === 'chosen') {
          for (const { destinationId, name } of priors.ask(whose.who, again))
            auditAsked(examId, whose.who, destinationId, name);
        }
        return tell(whose);
      },
      open(examId, priorId) {
        const whose = whoseIs(rowOf(examId));
        if (whose.kind !== 'chosen') throw new Problem('not-found', { what: 'earlier exam' });
        const here = hereOf(whose.who, whose.row).find(({ id }) => id === priorId);
        const opened = found(here ? { prior: here, exam: catalog.exam(priorId) } : priors.open(whose.who, priorId));
        const { from, StudyInstanceUID, StudyDate } = opened.prior;
        audit.append({
          ...{ by: by(), action: 'earlier-exam-looked-at', examId },
          params: {
            ...{ StudyInstanceUID, StudyDate, PatientID: opened.prior.PatientID },
            name: from.kind === 'here' ? '' : from.name,
          },
        });
        return opened;
      },
      read: (priorId) => found(priors.read(priorId)),
      stop(priorId) {
        priors.stop(priorId);
        return found(priors.read(priorId));
      },
    },
    async frame(objectId, frame) {
      const file = priors.file(objectId);
      if (!file) throw new Problem('not-found', { what: 'object' });
      const answer = await frames.frame({ ...file, frame }, 'urgent');
      if (answer.kind === 'not-drawable') throw new Problem('picture-undecodable', { reason: answer.reason });
      return answer;
    },
    look(examIds) {
      const ahead = asked().filter((destination) => destination.priors === 'ahead');
      if (ahead.length === 0) return;
      for (const examId of examIds) {
        const [row] = catalog.examRows([examId]);
        const hasOrder = book.sql('SELECT 1 FROM applied_order WHERE examId = ? AND removedAt IS NULL').get(examId);
        const whose = row && hasOrder ? whoseIs(row) : undefined;
        if (whose?.kind !== 'chosen') continue;
        const { who, row: exam } = whose;
        if (lookedAt.get(examId) === who.PatientID) continue;
        lookedAt.set(examId, who.PatientID);
        const oldest = lookedAt.keys().next().value;
        if (lookedAt.size > mostLookedAt && oldest !== undefined) lookedAt.delete(oldest);
        for (const { id, name } of ahead) auditAsked(examId, who, id, name);
        priors.fetchAhead(who, exam.StudyInstanceUID, exam.modalities);
      }
    },
    close: priors.close,
  };
}

/** Who an exam would leave as. */
function outgoing({ corrected, received }: Pick<ExamRow, 'corrected' | 'received'>): PatientIdentity {
  const value = (keyword: keyof PatientIdentity) => corrected[keyword] ?? received[keyword] ?? '';
  return {
    PatientID: value('PatientID'),
    IssuerOfPatientID: value('IssuerOfPatientID'),
    PatientName: value('PatientName'),
    PatientBirthDate: value('PatientBirthDate'),
    PatientSex: value('PatientSex'),
  };
}

const newestFirst = (a: Prior, b: Prior) =>
  b.StudyDate.localeCompare(a.StudyDate) || b.StudyTime.localeCompare(a.StudyTime);

/** How a destination is asked: over DICOM, or over DICOMweb where that is how it is reached. */
function archiveOf(parts: PriorsParts, destination: DestinationSetting): Archive {
  const { id, protocol, web, tls, host, port, aeTitle } = destination;
  /** Never without the TLS that is set. */
  const calling = (): SecureCalling | 'unusable' | undefined => {
    if (tls === undefined) return undefined;
    try {
      return parts.callingOf(id) ?? 'unusable';
    } catch (error) {
      if (isProblem(error)) return 'unusable';
      throw error;
    }
  };
  if (protocol === 'dicomweb' && web) {
    return openWebArchive(() =>
      readerOf(new WebService({ web, calling, readSecret: parts.readSecret, timeouts: webTimes })),
    );
  }
  return openDicomArchive({
    ...{
      host,
      port,
      calledAeTitle: aeTitle,
      callingAeTitle: parts.settings().station.aeTitle,
      calling,
      openAssociation,
    },
    sayOpening: (opening, titles) => wordOf(classifyOpening(opening, titles).answer),
    sayEnding: (ending) => wordOf(classifyEnding(ending).answer),
    ...(parts.times ? { times: parts.times } : {}),
  });
}

function readerOf(service: WebService): WebReader {
  const read = (outcome: Awaited<ReturnType<WebService['query']>>): Awaited<ReturnType<WebReader['query']>> => {
    if (outcome.kind === 'source-failed') return { kind: 'failed', word: { key: 'answer-unreadable', params: {} } };
    if (outcome.kind !== 'answered' || (outcome.status >= 300 && outcome.status !== 404))
      return { kind: 'failed', word: wordOf(classifyOutcome(outcome).answer) };
    return outcome;
  };
  return {
    query: async (path, keys, signal) => read(await service.query(path, keys, signal)),
    retrieve: async (path, accept, most, signal) => read(await service.retrieve(path, accept, most, signal)),
    close: () => service.close(),
  };
}

/** What was asked for was no image: words of its own where those of forwarding speak of one. */
const wordOf = ({ key, params }: PriorWord): PriorWord =>
  key === 'object-unanswered' ? { key: 'too-slow', params: {} } : { key, params: { ...params } };
