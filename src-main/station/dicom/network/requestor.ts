// Opening an association, up to the peer's answer.
//
// Guarantees: ends within the time-outs, with an outcome; whatever is not accepted has its socket closed. Throws
// AbortError for its signal and nothing else.
import net from 'node:net';
import { bug } from '#station/kit/problem.ts';
import { Connection } from './connection.ts';
import { readReject, RequestingNegotiation } from './negotiation.ts';
import { abortReason, readAbort } from './pdu.ts';
import { RequestedAssociation, type AcceptedOffer } from './requested-association.ts';
import { makeSecure } from './secure-calling.ts';
import type { AssociationRequest, Ending, Opening, RequestTimeouts } from './requesting.ts';

const defaultTimeouts: Required<RequestTimeouts> = {
  connectMs: 10_000,
  associateMs: 30_000,
  stalledMs: 60_000,
  answerMs: 120_000,
  releaseMs: 5_000,
};
const defaultMaxPduLength = 131_072;
const associateBytes = 65_536;
/** What a peer gets to take our abort in. */
const closingMs = 1000;

/** Opens an association with the first answer of the peer. Throws AbortError when the signal says so. */
export async function openAssociation(request: AssociationRequest): Promise<Opening> {
  refuseBugs(request);
  if (request.signal?.aborted) throw cancelled();
  const timeouts = { ...defaultTimeouts, ...request.timeouts };
  const socket = await connect(request, timeouts.connectMs);
  if (!(socket instanceof net.Socket)) return socket;
  if (request.secure === undefined) return negotiate(socket, request, timeouts);
  const { host, secure: calling, signal } = request;
  const secured = await makeSecure(socket, { host, calling, withinMs: timeouts.connectMs, signal });
  if (secured === 'cancelled') throw cancelled();
  return 'code' in secured ? { kind: 'unreachable', code: secured.code } : negotiate(secured.socket, request, timeouts);
}

function refuseBugs({ contexts, callingAeTitle, calledAeTitle }: AssociationRequest): void {
  if (contexts.length === 0 || contexts.length > 128) throw bug(`${contexts.length} presentation contexts`);
  if (contexts.some((context) => context.transferSyntaxUids.length === 0)) throw bug('a context without a syntax');
  for (const title of [callingAeTitle, calledAeTitle])
    if (!/^[\x20-\x7e]{1,16}$/.test(title)) throw bug('not an AE title');
}

function connect({ host, port, signal }: AssociationRequest, connectMs: number): Promise<net.Socket | Opening> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, noDelay: true, keepAlive: true });
    const settle = (settled: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off('error', onError);
      settled();
    };
    const giveUp = (settled: () => void) =>
      settle(() => {
        // A late error of a socket that is given up must find a listener.
        socket.on('error', () => {});
        socket.destroy();
        settled();
      });
    const onAbort = () => giveUp(() => reject(cancelled()));
    const onError = (error: NodeJS.ErrnoException) =>
      giveUp(() => resolve({ kind: 'unreachable', code: error.code ?? 'ERROR' }));
    const timer = setTimeout(() => giveUp(() => resolve({ kind: 'unreachable', code: 'ETIMEDOUT' })), connectMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    socket.once('error', onError);
    socket.once('connect', () => settle(() => resolve(socket)));
  });
}

function negotiate(
  socket: net.Socket,
  request: AssociationRequest,
  timeouts: Required<RequestTimeouts>,
): Promise<Opening> {
  return new Promise((resolve, reject) => {
    const offers = request.contexts.map((context, index) => ({ id: 2 * index + 1, ...context }));
    const maxPduLength = request.maxPduLength ?? defaultMaxPduLength;
    const { callingAeTitle, calledAeTitle } = request;
    const negotiation = new RequestingNegotiation({
      ...{ callingAeTitle, calledAeTitle, maxPduLength, contexts: offers },
      asyncWindow: request.asyncWindow,
    });
    let association: RequestedAssociation | undefined;
    let opening: Opening | undefined;
    const fail = (ending: Ending) => (opening ??= { kind: 'failed', ending });
    const onAbort = () => connection.abort();

    // Until the peer has answered, what comes is for this function; then it is for the association.
    const options = { role: 'requestor', limits: { associateBytes, dataBytes: maxPduLength }, closingMs } as const;
    const connection: Connection = new Connection(socket, options, (id) => association?.hasContext(id) ?? false, {
      associationAccepted: (pdu) => accept(pdu),
      associationRejected: (pdu) => (opening ??= { kind: 'rejected', ...readReject(pdu) }),
      dataSetBegins: (id, command) => association?.dataSetBegins(id, command) ?? 'drop',
      message: (id, command, dataSet) => association?.message(id, command, dataSet),
      releaseAsked: () => association?.releaseAsked(),
      released: () => association?.released(),
      abortedByPeer: (pdu) => {
        if (association) association.abortedByPeer(pdu);
        else fail({ kind: 'aborted-by-peer', ...readAbort(pdu) });
      },
      aborted: (why) => {
        if (association) association.aborted(why);
        else fail({ kind: 'aborted-by-us', why });
      },
      broke: (error) => {
        if (association) return association.aborted(String(error));
        fail({ kind: 'aborted-by-us', why: String(error) });
        connection.abort();
      },
      peerEnded: () => {
        if (association) return association.peerEnded();
        fail({ kind: 'lost', code: 'EOF' });
        connection.destroy();
      },
      closed: (code) => {
        clearTimeout(timer);
        request.signal?.removeEventListener('abort', onAbort);
        if (association) return association.closed(code);
        if (request.signal?.aborted) return reject(cancelled());
        resolve(opening ?? { kind: 'failed', ending: { kind: 'lost', code: code ?? 'EOF' } });
      },
    });

    const accept = (pdu: Buffer) => {
      const acceptance = negotiation.readAccept(pdu);
      if (acceptance === undefined)
        return connection.invalid(abortReason.invalidParameter, 'malformed association acceptance');
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
      const accepted = offers.flatMap((offer): readonly AcceptedOffer[] => {
        const result = acceptance.contexts.find(({ id }) => id === offer.id);
        const uid = result?.transferSyntaxUid;
        // A syntax that was not proposed is no acceptance (PS3.8 9.3.3.2).
        if (result?.result !== 0 || uid === undefined || !offer.transferSyntaxUids.includes(uid)) return [];
        const { id, abstractSyntaxUid, roles } = offer;
        return [{ id, abstractSyntaxUid, transferSyntaxUid: uid, isScu: roles === undefined || roles.scu }];
      });
      association = new RequestedAssociation(connection, request, timeouts, accepted, acceptance.maxPduLength);
      const { implementationClassUid, implementationVersion, asyncWindow } = acceptance;
      const results = offers.map(({ id }) => acceptance.contexts.find((one) => one.id === id)?.result ?? 2);
      resolve({
        ...{ kind: 'accepted', association },
        said: {
          ...{ maxPduLength: acceptance.maxPduLength, implementationClassUid, implementationVersion, results },
          ...(asyncWindow ? { asyncWindow } : {}),
        },
      });
    };
    const timer = setTimeout(() => {
      fail({ kind: 'timed-out', waitedFor: 'association' });
      connection.abort();
    }, timeouts.associateMs);
    request.signal?.addEventListener('abort', onAbort, { once: true });
    if (request.signal?.aborted) return onAbort();
    connection.associate(negotiation.request());
  });
}

function cancelled(): DOMException {
  return new DOMException('The association was cancelled', 'AbortError');
}
