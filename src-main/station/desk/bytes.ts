// The byte paths of the letterbox: what is too large for a message goes by URL, the same in both porches.
//
//     GET  /api/objects/{id}/file[?revision=latest]   Part 10 file as received, or as it leaves
//     GET  /api/objects/{id}/thumbnail                small picture
//     GET  /api/objects/{id}/frames/{n}               raw frame, tables behind it; its shape is in X-Safelight-Frame
//     GET  /api/objects/{id}/document, /video, /samples/{n}   see document-bytes.ts
//     GET  /api/priors/{id}/frames/{n}                the same of an object of an earlier exam from an archive
//     GET  /api/statistics/{table}.csv, report.pdf    figures as a file (contract/procedures-statistics.ts)
//     PUT  /api/uploads/{batch}/{n}?name=PATH         one file of a batch
//     POST /api/uploads/{batch}/import                the batch becomes an import
import type { ImportReport } from '#contract/shapes/station.ts';
import { isId } from '#station/kit/ids.ts';
import type { Log } from '#station/kit/log.ts';
import { newId } from '#station/kit/ids.ts';
import { Problem } from '#station/kit/problem.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import { answerDocument, type DocumentSources } from './document-bytes.ts';

export type BytesRequest = {
  readonly method: string;
  readonly pathname: string;
  readonly query: URLSearchParams;
  /** The Range header, where there is one. */
  readonly range?: string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
};

export type BytesAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
};

export type PictureAnswer = { readonly type: string; readonly bytes: Uint8Array };
/** `attached` follows the bytes: tables and planes that the shape tells of. */
export type FrameAnswer = { readonly shape: object; readonly bytes: Uint8Array; readonly attached?: Uint8Array };
/** The bytes of a frame, and all that says how to read them. */
export const asFrameAnswer = ({ bytes, attached, ...shape }: RawFrame): FrameAnswer => ({
  ...{ shape, bytes },
  ...(attached ? { attached } : {}),
});
export type FileAnswer = { readonly sizeBytes: number; readonly stream: AsyncIterable<Uint8Array> };

/** Where the bytes come from. Each throws Problem('not-found') for an id that means nothing here. */
export type ByteSources = {
  readonly documents: DocumentSources;
  file(objectId: string, revision: 'received' | 'latest'): Promise<FileAnswer>;
  thumbnail(objectId: string): Promise<PictureAnswer>;
  frame(objectId: string, frame: number): Promise<FrameAnswer>;
  /** Of an object in the cache of earlier exams. */
  priorFrame?(objectId: string, frame: number): Promise<FrameAnswer>;
  document(
    name: string,
    query: URLSearchParams,
  ): Promise<{ readonly type: string; readonly fileName: string; readonly bytes: Uint8Array }>;
  takeUpload(batch: string, number: number, name: string, body: AsyncIterable<Uint8Array>): Promise<void>;
  importUploads(batch: string): Promise<ImportReport>;
};

export type ByteDesk = (request: BytesRequest) => Promise<BytesAnswer | undefined>;

/** Answers the byte paths; undefined for any other path. Problems become JSON with their status, never a throw. */
export function openByteDesk(sources: ByteSources, log: Log): ByteDesk {
  return async (request) => {
    try {
      return await answer(request, sources);
    } catch (error) {
      if (error instanceof Problem) return json(error.kind.status, error.toNote());
      const incident = newId();
      log.error('bytes-failed', { incident }, error);
      return json(500, { code: 'internal', params: { incident }, incident });
    }
  };
}

async function answer(request: BytesRequest, sources: ByteSources): Promise<BytesAnswer | undefined> {
  const [, api, subject, id = '', what = '', number = '', more] = request.pathname.split('/');
  if (api !== 'api' || more !== undefined) return undefined;
  if (subject === 'objects' && request.method === 'GET') {
    if (what === 'file' && number === '') return sendFile(sources, objectId(id), request.query.get('revision'));
    if (what === 'thumbnail' && number === '') {
      const { type, bytes } = await sources.thumbnail(objectId(id));
      return { status: 200, headers: { 'Content-Type': type, 'Cache-Control': 'private, max-age=86400' }, body: bytes };
    }
    if (what === 'frames') return sendFrame(sources.frame, objectId(id), number);
    return answerDocument(sources.documents, request, { id: objectId(id), what, number });
  }
  if (subject === 'priors' && request.method === 'GET' && what === 'frames' && sources.priorFrame)
    return sendFrame(sources.priorFrame, objectId(id), number);
  if (subject === 'statistics' && request.method === 'GET' && what === '' && /\.(csv|pdf)$/.test(id)) {
    return sendDocument(sources, id, request.query);
  }
  if (subject === 'uploads') {
    if (request.method === 'PUT' && number === '') return takeUpload(request, sources, batchId(id), what);
    if (request.method === 'POST' && what === 'import' && number === '') {
      return json(200, await sources.importUploads(batchId(id)));
    }
  }
  return undefined;
}

async function sendFile(sources: ByteSources, id: string, revision: string | null): Promise<BytesAnswer> {
  if (revision !== null && revision !== 'latest') {
    throw new Problem('input-invalid', { field: 'revision', expected: 'latest' });
  }
  const file = await sources.file(id, revision ?? 'received');
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/dicom',
      'Content-Length': String(file.sizeBytes),
      'Content-Disposition': `attachment; filename="${id}.dcm"`,
    },
    body: file.stream,
  };
}

async function sendDocument(sources: ByteSources, name: string, query: URLSearchParams): Promise<BytesAnswer> {
  const { type, fileName, bytes } = await sources.document(name, query);
  return {
    status: 200,
    headers: {
      'Content-Type': type,
      'Content-Length': String(bytes.byteLength),
      'Content-Disposition': `attachment; filename="${fileName}"`,
      'Cache-Control': 'no-store',
    },
    body: bytes,
  };
}

async function sendFrame(frame: ByteSources['frame'], id: string, number: string): Promise<BytesAnswer> {
  if (!/^\d{1,7}$/.test(number)) {
    throw new Problem('input-invalid', { field: 'frame', expected: 'a frame number from 0' });
  }
  const { shape, bytes, attached } = await frame(id, Number(number));
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'X-Safelight-Frame': asciiJson(shape),
      'Cache-Control': 'private, max-age=86400',
    },
    body: attached ? oneAfterTheOther(bytes, attached) : bytes,
  };
}

async function* oneAfterTheOther(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

/** A header carries ASCII only; names of windows and overlays are written by strangers. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

async function takeUpload(
  request: BytesRequest,
  sources: ByteSources,
  batch: string,
  number: string,
): Promise<BytesAnswer> {
  if (!/^\d{1,6}$/.test(number)) {
    throw new Problem('input-invalid', { field: 'number', expected: 'a number from 0 to 999999' });
  }
  const name = (request.query.get('name') ?? '').slice(0, 1024);
  await sources.takeUpload(batch, Number(number), name, request.body);
  return { status: 204, headers: {}, body: new Uint8Array() };
}

function objectId(id: string): string {
  if (!isId(id)) throw new Problem('not-found', { what: 'object' });
  return id;
}

function batchId(id: string): string {
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
    throw new Problem('input-invalid', { field: 'batch', expected: 'a UUID in lower case' });
  }
  return id;
}

function json(status: number, value: unknown): BytesAnswer {
  return { status, headers: { 'Content-Type': 'application/json' }, body: Buffer.from(JSON.stringify(value)) };
}
