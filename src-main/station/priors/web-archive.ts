// An archive that is asked by QIDO-RS and gives by WADO-RS (PS3.18 10.6, 10.4).
//
// Guarantees: what it answers is bounded in bytes and in time; object by object, so that of a study there is never more in
// memory than one; a list longer than was asked for is cut and said to be. Refuses an object beyond 512 MiB.
import type { PriorWord } from '#contract/shapes/priors.ts';
import { isOfPatientId } from './identity.ts';
import type { Archive, ListedObject } from './ports.ts';
import { identifierOfJson, readListed, readStudy, uidOf } from './read-answer.ts';

export type WebAnswer =
  | { readonly kind: 'answered'; readonly status: number; readonly contentType: string; readonly body: Buffer }
  | { readonly kind: 'failed'; readonly word: PriorWord };

/** One service. Rejects with AbortError for the signal only. */
export type WebReader = {
  query(path: string, keys: Readonly<Record<string, string>>, signal: AbortSignal): Promise<WebAnswer>;
  retrieve(path: string, accept: string, mostBytes: number, signal: AbortSignal): Promise<WebAnswer>;
  close(): void;
};

const mostObjects = 5_000;
const mostObjectBytes = 512 * 1024 * 1024;
const fields = '00080061,00201208,00081030,00100021,00100030,00100040';
const anyEncoding = 'multipart/related; type="application/dicom"; transfer-syntax=*';

type Item = Readonly<Record<string, unknown>>;
type Listed = { readonly kind: 'listed'; readonly items: readonly Item[] } | Failed;
type Failed = { readonly kind: 'failed'; readonly word: PriorWord };

/** @param open a reader for one errand, which is closed with it. */
export function openWebArchive(open: () => WebReader): Archive {
  const withReader = async <T>(signal: AbortSignal, whenStopped: T, run: (reader: WebReader) => Promise<T>) => {
    const reader = open();
    try {
      return await run(reader);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return whenStopped;
      if (signal.aborted) return whenStopped;
      throw error;
    } finally {
      reader.close();
    }
  };
  const stopped: Failed = { kind: 'failed', word: { key: 'stopped', params: {} } };

  return {
    find: ({ PatientID, IssuerOfPatientID }, { most, onFound, signal }) =>
      withReader(signal, stopped, async (reader) => {
        const keys = {
          ...{ PatientID, limit: String(most + 1), includefield: fields },
          ...(IssuerOfPatientID === '' ? {} : { IssuerOfPatientID }),
        };
        const list = await listOf(reader, '/studies', keys, signal);
        if (list.kind === 'failed') return list;
        let unreadable = 0;
        for (const item of list.items.slice(0, most)) {
          const study = readStudy(identifierOfJson(item));
          if (study === undefined) unreadable++;
          else onFound(study.PatientID === '' || isOfPatientId(study.PatientID, PatientID) ? study : 'other-patient');
        }
        return { kind: 'answered', more: list.items.length > most, unreadable } as const;
      }),

    list: (StudyInstanceUID, signal) =>
      withReader(signal, stopped, async (reader) => {
        const keys = { limit: String(mostObjects + 1), includefield: '00080016' };
        const list = await listOf(reader, `/studies/${StudyInstanceUID}/instances`, keys, signal);
        if (list.kind === 'failed') return list;
        const objects = new Map<string, ListedObject>();
        for (const item of list.items.slice(0, mostObjects)) {
          const said = identifierOfJson(item);
          const object = readListed(said, uidOf(said, 'SeriesInstanceUID'));
          if (object) objects.set(object.SOPInstanceUID, object);
        }
        return { kind: 'listed', objects: [...objects.values()], more: list.items.length > mostObjects } as const;
      }),

    fetch: (StudyInstanceUID, objects, keeping, signal) =>
      withReader<PriorWord | null>(signal, stopped.word, async (reader) => {
        for (const object of objects) {
          const full = keeping.full();
          if (full) return full;
          const { SeriesInstanceUID, SOPInstanceUID } = object;
          const path = `/studies/${StudyInstanceUID}/series/${SeriesInstanceUID}/instances/${SOPInstanceUID}`;
          const answer = await reader.retrieve(path, anyEncoding, mostObjectBytes, signal);
          if (answer.kind === 'failed') return answer.word;
          // One that it does not give keeps the others from nobody.
          if (answer.status === 404 || answer.status === 410 || answer.status === 406) continue;
          if (answer.status !== 200) return { key: 'web-status', params: { status: answer.status } };
          const bytes = firstPart(answer.body, answer.contentType);
          if (bytes) await keeping.file(object, bytes);
        }
        return keeping.full() ?? null;
      }),
  };
}

async function listOf(
  reader: WebReader,
  path: string,
  keys: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Listed> {
  const answer = await reader.query(path, keys, signal);
  if (answer.kind === 'failed') return answer;
  const { status, body, contentType } = answer;
  if (status === 204 || (status === 200 && body.length === 0)) return { kind: 'listed', items: [] };
  if (status !== 200 && status !== 206) return { kind: 'failed', word: { key: 'web-status', params: { status } } };
  const items = readJson(body, contentType);
  if (!Array.isArray(items)) return { kind: 'failed', word: { key: 'answer-unreadable', params: {} } };
  return { kind: 'listed', items: items.filter((item): item is Item => typeof item === 'object' && item !== null) };
}

function readJson(body: Buffer, contentType: string): unknown {
  if (!/^application\/(dicom\+)?json\b/i.test(contentType.trim())) return undefined;
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** The bytes of the first part of multipart/related (RFC 2046 5.1.1), or of a plain answer; undefined for anything else. */
export function firstPart(body: Buffer, contentType: string): Buffer | undefined {
  if (/^application\/dicom\b/i.test(contentType.trim())) return body;
  const found = /^multipart\/related\b.*?;\s*boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType.trim());
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined) return undefined;
  const start = body.indexOf(`--${boundary}\r\n`, 0, 'latin1');
  if (start < 0) return undefined;
  const head = body.indexOf('\r\n\r\n', start, 'latin1');
  if (head < 0 || head - start > 8192) return undefined;
  const end = body.indexOf(`\r\n--${boundary}`, head + 4, 'latin1');
  return end < 0 ? undefined : body.subarray(head + 4, end);
}
