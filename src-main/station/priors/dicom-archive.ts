// An archive that is asked by C-FIND and gives by C-GET (PS3.4 C.4.1, C.4.3), study root. C-GET and not C-MOVE: what it
// gives comes on the association on which we asked, so that nothing of it can be taken for new images.
//
// Guarantees: every call ends within its time whatever the peer does: what it says too long is stopped by C-CANCEL, and by
// an abort when that is not heeded; answers beyond the most that is wanted are not kept.
import type { PriorWord } from '#contract/shapes/priors.ts';
import { explicitLittleEndian, implicitLittleEndian } from '#station/dicom/index.ts';
import type {
  AssociationRequest,
  Ending,
  FindRequest,
  Identifier,
  OpenAssociation,
  Opening,
  ProposedContext,
  RequestTimeouts,
  SecureCalling,
} from '#station/dicom/network/index.ts';
import { isOfPatientId } from './identity.ts';
import type { Archive, FindEnd, ListEnd, ListedObject } from './ports.ts';
import { readListed, readStudy, uidOf } from './read-answer.ts';
import { contextsFor } from './retrieval-contexts.ts';

export const studyRootFind = '1.2.840.10008.5.1.4.1.2.2.1';
export const studyRootGet = '1.2.840.10008.5.1.4.1.2.2.3';
const wireSyntaxes = [explicitLittleEndian, implicitLittleEndian];
const refusedObject = { refuse: 0x0124 } as const;

export type DicomArchiveNeeds = {
  readonly host: string;
  readonly port: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  /** How it is called over TLS; undefined for without. */
  calling(): SecureCalling | 'unusable' | undefined;
  readonly openAssociation: (request: AssociationRequest) => Promise<Opening>;
  readonly sayOpening: (
    opening: Exclude<Opening, { kind: 'accepted' }>,
    titles: { readonly calling: string; readonly called: string },
  ) => PriorWord;
  readonly sayEnding: (ending: Ending) => PriorWord;
  readonly times?: Partial<ArchiveTimes>;
};

/** Milliseconds. */
export type ArchiveTimes = RequestTimeouts & {
  /** All the answers of one question. */
  readonly questionMs: number;
  /** Between two objects that come. */
  readonly objectMs: number;
  /** What it gets to end after C-CANCEL. */
  readonly heedMs: number;
};

export const archiveTimes: ArchiveTimes = {
  ...{ connectMs: 5_000, associateMs: 10_000, answerMs: 30_000, releaseMs: 2_000 },
  ...{ questionMs: 30_000, objectMs: 60_000, heedMs: 2_000 },
};

const mostSeries = 300;
const mostObjects = 5_000;

type Opened = { readonly association: OpenAssociation } | { readonly word: PriorWord };
type Asked = { readonly kind: 'answered'; readonly more: boolean; readonly unreadable: number } | Failed;
type Failed = { readonly kind: 'failed'; readonly word: PriorWord };

export function openDicomArchive(needs: DicomArchiveNeeds): Archive {
  const times = { ...archiveTimes, ...needs.times };

  const open = async (contexts: readonly ProposedContext[], signal: AbortSignal): Promise<Opened> => {
    const secure = needs.calling();
    if (secure === 'unusable') return { word: { key: 'own-certificate-unusable', params: {} } };
    const { host, port, calledAeTitle, callingAeTitle } = needs;
    try {
      const opening = await needs.openAssociation({
        ...{ host, port, calledAeTitle, callingAeTitle, contexts, timeouts: times, signal },
        ...(secure ? { secure } : {}),
      });
      if (opening.kind === 'accepted') return { association: opening.association };
      return { word: needs.sayOpening(opening, { calling: callingAeTitle, called: calledAeTitle }) };
    } catch (error) {
      if (isAborted(error)) return { word: stopped };
      throw error;
    }
  };

  /** One question of C-FIND; an end of the association is a failure unless enough had come. */
  const ask = async (
    association: OpenAssociation,
    request: Pick<FindRequest, 'level' | 'keys'> & { readonly most: number; onMatch(item: Identifier): void },
  ): Promise<Asked> => {
    const limit = new Limit(association, times);
    let count = 0;
    limit.within(times.questionMs);
    try {
      const found = await association.find({
        ...{ level: request.level ?? 'STUDY', keys: request.keys, mostMatches: request.most + 1, signal: limit.signal },
        onMatch: (item) => {
          count++;
          if (count > request.most) limit.stop();
          else request.onMatch(item);
        },
      });
      const more = count > request.most;
      if (more) return { kind: 'answered', more, unreadable: 0 };
      if (limit.isOver) return failed('too-slow');
      if (found.kind === 'not-accepted') return failed('query-not-offered');
      if (found.kind !== 'answered') return { kind: 'failed', word: plain(needs.sayEnding(found.ending)) };
      if (found.status !== 0) return failed('query-refused', hex(found.status), found.comment);
      return { kind: 'answered', more, unreadable: found.unreadable ?? 0 };
    } catch (error) {
      if (isAborted(error)) return { kind: 'failed', word: stopped };
      throw error;
    } finally {
      limit.end();
    }
  };

  const withQuery = async <T>(signal: AbortSignal, run: (association: OpenAssociation) => Promise<T>) => {
    const opened = await open([{ abstractSyntaxUid: studyRootFind, transferSyntaxUids: wireSyntaxes }], signal);
    if ('word' in opened) return { kind: 'failed', word: opened.word } as const;
    const { association } = opened;
    try {
      return await run(association);
    } finally {
      if (association.isOpen && !signal.aborted) await association.release();
    }
  };

  return {
    find: ({ PatientID, IssuerOfPatientID }, { most, onFound, signal }): Promise<FindEnd> =>
      withQuery(signal, async (association) => {
        let unreadable = 0;
        const end = await ask(association, {
          level: 'STUDY',
          keys: { ...studyKeys, ...setFor(PatientID + IssuerOfPatientID), PatientID, IssuerOfPatientID },
          most,
          onMatch(item) {
            const study = readStudy(item);
            if (study === undefined) unreadable++;
            else onFound(study.PatientID === '' || isOfPatientId(study.PatientID, PatientID) ? study : 'other-patient');
          },
        });
        return end.kind === 'answered' ? { ...end, unreadable: end.unreadable + unreadable } : end;
      }),

    list: (StudyInstanceUID, signal): Promise<ListEnd> =>
      withQuery(signal, async (association) => {
        const series: { readonly uid: string; readonly number: number }[] = [];
        const end = await ask(association, {
          level: 'SERIES',
          keys: { StudyInstanceUID, SeriesInstanceUID: '', SeriesNumber: '' },
          most: mostSeries,
          onMatch(item) {
            const uid = uidOf(item, 'SeriesInstanceUID');
            if (uid !== '') series.push({ uid, number: Number(item['SeriesNumber'] ?? 0) || 0 });
          },
        });
        if (end.kind === 'failed') return end;
        let { more } = end;
        const objects = new Map<string, ListedObject>();
        for (const { uid: SeriesInstanceUID } of series.sort((a, b) => a.number - b.number)) {
          const listed = await ask(association, {
            level: 'IMAGE',
            keys: { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID: '', SOPClassUID: '', InstanceNumber: '' },
            most: mostObjects - objects.size,
            onMatch(item) {
              const object = readListed(item, SeriesInstanceUID);
              if (object) objects.set(object.SOPInstanceUID, object);
            },
          });
          if (listed.kind === 'failed') return listed;
          more ||= listed.more;
          // After an early end the peer may go on talking for a while: what is listed so far is enough.
          if (listed.more) break;
        }
        return { kind: 'listed', objects: [...objects.values()], more };
      }),

    async fetch(StudyInstanceUID, objects, keeping, signal): Promise<PriorWord | null> {
      const contexts = contextsFor(objects.map(({ SOPClassUID }) => SOPClassUID));
      const opened = await open(
        [{ abstractSyntaxUid: studyRootGet, transferSyntaxUids: wireSyntaxes }, ...contexts],
        signal,
      );
      if ('word' in opened) return opened.word;
      const { association } = opened;
      try {
        for (const { uids, ...request } of requestsFor(StudyInstanceUID, objects, keeping.begun)) {
          const wanted = new Set(uids);
          const limit = new Limit(association, times);
          limit.within(times.objectMs);
          const got = await association.get({
            ...request,
            signal: limit.signal,
            offered(object) {
              // Each once, and only what was listed; what nobody asked for gives no more time.
              if (keeping.full() || !wanted.delete(object.sopInstanceUid)) return refusedObject;
              limit.within(times.objectMs);
              return keeping.target(object);
            },
          });
          limit.end();
          const full = keeping.full();
          if (full) return full;
          if (signal.aborted) return stopped;
          if (limit.isOver) return { key: 'too-slow', params: {} };
          if (got.kind === 'not-accepted') return { key: 'retrieve-not-offered', params: {} };
          if (got.kind !== 'answered') {
            // So do some that do not let a station fetch.
            if (got.ending.kind === 'aborted-by-peer' && wanted.size === uids.length)
              return { key: 'retrieve-broken-off', params: {} };
            return plain(needs.sayEnding(got.ending));
          }
          // B000H: some of them did not come, which the count shows.
          if (got.status !== 0 && got.status !== 0xb000 && !(got.completed ?? 0))
            return { key: 'retrieve-refused', params: { status: hex(got.status), comment: got.comment ?? '' } };
        }
        return null;
      } catch (error) {
        if (isAborted(error)) return stopped;
        throw error;
      } finally {
        if (association.isOpen && !signal.aborted) await association.release();
      }
    },
  };
}

/** UIDs in one request: the value of an element has 65,534 bytes at most. */
const mostUids = 200;

type Retrieval = {
  readonly level: 'SERIES' | 'IMAGE';
  readonly keys: Identifier;
  readonly uids: readonly string[];
};

/** A series at once; object by object where some of it is here. */
function requestsFor(
  StudyInstanceUID: string,
  objects: readonly ListedObject[],
  begun: ReadonlySet<string>,
): Retrieval[] {
  return [...Map.groupBy(objects, (object) => object.SeriesInstanceUID)].flatMap(
    ([SeriesInstanceUID, ofSeries]): Retrieval[] => {
      const keys = { StudyInstanceUID, SeriesInstanceUID };
      const uids = ofSeries.map(({ SOPInstanceUID }) => SOPInstanceUID);
      if (!begun.has(SeriesInstanceUID)) return [{ level: 'SERIES', keys, uids }];
      return Array.from({ length: Math.ceil(uids.length / mostUids) }, (_, n) => {
        const part = uids.slice(n * mostUids, (n + 1) * mostUids);
        return { level: 'IMAGE', keys: { ...keys, SOPInstanceUID: part }, uids: part };
      });
    },
  );
}

/** Ends a request in two steps: C-CANCEL, then an abort. */
class Limit {
  readonly #association: OpenAssociation;
  readonly #heedMs: number;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #heed: NodeJS.Timeout | undefined;
  isOver = false;

  constructor(association: OpenAssociation, { heedMs }: ArchiveTimes) {
    this.#association = association;
    this.#heedMs = heedMs;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** From now on; an earlier limit counts no more. */
  within(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.stop();
    }, ms);
  }

  stop(): void {
    this.#stop.abort();
    this.#heed ??= setTimeout(() => this.#association.abort(), this.#heedMs);
  }

  end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#heed);
  }
}

const studyKeys: Identifier = {
  ...{ StudyInstanceUID: '', StudyDate: '', StudyTime: '', StudyDescription: '', AccessionNumber: '' },
  ...{ ModalitiesInStudy: '', NumberOfStudyRelatedInstances: '' },
  ...{ PatientName: '', PatientBirthDate: '', PatientSex: '' },
};

/** A set need not be named for letters of every set; some peers know only few of them. */
const setFor = (asked: string): Identifier => ({ SpecificCharacterSet: /[^ -~]/.test(asked) ? 'ISO_IR 192' : '' });

export const stopped: PriorWord = { key: 'stopped', params: {} };
const hex = (status: number): string => status.toString(16).toUpperCase().padStart(4, '0');
const failed = (key: string, status?: string, comment = ''): Failed => ({
  kind: 'failed',
  word: { key, params: status === undefined ? {} : { status, comment } },
});
/** It said nothing about an image, for none was sent: words of its own. */
const plain = (word: PriorWord): PriorWord =>
  word.key === 'object-unanswered' ? { key: 'too-slow', params: {} } : word;
const isAborted = (error: unknown): boolean => error instanceof DOMException && error.name === 'AbortError';
