// One DICOMweb service: where it is, who we are to it, and the requests that we make.
//
// Guarantees: a password or token leaves only for the service it was set for, is read anew for each request, and appears
// in no outcome and no log; every request ends with an outcome. The user closes it.
import type { WebAuth, WebSetting } from '#contract/shapes/web.ts';
import type { SecureCalling } from '#station/dicom/network/index.ts';
import { isProblem } from '#station/kit/problem.ts';
import { classifyError, type Verdict } from '../classification.ts';
import type { ForwardPorts } from '../ports.ts';
import { dialerOf, type Dialer } from './dialer.ts';
import { WebLine, type WebOutcome, type WebTimeouts } from './exchange.ts';
import { classifyHttp, type WebVerdict } from './http-classification.ts';
import type { MultipartBody } from './multipart.ts';

export type ServiceNeeds = {
  readonly web: Pick<WebSetting, 'baseUrl' | 'auth'>;
  /** How it is called over TLS; undefined for those whom the runtime trusts and no certificate of ours. */
  calling(): SecureCalling | 'unusable' | undefined;
  readonly readSecret: ForwardPorts['readSecret'];
  readonly timeouts?: WebTimeouts | undefined;
};

export type Asked = WebOutcome | { readonly kind: 'no-secret' };

/** Answers of a query; a longer list is asked for piece by piece. */
const mostListBytes = 16 * 1024 * 1024;
const mostStoreAnswerBytes = 8 * 1024 * 1024;
/** A body shorter than this costs less than asking whether it is wanted. */
const askFirstFromBytes = 256 * 1024;

export class WebService {
  readonly #needs: ServiceNeeds;
  readonly #dialer: Dialer;
  readonly #line: WebLine;
  /** Some never say that they take a body. */
  #isAsked = true;

  constructor(needs: ServiceNeeds) {
    this.#needs = needs;
    this.#dialer = dialerOf(needs.web.baseUrl, needs.calling);
    this.#line = new WebLine(this.#dialer, needs.timeouts);
  }

  close(): void {
    this.#line.close();
  }

  /** STOW-RS (PS3.18 10.5). */
  async store(body: MultipartBody, pieces: () => AsyncIterable<Buffer>, signal: AbortSignal): Promise<Asked> {
    const authorization = await this.#authorization();
    if (authorization === 'unusable') return { kind: 'no-secret' };
    const askFirst = this.#isAsked && body.lengthBytes >= askFirstFromBytes;
    const outcome = await this.#line.exchange({
      method: 'POST',
      target: `${this.#dialer.path}/studies`,
      headers: { ...authorization, accept: 'application/dicom+json', 'content-type': body.contentType },
      body: { lengthBytes: body.lengthBytes, pieces },
      askFirst,
      mostAnswerBytes: mostStoreAnswerBytes,
      signal,
    });
    if (outcome.kind !== 'answered' || !askFirst) return outcome;
    if (outcome.saidContinue === false && (!outcome.early || outcome.status === 417)) this.#isAsked = false;
    return outcome.status === 417 ? this.store(body, pieces, signal) : outcome;
  }

  /** QIDO-RS (PS3.18 10.6). @param path behind the base, beginning with a slash. */
  async query(path: string, keys: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Asked> {
    const authorization = await this.#authorization();
    if (authorization === 'unusable') return { kind: 'no-secret' };
    return this.#line.exchange({
      method: 'GET',
      target: `${this.#dialer.path}${path}?${new URLSearchParams(keys).toString()}`,
      headers: { ...authorization, accept: 'application/dicom+json' },
      mostAnswerBytes: mostListBytes,
      signal,
    });
  }

  /** WADO-RS (PS3.18 10.4): what is at a path, in the form of `accept`, whole in memory. */
  async retrieve(path: string, accept: string, mostBytes: number, signal: AbortSignal): Promise<Asked> {
    const authorization = await this.#authorization();
    if (authorization === 'unusable') return { kind: 'no-secret' };
    return this.#line.exchange({
      method: 'GET',
      target: `${this.#dialer.path}${path}`,
      headers: { ...authorization, accept },
      mostAnswerBytes: mostBytes,
      signal,
    });
  }

  async #authorization(): Promise<Readonly<Record<string, string>> | 'unusable'> {
    const { auth } = this.#needs.web;
    if (auth.kind === 'none') return {};
    try {
      const secret = await this.#needs.readSecret?.(auth);
      return secret === undefined ? 'unusable' : { authorization: headerOf(auth, secret) };
    } catch (error) {
      if (isProblem(error)) return 'unusable';
      throw error;
    }
  }
}

function headerOf({ kind, user = '' }: WebAuth, secret: string): string {
  return kind === 'basic' ? `Basic ${Buffer.from(`${user}:${secret}`, 'utf8').toString('base64')}` : `Bearer ${secret}`;
}

/** What an outcome means when it is not to be read instance by instance; `answered` by its status alone. */
export function classifyOutcome(outcome: Exclude<Asked, { readonly kind: 'source-failed' }>): WebVerdict {
  switch (outcome.kind) {
    case 'answered':
      // Nobody can know of a whole body that it has not got.
      return outcome.early && outcome.status < 300 ? about('objects', unreadable(true)) : classifyHttp(outcome.status);
    case 'unreachable':
      return about('request', classifyError(outcome.code));
    case 'lost':
      return aboutLost(classifyError(outcome.code, outcome.sentBody), outcome.sentBody);
    case 'timed-out':
      return about('objects', {
        class: 'transient',
        answer: { key: 'object-unanswered', params: {} },
        mayHaveArrived: outcome.sentBody,
      });
    case 'unreadable':
      return aboutLost(unreadable(outcome.sentBody), outcome.sentBody);
    case 'no-secret':
      return about('request', {
        class: 'destination',
        answer: { key: 'web-secret-unusable', params: {} },
        mayHaveArrived: false,
      });
  }
}

export const unreadable = (mayHaveArrived: boolean): Verdict => ({
  class: 'unknown',
  answer: { key: 'answer-unreadable', params: {} },
  mayHaveArrived,
});

const about = (what: WebVerdict['about'], found: Verdict): WebVerdict => ({ ...found, about: what });

/** One of the objects may have been too much for it, unless none had begun or it does not let us in at all. */
const aboutLost = (found: Verdict, sentBody: boolean): WebVerdict =>
  about(sentBody && found.class !== 'destination' ? 'objects' : 'request', found);
