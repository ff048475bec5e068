// Opening an association, up to the peer's answer.
//
// Guarantees: ends within the time-outs, with an outcome; whatever is not accepted has its socket closed. Throws
// AbortError for its signal and nothing else.
import net from 'node:net';
import { bug } from '#station/kit/problem.ts';
import { Connection } from './connection.ts';
import { readReject, RequestingNegotiation } from './negotiation.ts';
import { abortReason, pduType, readAbort } from './pdu.ts';
import { RequestedAssociation, type AcceptedOffer } from './requested-association.ts';
import type { AssociationRequest, Ending, Opening, RequestTimeouts } from './requesting.ts';

const defaultTimeouts: Required<RequestTimeouts> = {
  connectMs: 10_000,
  associateMs: 30_000,
  stalledMs: 60_000,
  answerMs: 120_000,
  releaseMs: 5_000,
};
const defaultMaxPduLength = 131_072;

/** Opens an association with the first answer of the peer. Throws AbortError when the signal says so. */
export async function openAssociation(request: AssociationRequest): Promise<Opening> {
  refuseBugs(request);
  if (request.signal?.aborted) throw cancelled();
  const timeouts = { ...defaultTimeouts, ...request.timeouts };
  const socket = await connect(request, timeouts.connectMs);
  if (!(socket instanceof net.Socket)) return socket;
  return negotiate(socket, request, timeouts);
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
    const negotiation = new RequestingNegotiation({ callingAeTitle, calledAeTitle, maxPduLength, contexts: offers });
    let association: RequestedAssociation | undefined;
    let opening: Opening | undefined;
    const { associateAccept, associateReject, abort } = pduType;
    const limits = {
      expected: new Set<number>([associateAccept, associateReject, abort]),
      associateBytes: 65_536,
      dataBytes: maxPduLength,
    };
    const settle = (settled: Opening, close: () => void) => {
      opening ??= settled;
      close();
    };
    const failWith = (ending: Ending, reason: number) =>
      settle({ kind: 'failed', ending }, () => connection.abort(reason === abortReason.notSpecified ? 0 : 2, reason));
    const onAbort = () => connection.abort(0, abortReason.notSpecified);

    // Until the peer has answered, what comes is for this function; then it is for the association.
    const connection: Connection = new Connection(socket, limits, (id) => association?.hasContext(id) ?? false, {
      dataSetBegins: (id, command) => association?.dataSetBegins(id, command) ?? 'drop',
      message: (id, command, dataSet) => association?.message(id, command, dataSet),
      fault: (reason, why) => {
        if (association) association.fault(reason, why);
        else failWith({ kind: 'aborted-by-us', why }, reason);
      },
      broke: (error) => {
        if (association) association.fault(abortReason.notSpecified, String(error));
        else failWith({ kind: 'aborted-by-us', why: String(error) }, abortReason.notSpecified);
      },
      peerEnded: () => {
        if (association) association.peerEnded();
        else settle({ kind: 'failed', ending: { kind: 'lost', code: 'EOF' } }, () => connection.destroy());
      },
      closed: (code) => {
        clearTimeout(timer);
        request.signal?.removeEventListener('abort', onAbort);
        if (association) return association.closed(code);
        if (request.signal?.aborted) return reject(cancelled());
        resolve(opening ?? { kind: 'failed', ending: { kind: 'lost', code: code ?? 'EOF' } });
      },
      control: (type, pdu) => {
        if (association) return association.control(type, pdu);
        if (type === associateAccept) return accept(pdu);
        if (type === associateReject)
          return settle({ kind: 'rejected', ...readReject(pdu) }, () => connection.destroy());
        const ending = { kind: 'aborted-by-peer', ...readAbort(pdu) } as const;
        settle({ kind: 'failed', ending }, () => connection.destroy());
      },
    });

    const accept = (pdu: Buffer) => {
      const acceptance = negotiation.readAccept(pdu);
      if (acceptance === undefined)
        return failWith({ kind: 'aborted-by-us', why: 'malformed acceptance' }, abortReason.invalidParameter);
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
      limits.expected = new Set([pduType.data, pduType.releaseRequest, pduType.releaseResponse, pduType.abort]);
      const accepted = offers.flatMap((offer): readonly AcceptedOffer[] => {
        const result = acceptance.contexts.find(({ id }) => id === offer.id);
        const uid = result?.transferSyntaxUid;
        // A syntax that was not proposed is no acceptance (PS3.8 9.3.3.2).
        if (result?.result !== 0 || uid === undefined || !offer.transferSyntaxUids.includes(uid)) return [];
        const { id, abstractSyntaxUid, roles } = offer;
        return [{ id, abstractSyntaxUid, transferSyntaxUid: uid, isScu: roles === undefined || roles.scu }];
      });
      association = new RequestedAssociation(connection, request, timeouts, accepted, acceptance.maxPduLength);
      resolve({ kind: 'accepted', association });
    };
    const timer = setTimeout(
      () => failWith({ kind: 'timed-out', waitedFor: 'association' }, abortReason.notSpecified),
      timeouts.associateMs,
    );
    request.signal?.addEventListener('abort', onAbort, { once: true });
    if (request.signal?.aborted) return onAbort();
    connection.send(negotiation.request());
  });
}

function cancelled(): DOMException {
  return new DOMException('The association was cancelled', 'AbortError');
}
