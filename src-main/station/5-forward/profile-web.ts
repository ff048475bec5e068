// The examination of a DICOMweb destination: whether it is there and lets us in, answers queries, takes objects, and, when a
// person wants it, what becomes of a test image.
//
// Guarantees: whatever it answers becomes a line; nothing is stored unless `sendTestImage`: that it takes objects is asked
// with a request that holds none. Throws AbortError for its signal only.
import { createHash } from 'node:crypto';
import type { WebSetting } from '#contract/shapes/web.ts';
import type { SecureCalling } from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { statusText } from './classification.ts';
import type { ForwardPorts, RevisionBytes } from './ports.ts';
import type { Found } from './profile-association.ts';
import { makeTestImage, secondaryCaptureClass, testDescription, testPatientName } from './profile-image.ts';
import type { Report } from './profile-line.ts';
import type { WebTimeouts } from './web/exchange.ts';
import { multipartBody } from './web/multipart.ts';
import { askWhetherThere } from './web/question.ts';
import { classifyOutcome, unreadable, WebService, type Asked } from './web/service.ts';
import { readJson, readStoreAnswer } from './web/store-answer.ts';

export type WebExamination = {
  readonly clock: Clock;
  readonly ports: Pick<ForwardPorts, 'readSecret'>;
  readonly report: Report;
  readonly web: WebSetting;
  readonly confirm: string;
  readonly secure: SecureCalling | undefined;
  readonly calling: string;
  readonly sendTestImage: boolean;
  readonly timeouts: WebTimeouts;
  readonly signal: AbortSignal;
};

export async function examineByWeb(work: WebExamination, learn: (found: Partial<Found>) => void): Promise<void> {
  const { report, web, ports, secure, signal, timeouts, confirm } = work;
  let seen: { readonly version: string; readonly subject: string } | undefined;
  const calling = secure && {
    ...secure,
    onPeerCertificate: ({ subject }: { readonly subject: string }, version: string) => (seen = { version, subject }),
  };
  const service = new WebService({ web, calling: () => calling, readSecret: ports.readSecret, timeouts });
  try {
    report.begin();
    const there = await askWhetherThere(service, signal);
    if (seen) report.say('tls', 'well', 'tls-web', { ...seen });
    if (there.kind === 'not-there') return report.answered('web', there.verdict.answer);
    report.say('web', 'well', web.auth.kind === 'none' ? 'web-reached' : 'web-let-in', { address: web.baseUrl });
    const query = there.queries === 'answered';
    learn({ query, commitment: false, suggestedConfirm: query && confirm !== 'query' ? 'query' : null });
    if (there.queries === 'answered') report.say('query-web', 'well', 'query-offered');
    else report.answered('query-web', there.queries, confirm === 'query' ? 'bad' : 'note');
    if (query && confirm === 'none') report.say('query-web', 'note', 'suggest-query');
    if (!(await takesObjects(work, service)) || !work.sendTestImage) return;
    await storeImage(work, service, learn);
  } finally {
    service.close();
  }
}

/** Of a service that would take objects and was given none. */
const wellForNothing: ReadonlySet<number> = new Set([200, 202, 204, 400, 409, 422]);

async function takesObjects({ report, calling, signal }: WebExamination, service: WebService): Promise<boolean> {
  const body = multipartBody([], calling);
  const outcome = await service.store(body, () => body.pieces(), signal);
  const takes = outcome.kind === 'answered' && wellForNothing.has(outcome.status);
  if (takes) report.say('store-web', 'well', 'store-offered', { status: outcome.status });
  else report.answered('store-web', verdictOf(outcome).answer);
  return takes;
}

const verdictOf = (outcome: Asked) => (outcome.kind === 'source-failed' ? unreadable(false) : classifyOutcome(outcome));

async function storeImage(
  work: WebExamination,
  service: WebService,
  learn: (found: Partial<Found>) => void,
): Promise<void> {
  const { report, clock, calling, signal } = work;
  const image = makeTestImage(clock.now());
  learn({ testStudyInstanceUID: image.StudyInstanceUID });
  const revision: RevisionBytes = {
    sopClassUid: secondaryCaptureClass,
    sopInstanceUid: image.SOPInstanceUID,
    transferSyntaxUid: image.transferSyntaxUid,
    dataSetLength: image.bytes.length,
    dataSetSha256: createHash('sha256').update(image.bytes).digest('hex'),
    async *stream() {
      yield image.bytes;
    },
  };
  for (const step of ['test-image', 'twice'] as const) {
    report.begin();
    const body = multipartBody([revision], calling);
    const outcome = await service.store(body, () => body.pieces(), signal);
    if (outcome.kind !== 'answered' || outcome.early) return report.answered(step, verdictOf(outcome).answer);
    const answer = readStoreAnswer(outcome.body, outcome.contentType);
    const failed = answer.kind === 'read' ? answer.failed.get(image.SOPInstanceUID) : undefined;
    const isTaken = outcome.status < 300 && failed === undefined;
    const params = { status: failed === undefined ? String(outcome.status) : statusText(failed) };
    if (step === 'twice') {
      report.say(
        step,
        isTaken || failed === 0x0111 ? 'well' : 'bad',
        isTaken ? 'twice-taken' : 'twice-refused',
        params,
      );
    } else if (isTaken) {
      const speedBytes = Math.round((image.bytes.length * 1000) / report.tookMs);
      report.say(step, 'well', 'test-stored', { speedBytes, study: image.StudyInstanceUID });
    } else return report.say(step, 'bad', 'test-refused', params);
  }
  await compareText(work, service, image.StudyInstanceUID);
}

async function compareText({ report, signal }: WebExamination, service: WebService, study: string): Promise<void> {
  const keys = { StudyInstanceUID: study, includefield: '00081030' };
  const outcome = await service.query('/studies', keys, signal);
  if (outcome.kind !== 'answered') return report.answered('character-set', verdictOf(outcome).answer);
  const parsed = readJson(outcome.body, outcome.contentType);
  const first: unknown = Array.isArray(parsed) ? parsed[0] : undefined;
  if (first === undefined) return report.say('character-set', 'bad', 'not-found-by-query');
  const [name, description] = [textIn(first, '00100010'), textIn(first, '00081030')];
  if (description === '' && name === testPatientName) return report.say('character-set', 'note', 'text-not-told');
  const isSame = name === testPatientName && description === testDescription;
  const params = { sent: testDescription, got: description.slice(0, 64) };
  report.say('character-set', isSame ? 'well' : 'bad', isSame ? 'text-same' : 'text-changed', params);
}

/** The first value of an attribute in DICOM JSON (PS3.18 F.2), as text. */
function textIn(record: unknown, tag: string): string {
  const element: unknown = (record as Readonly<Record<string, unknown>> | null)?.[tag];
  const [value] = ((element as { readonly Value?: unknown } | undefined)?.Value ?? []) as readonly unknown[];
  const text = typeof value === 'object' && value !== null ? (value as { Alphabetic?: unknown }).Alphabetic : value;
  return typeof text === 'string' ? text.trim() : '';
}
