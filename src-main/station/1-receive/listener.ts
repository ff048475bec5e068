// The DICOM listener: opens the server with the acceptance policy of the moment and hands each object on.
//
// Guarantees: what is answered with Success was said to be durable by the port it was handed to; problems become the
// statuses a device understands (no room and a failed disk A700H, anything else 0110H); who is turned away is told.
import {
  openDicomServer,
  type Admission,
  type AssociationFacts,
  type CommitmentAnswer,
  type CommitmentReport,
  type CommitmentRequest,
  type DicomServer,
  type ObjectSink,
  type ReportBack,
  type ServerEvent,
  type ServerOptions,
  type StoreAnswer,
  type StoreStart,
} from '#station/dicom/network/index.ts';
import type { Certificate } from '#contract/shapes/secure.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { isProblem } from '#station/kit/problem.ts';
import { decideAcceptance, type AcceptanceRules } from './acceptance-policy.ts';
import { HostAddresses } from './host-addresses.ts';

/**
 * Begins one received object and gives the place for its bytes. Comes from `flow`, which knows the store and the
 * catalogue. A Problem thrown here, or by the sink, is answered by `answerTo`; the object is not kept.
 */
export type BeginIncoming = (start: StoreStart) => ObjectSink | Promise<ObjectSink>;

export type ListenerEvent =
  | ServerEvent
  /** A device was turned away because nobody has decided about it, or because it did not show its certificate. */
  | {
      readonly kind: 'new-device';
      readonly aeTitle: string;
      readonly address: string;
      /** What it showed instead, when it came over TLS. */
      readonly certificate?: Certificate;
    }
  /** A device that somebody decided to ignore or block. */
  | { readonly kind: 'device-kept-out'; readonly aeTitle: string; readonly address: string }
  /** A device called us by another name. */
  | {
      readonly kind: 'wrong-called-ae';
      readonly aeTitle: string;
      readonly address: string;
      readonly called: string;
      readonly expected: string;
    };

export type ListenerPorts = {
  /** Asked at every association, so that a changed setting counts from then on. */
  rules(): AcceptanceRules;
  readonly beginIncoming: BeginIncoming;
  /** Commitment reports on associations that a destination opens to us; gives the DIMSE status. */
  onCommitmentReport?(report: CommitmentReport, association: AssociationFacts): number | Promise<number>;
  /** Devices that ask whether we hold what they sent; absent: they are not offered it. */
  answerCommitment?(request: CommitmentRequest, association: AssociationFacts, report: ReportBack): CommitmentAnswer;
  offersCommitment?(association: AssociationFacts): boolean;
  onEvent?(event: ListenerEvent): void;
  readonly clock?: Clock;
};

/** PS3.4 B.2.3 and PS3.7 C. */
const outOfResources = 0xa700;
const processingFailure = 0x0110;

/** What a device is told when an object could not be taken. */
export function answerTo(error: unknown): StoreAnswer {
  if (isProblem(error, 'no-room')) return { status: outOfResources, comment: 'No room left' };
  if (isProblem(error, 'disk-failed')) return { status: outOfResources, comment: 'The disk failed' };
  return { status: processingFailure };
}

/** Opens the listener. Throws the problem `port-in-use`. The caller closes it. */
export async function openListener(options: ServerOptions, ports: ListenerPorts): Promise<DicomServer> {
  const hosts = new HostAddresses(ports.clock ?? systemClock);
  await hosts.prepare(known(ports.rules()).flatMap(({ host }) => (host === undefined ? [] : [host])));
  const { onCommitmentReport, answerCommitment, offersCommitment = () => true } = ports;
  return openDicomServer(options, {
    admit: (association) => admit(association, ports, hosts),
    beginObject: ports.beginIncoming,
    answerTo,
    onEvent: (event) => ports.onEvent?.(event),
    // Without somebody to tell, the class is not accepted.
    ...(onCommitmentReport ? { onCommitmentReport: (report, from) => onCommitmentReport(report, from) } : {}),
    ...(answerCommitment
      ? { answerCommitment: (asked, from, back) => answerCommitment(asked, from, back), offersCommitment }
      : {}),
  });
}

function admit(association: AssociationFacts, ports: ListenerPorts, hosts: HostAddresses): Admission {
  const rules = ports.rules();
  const acceptance = decideAcceptance(association, rules, hosts.of);
  if (acceptance.kind === 'accept') return acceptance;
  if (acceptance.kind === 'accept-reports') return { kind: 'accept', reportsOnly: true };
  const { callingAeTitle: aeTitle, address, calledAeTitle: called, certificate } = association;
  if (acceptance.why === 'wrong-called-ae') {
    ports.onEvent?.({ kind: 'wrong-called-ae', aeTitle, address, called, expected: rules.aeTitle });
    return reject(calledAeTitleNotRecognized);
  }
  if (acceptance.why === 'listed') ports.onEvent?.({ kind: 'device-kept-out', aeTitle, address });
  else ports.onEvent?.({ kind: 'new-device', aeTitle, address, ...(certificate ? { certificate } : {}) });
  return reject(callingAeTitleNotRecognized);
}

const known = ({ devices, reporters = [] }: AcceptanceRules) => [...devices, ...reporters] as { host?: string }[];

/** PS3.8 9.3.4: rejected permanently by the service user. */
const callingAeTitleNotRecognized = 3;
const calledAeTitleNotRecognized = 7;
const reject = (reason: number): Admission => ({ kind: 'reject', result: 1, source: 1, reason });
