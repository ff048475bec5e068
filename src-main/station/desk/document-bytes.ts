// Bytes of documents, videos and waveforms by URL, in ranges (RFC 9110 14.2): one range, or all.
//
//     GET /api/objects/{id}/document                        what the object encloses, never as a page of ours
//     GET /api/objects/{id}/video                           the video without the fragments around it
//     GET /api/objects/{id}/samples/{group}?from=&count=    samples of a waveform, 32-bit floats, channel after channel
import { Problem } from '#station/kit/problem.ts';

/** Of a request for bytes only what is needed here: bytes.ts knows the whole. */
type Asked = { readonly query: URLSearchParams; readonly range?: string | undefined };
type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | AsyncIterable<Uint8Array>;
};

export type StretchAnswer = {
  readonly sizeBytes: number;
  readonly mediaType: string;
  stream(from: number, to: number): AsyncIterable<Uint8Array>;
};

export type DocumentSources = {
  enclosed(objectId: string): Promise<StretchAnswer>;
  video(objectId: string): Promise<StretchAnswer>;
  samples(objectId: string, group: number, from: number, count: number): Promise<Uint8Array>;
};

/** A document of a stranger may not run, load, send or open anything, and only our own window may show it. */
const lockedIn = "sandbox; default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'";

/** Types that a window may be given as what they are; any other is bytes to be saved. */
const shown: ReadonlySet<string> = new Set(['application/pdf', 'video/mp4']);

/** Undefined for any other path. */
export async function answerDocument(
  sources: DocumentSources,
  request: Asked,
  { id, what, number }: { readonly id: string; readonly what: string; readonly number: string },
): Promise<Answer | undefined> {
  if (what === 'samples') return sendSamples(sources, request, id, number);
  if (number !== '' || (what !== 'document' && what !== 'video')) return undefined;
  const found = await (what === 'video' ? sources.video(id) : sources.enclosed(id));
  const isCopy = request.query.get('copy') !== null;
  const isPdf = found.mediaType === 'application/pdf';
  const headers = {
    'Content-Type': shown.has(found.mediaType) && !isCopy ? found.mediaType : 'application/octet-stream',
    'Content-Security-Policy': lockedIn,
    'Cache-Control': 'private, no-store',
    'Accept-Ranges': 'bytes',
    ...(isCopy || !shown.has(found.mediaType)
      ? { 'Content-Disposition': `attachment; filename="${id}.${isPdf ? 'pdf' : what === 'video' ? 'mp4' : 'bin'}"` }
      : {}),
  };
  const range = rangeOf(request.range, found.sizeBytes);
  if (range === 'beyond') {
    return { status: 416, headers: { 'Content-Range': `bytes */${found.sizeBytes}` }, body: new Uint8Array() };
  }
  const { from, to } = range ?? { from: 0, to: found.sizeBytes };
  return {
    status: range === null ? 200 : 206,
    headers: {
      ...headers,
      'Content-Length': String(to - from),
      ...(range === null ? {} : { 'Content-Range': `bytes ${from}-${to - 1}/${found.sizeBytes}` }),
    },
    body: found.stream(from, to),
  };
}

/** `to` is behind the last byte. Null: all of it, also for what is no range we know. */
export function rangeOf(
  said: string | undefined,
  sizeBytes: number,
): { readonly from: number; readonly to: number } | 'beyond' | null {
  const found = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(said?.trim() ?? '');
  if (!found || (found[1] === '' && found[2] === '')) return null;
  const first = found[1] === '' ? Math.max(0, sizeBytes - Number(found[2])) : Number(found[1]);
  const last = found[1] === '' || found[2] === '' ? sizeBytes - 1 : Math.min(Number(found[2]), sizeBytes - 1);
  return first >= sizeBytes || first > last ? 'beyond' : { from: first, to: last + 1 };
}

async function sendSamples(sources: DocumentSources, { query }: Asked, id: string, group: string): Promise<Answer> {
  const [from, count] = ['from', 'count'].map((name) => query.get(name) ?? '');
  if (![group, from, count].every((one) => one !== undefined && /^\d{1,10}$/.test(one))) {
    throw new Problem('input-invalid', { field: 'samples', expected: 'a group, from and count' });
  }
  const body = await sources.samples(id, Number(group), Number(from), Number(count));
  return {
    status: 200,
    headers: { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'private, max-age=3600' },
    body,
  };
}
