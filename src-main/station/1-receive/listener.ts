// The DICOM listener: opens the server with the acceptance policy of the moment and hands each object on.
//
// Guarantees: what is answered with Success was said to be durable by the port it was handed to; problems become the
// statuses a device understands (no room and a failed disk A700H, anything else 0110H); who is turned away is told.
import type { Settings, StationSetting } from '#contract/shapes/settings.ts';
import {
  openDicomServer,
  type Admission,
  type AssociationFacts,
  type CommitmentReport,
  type DicomServer,
  type ObjectSink,
  type ServerEvent,
  type ServerOptions,
  type StoreAnswer,
  type StoreStart,
} from '#station/dicom/network/index.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem } from '#station/kit/problem.ts';
import { decideAcceptance } from './acceptance-policy.ts';
import { HostAddresses } from './host-addresses.ts';

/**
 * Begins one received object and gives the place for its bytes. Comes from `flow`, which knows the store and the
 * catalogue. A Problem thrown here, or by the sink, is answered by `answerTo`; the object is not kept.
 */
export type BeginIncoming = (start: StoreStart) => ObjectSink | Promise<ObjectSink>;

export type ListenerRules = {
  /** Asked at every association, so that a changed setting counts from then on. */
  settings(): Pick<Settings, 'devices'> & { readonly station: Pick<StationSetting, 'aeTitle' | 'allowLoopback'> };
  readonly log: Log;
  readonly beginIncoming: BeginIncoming;
  /** Commitment reports on associations that a destination opens to us; gives the DIMSE status. */
  onCommitmentReport?(report: CommitmentReport, association: AssociationFacts): number | Promise<number>;
  /** A device about which nobody has decided was turned away. */
  onNewDevice?(aeTitle: string, address: string): void;
  /** The number of associations is another one. */
  onChanged?(): void;
  readonly clock?: Clock;
};

export type Listener = DicomServer;

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
export async function openListener(options: ServerOptions, rules: ListenerRules): Promise<Listener> {
  const hosts = new HostAddresses(rules.clock ?? systemClock);
  await hosts.prepare(rules.settings().devices.flatMap(({ host }) => (host === undefined ? [] : [host])));
  const { onCommitmentReport } = rules;
  return openDicomServer(options, {
    admit: (association) => admit(association, rules, hosts),
    beginObject: rules.beginIncoming,
    answerTo,
    onEvent: (event) => tell(event, rules),
    // Without somebody to tell, the class is not accepted.
    ...(onCommitmentReport ? { onCommitmentReport: (report, from) => onCommitmentReport(report, from) } : {}),
  });
}

/** PS3.8 9.3.4: rejected permanently by the service user. */
const callingAeTitleNotRecognized = 3;
const calledAeTitleNotRecognized = 7;
const reject = (reason: number): Admission => ({ kind: 'reject', result: 1, source: 1, reason });

function admit(association: AssociationFacts, rules: ListenerRules, hosts: HostAddresses): Admission {
  const { station, devices } = rules.settings();
  const { aeTitle, allowLoopback } = station;
  const acceptance = decideAcceptance(association, { aeTitle, allowLoopback, devices }, hosts.of);
  if (acceptance.kind === 'accept') return acceptance;
  if (acceptance.why === 'new-device') rules.onNewDevice?.(association.callingAeTitle, association.address);
  rules.log.warn('association-turned-away', { ...whoIs(association), reason: acceptance.why });
  return reject(acceptance.why === 'wrong-called-ae' ? calledAeTitleNotRecognized : callingAeTitleNotRecognized);
}

function tell(event: ServerEvent, { log, onChanged }: ListenerRules): void {
  if (event.kind === 'connection-dropped')
    return log.info('connection-dropped', { address: event.address, reason: event.why });
  if (event.kind === 'rule-failed') {
    const code = isProblem(event.error) ? event.error.code : 'internal';
    return log.error('object-not-taken', { ...(event.association && whoIs(event.association)), code }, event.error);
  }
  if (event.kind === 'association-rejected') return;
  const who = whoIs(event.association);
  if (event.kind === 'association-opened') log.info('association-opened', who);
  else {
    const { how, why, objects: count, sizeBytes } = event;
    log.info('association-closed', { ...who, reason: why === undefined ? how : `${how}: ${why}`, count, sizeBytes });
  }
  onChanged?.();
}

function whoIs({ id, callingAeTitle, address }: AssociationFacts) {
  return { associationId: id, aeTitle: callingAeTitle, address };
}
