// A destination in memory that answers as the test says, in place of the network.
import type {
  AssociationRequest,
  CommitmentReport,
  Ending,
  Identifier,
  OpenAssociation,
  Opening,
  RequestOutcome,
  StoreRequest,
} from '#station/dicom/network/index.ts';

export type Kept = { readonly uid: string; readonly bytes: Buffer };

export type FakePeer = {
  /** What it holds, every arrival. */
  readonly kept: Kept[];
  readonly asked: { readonly transactionUid: string; readonly uids: readonly string[] }[];
  associations: number;
  echoes: number;
  queries: Identifier[];
  /** How it answers an association; accepts when it gives nothing. */
  onOpen: (request: AssociationRequest) => Exclude<Opening, { kind: 'accepted' }> | undefined;
  /** How it answers an object that came whole; `abort` ends the association instead. */
  onStore: (uid: string) => number | 'abort' | 'lost';
  accepts: (abstractSyntaxUid: string, transferSyntaxUid: string | undefined) => boolean;
  /** The report it gives on the same association, or nothing. */
  onAsked: (transactionUid: string, uids: readonly string[]) => CommitmentReport | undefined;
  actionStatus: number;
  findStatus: number;
  /** Whether a query shows an object that it holds. */
  shows: (uid: string) => boolean;
  /** Waited for before the answer to each object. */
  pace: (uid: string) => Promise<void>;
  /** Never says anything about such an object. */
  hangs: (uid: string) => boolean;
  /** Associations that are open now, and what came over which of all. */
  openNow: number;
  readonly cameOver: { readonly uid: string; readonly association: number }[];
  open(request: AssociationRequest): Promise<Opening>;
};

export function fakePeer(): FakePeer {
  const peer: FakePeer = {
    kept: [],
    asked: [],
    associations: 0,
    echoes: 0,
    queries: [],
    onOpen: () => undefined,
    onStore: () => 0x0000,
    accepts: () => true,
    onAsked: (transactionUid, uids) => ({
      transactionUid,
      committed: uids.map((uid) => ({ sopClassUid: '1.2', sopInstanceUid: uid })),
      failed: [],
    }),
    actionStatus: 0x0000,
    findStatus: 0x0000,
    shows: (uid) => peer.kept.some((kept) => kept.uid === uid),
    pace: async () => {},
    hangs: () => false,
    openNow: 0,
    cameOver: [],
    open: async (request) => {
      const refusal = peer.onOpen(request);
      if (refusal) return refusal;
      peer.associations++;
      peer.openNow++;
      return { kind: 'accepted', association: associationWith(peer, request) };
    },
  };
  return peer;
}

function associationWith(peer: FakePeer, request: AssociationRequest): OpenAssociation {
  const number = peer.associations;
  let isOpen = true;
  let end: (ending: Ending) => void = () => {};
  const ended = new Promise<Ending>((resolve) => (end = resolve));
  const over = (ending: Ending): Ending => {
    if (isOpen) peer.openNow--;
    isOpen = false;
    end(ending);
    return ending;
  };
  const proposed = (uid: string, syntax?: string) =>
    request.contexts.some(
      (context) =>
        context.abstractSyntaxUid === uid && (syntax === undefined || context.transferSyntaxUids.includes(syntax)),
    ) && peer.accepts(uid, syntax);
  const store = async (wanted: StoreRequest): Promise<RequestOutcome | { kind: 'source-failed'; error: unknown }> => {
    if (!isOpen) return { kind: 'not-sent', ending: { kind: 'released' } };
    const pieces: Buffer[] = [];
    try {
      for await (const piece of wanted.source) pieces.push(Buffer.from(piece));
    } catch (error) {
      over({ kind: 'aborted-by-us', why: 'source' });
      return { kind: 'source-failed', error };
    }
    peer.cameOver.push({ uid: wanted.sopInstanceUid, association: number });
    if (peer.hangs(wanted.sopInstanceUid)) await untilAborted(request.signal);
    await peer.pace(wanted.sopInstanceUid);
    const answer = peer.onStore(wanted.sopInstanceUid);
    if (answer === 'abort') {
      return { kind: 'unknown-outcome', ending: over({ kind: 'aborted-by-peer', source: 0, reason: 0 }) };
    }
    if (answer === 'lost') return { kind: 'unknown-outcome', ending: over({ kind: 'lost', code: 'ECONNRESET' }) };
    if (answer < 0x0100 || (answer >= 0xb000 && answer < 0xc000))
      peer.kept.push({ uid: wanted.sopInstanceUid, bytes: Buffer.concat(pieces) });
    return { kind: 'answered', status: answer };
  };
  return {
    id: 'a',
    accepts: (uid, syntax) => proposed(uid, syntax),
    acceptedSyntaxes: () => [],
    get isOpen() {
      return isOpen;
    },
    ended,
    async echo() {
      peer.echoes++;
      return { kind: 'answered', status: 0 };
    },
    store,
    create: async () => ({ kind: 'answered', status: 0 }),
    set: async () => ({ kind: 'answered', status: 0 }),
    async find({ keys }) {
      peer.queries.push(keys);
      const one = keys['SOPInstanceUID'];
      const shown = [...new Set(peer.kept.map((kept) => kept.uid))].filter((uid) => peer.shows(uid));
      const matches =
        'NumberOfStudyRelatedInstances' in keys
          ? [{ NumberOfStudyRelatedInstances: String(shown.length) }]
          : shown.filter((uid) => one === '' || one === uid).map((uid) => ({ SOPInstanceUID: uid }));
      return { kind: 'answered', status: peer.findStatus, matches, complete: true };
    },
    async requestCommitment(transactionUid, references) {
      const uids = references.map((reference) => reference.sopInstanceUid);
      peer.asked.push({ transactionUid, uids });
      if (peer.actionStatus !== 0) return { kind: 'answered', status: peer.actionStatus };
      const report = peer.onAsked(transactionUid, uids);
      if (report) await request.onCommitmentReport?.(report);
      return { kind: 'answered', status: 0 };
    },
    release: async () => over({ kind: 'released' }),
    reportCommitment: async () => ({ kind: 'not-accepted', why: 'class' }) as const,
    get: async () => ({ kind: 'not-accepted', why: 'class' }) as const,
    abort: () => void over({ kind: 'aborted-by-us', why: 'asked' }),
  };
}

async function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
  throw new DOMException('The association was cancelled', 'AbortError');
}
