// One call at a worklist: an association, the queries of one question one after the other, and its end.
//
// Guarantees: ends with an outcome whatever the peer does; what it sends beyond the most that is wanted, or after the
// question was withdrawn, is stopped by C-CANCEL (PS3.4 K.4.1.2), and by an abort when that is not heeded. Nothing is
// kept of answers here: each is read and handed on as it comes.
import type { PeerAnswer } from '#contract/shapes/answer-keys.ts';
import type { SaidByWorklist, WorklistSetting } from '#contract/shapes/worklists.ts';
import { explicitLittleEndian, implicitLittleEndian } from '#station/dicom/index.ts';
import type {
  AssociationRequest,
  Ending,
  Identifier,
  OpenAssociation,
  Opening,
  RequestTimeouts,
  SecureCalling,
} from '#station/dicom/network/index.ts';
import { worklistKeys, type WorklistWish } from './query-keys.ts';

export const worklistClass = '1.2.840.10008.5.1.4.31';
export const verificationClass = '1.2.840.10008.1.1';

export type WorklistPorts = {
  readonly openAssociation: (request: AssociationRequest) => Promise<Opening>;
  /** How a worklist with TLS is called. Rejects with the Problem of its files. */
  readonly readCalling?: (tls: NonNullable<WorklistSetting['tls']>) => Promise<SecureCalling>;
  /** What a peer's answer means, in words of the house. */
  readonly sayOpening: (
    opening: Exclude<Opening, { kind: 'accepted' }>,
    titles: { readonly calling: string; readonly called: string },
  ) => PeerAnswer;
  readonly sayEnding: (ending: Ending) => PeerAnswer;
  /** Others in tests. */
  readonly timeouts?: RequestTimeouts;
  /** How long a peer may go on after C-CANCEL. */
  readonly heedMs?: number;
};

export type Question = {
  readonly setting: WorklistSetting;
  readonly callingAeTitle: string;
  readonly wishes: readonly WorklistWish[];
  /** True: the next wish only when those before brought nothing. */
  readonly untilFound?: boolean;
  /** Answers that are wanted at most. */
  readonly most: number;
  onItem(item: Identifier): void;
  /** Withdraws the question. */
  readonly signal: AbortSignal;
};

export type CallOutcome =
  | { readonly kind: 'answered'; readonly complete: boolean; readonly items: number; readonly unreadable: number }
  | { readonly kind: 'failed'; readonly answer: SaidByWorklist }
  | { readonly kind: 'withdrawn' };

const timeouts: RequestTimeouts = { connectMs: 5_000, associateMs: 10_000, answerMs: 60_000, releaseMs: 2_000 };
const heedMs = 1_000;

/** Never rejects, but for the Problem of certificate files. */
export async function callWorklist(ports: WorklistPorts, question: Question): Promise<CallOutcome> {
  const opening = await openWorklist(ports, question, [worklistClass]);
  if (opening === 'withdrawn') return { kind: 'withdrawn' };
  if ('answer' in opening) return { kind: 'failed', answer: opening.answer };
  const { association } = opening;
  const stop = abortUnheeded(association, question.signal, ports.heedMs ?? heedMs);
  try {
    return await ask(ports, association, question);
  } finally {
    stop();
    if (association.isOpen) await association.release();
  }
}

/** Opens an association, or says why not. */
export async function openWorklist(
  ports: WorklistPorts,
  { setting, callingAeTitle, signal }: Pick<Question, 'setting' | 'callingAeTitle' | 'signal'>,
  classes: readonly string[],
): Promise<'withdrawn' | { readonly answer: SaidByWorklist } | { readonly association: OpenAssociation }> {
  if (signal.aborted) return 'withdrawn';
  const calling = setting.callingAeTitle ?? callingAeTitle;
  const secure = setting.tls && (await ports.readCalling?.(setting.tls));
  if (setting.tls && !secure) return { answer: { key: 'own-certificate-unusable', params: { code: '' } } };
  // Withdrawn while it is being opened: the socket is closed, nothing was asked yet. Afterwards C-CANCEL goes first.
  const whileOpening = new AbortController();
  const withdraw = () => whileOpening.abort();
  signal.addEventListener('abort', withdraw, { once: true });
  try {
    const opening = await ports.openAssociation({
      ...{ host: setting.host, port: setting.port, callingAeTitle: calling, calledAeTitle: setting.aeTitle },
      contexts: classes.map((abstractSyntaxUid) => ({
        abstractSyntaxUid,
        transferSyntaxUids: [explicitLittleEndian, implicitLittleEndian],
      })),
      timeouts: { ...timeouts, ...ports.timeouts },
      signal: whileOpening.signal,
      ...(secure ? { secure } : {}),
    });
    if (opening.kind === 'accepted') return { association: opening.association };
    const { key, params } = ports.sayOpening(opening, { calling, called: setting.aeTitle });
    return { answer: { key, params: { ...params } } };
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return 'withdrawn';
    throw error;
  } finally {
    signal.removeEventListener('abort', withdraw);
  }
}

async function ask(ports: WorklistPorts, association: OpenAssociation, question: Question): Promise<CallOutcome> {
  const { signal, most } = question;
  let items = 0;
  let unreadable = 0;
  if (!association.accepts(worklistClass))
    return { kind: 'failed', answer: { key: 'worklist-not-offered', params: {} } };
  for (const wish of question.wishes) {
    if (signal.aborted) return { kind: 'withdrawn' };
    if (question.untilFound && items > 0) break;
    if (items >= most) return { kind: 'answered', complete: false, items, unreadable };
    const found = await association.find({
      ...{ sopClassUid: worklistClass, keys: worklistKeys(wish), mostMatches: most - items, signal },
      onMatch: (item) => {
        items++;
        question.onItem(item);
      },
    });
    if (signal.aborted) return { kind: 'withdrawn' };
    if (found.kind === 'not-accepted') return { kind: 'failed', answer: { key: 'worklist-not-offered', params: {} } };
    if (found.kind !== 'answered') return { kind: 'failed', answer: plainAnswer(ports.sayEnding(found.ending)) };
    unreadable += found.unreadable ?? 0;
    if (!found.complete) return { kind: 'answered', complete: false, items, unreadable };
    // FE00 is the answer to a cancel; anything else that is not 0 is a failure (PS3.4 table K.4-2).
    if (found.status !== 0) {
      const status = found.status.toString(16).toUpperCase().padStart(4, '0');
      return { kind: 'failed', answer: { key: 'worklist-refused', params: { status, comment: found.comment ?? '' } } };
    }
  }
  return { kind: 'answered', complete: true, items, unreadable };
}

/** It said nothing about an image, for none was asked about: words of its own for an unanswered query. */
function plainAnswer({ key, params }: PeerAnswer): SaidByWorklist {
  return key === 'object-unanswered' ? { key: 'worklist-unanswered', params: {} } : { key, params: { ...params } };
}

function abortUnheeded(association: OpenAssociation, signal: AbortSignal, ms: number): () => void {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    timer = setTimeout(() => association.abort(), ms);
  };
  signal.addEventListener('abort', begin, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', begin);
  };
}
