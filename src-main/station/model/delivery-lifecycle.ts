// The life of a delivery as data: in which state which event leads where. What is not in the table cannot happen, and
// whoever asks for it is told so. Immutable, no I/O.
import type { DeliveryState } from '#contract/shapes/delivery.ts';

export const deliveryEvents = [
  /** Its attempt is written down; the first byte may leave. */
  'begin',
  /** The destination answered that it took it. */
  'stored',
  /** No success, cause outside the object or not known: the same bytes again, later. */
  'failed',
  /** It leaves in another transfer syntax, which is made first. */
  'prepare',
  /** Cause not known, and tried often enough. */
  'gave-up',
  /** The destination does not take this object; sending it again would not help. */
  'refused',
  /** The destination takes nothing of us as it is configured; the object waits. */
  'destination-refused',
  /** Not one byte of it left. */
  'not-begun',
  /** The station ended while it was under way: whether it arrived is not known. */
  'interrupted',
  /** Its waiting time is over. */
  'due',
  /** A commitment request that names it is about to leave. */
  'asked',
  /** No proof yet: ask again, later. */
  'ask-again',
  /** The destination says that it does not hold it. */
  'missing',
  /** Proved, or taken on its word where the site chose so. */
  'confirmed',
  /** By a person. */
  'hold',
  'release',
  'retry',
  'cancel',
  /** One that arrived, or was given up: the same bytes again. */
  'send-again',
  /** It goes to another destination instead. */
  'rerouted',
  /** Sooner or later than others; where it stands stays. */
  'prioritise',
  /** A newer revision of the object leaves in its place. */
  'superseded',
  /** Its destination is no longer in the settings. */
  'destination-removed',
  /** Its destination is back; it was never sent, or its confirmation was still open. */
  'returned-unsent',
  'returned-sent',
] as const;

export type DeliveryEvent = (typeof deliveryEvents)[number];

export const deliveryLifecycle = {
  ready: {
    begin: 'sending',
    prepare: 'backoff',
    refused: 'blocked',
    confirmed: 'committed',
    hold: 'held',
    retry: 'ready',
    cancel: 'cancelled',
    rerouted: 'cancelled',
    prioritise: 'ready',
    superseded: 'cancelled',
    'destination-removed': 'blocked',
  },
  sending: {
    stored: 'sent',
    failed: 'backoff',
    'gave-up': 'blocked',
    refused: 'blocked',
    'destination-refused': 'ready',
    'not-begun': 'ready',
    interrupted: 'ready',
  },
  backoff: {
    due: 'ready',
    prepare: 'backoff',
    refused: 'blocked',
    confirmed: 'committed',
    hold: 'held',
    retry: 'ready',
    cancel: 'cancelled',
    rerouted: 'cancelled',
    prioritise: 'backoff',
    superseded: 'cancelled',
    'destination-removed': 'blocked',
  },
  sent: {
    asked: 'commit-requested',
    'ask-again': 'sent',
    missing: 'backoff',
    refused: 'blocked',
    'gave-up': 'blocked',
    confirmed: 'committed',
    retry: 'sent',
    cancel: 'cancelled',
    rerouted: 'cancelled',
    'destination-removed': 'blocked',
  },
  'commit-requested': {
    'ask-again': 'sent',
    missing: 'backoff',
    refused: 'blocked',
    'gave-up': 'blocked',
    confirmed: 'committed',
    retry: 'sent',
    cancel: 'cancelled',
    rerouted: 'cancelled',
    'destination-removed': 'blocked',
  },
  blocked: {
    confirmed: 'committed',
    hold: 'held',
    retry: 'ready',
    cancel: 'cancelled',
    rerouted: 'cancelled',
    prioritise: 'blocked',
    superseded: 'cancelled',
    'returned-unsent': 'ready',
    'returned-sent': 'sent',
  },
  held: {
    confirmed: 'committed',
    release: 'ready',
    retry: 'ready',
    cancel: 'cancelled',
    rerouted: 'cancelled',
    prioritise: 'held',
    superseded: 'cancelled',
  },
  committed: { 'send-again': 'ready' },
  cancelled: { 'send-again': 'ready' },
} as const satisfies Readonly<Record<DeliveryState, Readonly<Partial<Record<DeliveryEvent, DeliveryState>>>>>;

const table: Readonly<Record<DeliveryState, Readonly<Partial<Record<DeliveryEvent, DeliveryState>>>>> =
  deliveryLifecycle;

/** Where `event` leads from `state`, or undefined when it cannot happen there. */
export function stateAfter(state: DeliveryState, event: DeliveryEvent): DeliveryState | undefined {
  return table[state][event];
}

/** The states in which `event` may happen. */
export function statesBefore(event: DeliveryEvent): readonly DeliveryState[] {
  return (Object.keys(table) as DeliveryState[]).filter((state) => table[state][event] !== undefined);
}

/** True when nothing more will happen to it, unless a person wants it sent again. */
export const isFinished = (state: DeliveryState): boolean =>
  Object.keys(table[state]).every((event) => event === 'send-again');

/** Where a delivery stands for people and for counting; several states are one stage. Equals delivery.stage in the book. */
export type DeliveryStage = 'waiting' | 'sent' | 'confirmed' | 'blocked' | 'held' | 'cancelled';

const stages = {
  ready: 'waiting',
  sending: 'waiting',
  backoff: 'waiting',
  sent: 'sent',
  'commit-requested': 'sent',
  committed: 'confirmed',
  blocked: 'blocked',
  held: 'held',
  cancelled: 'cancelled',
} as const satisfies Readonly<Record<DeliveryState, DeliveryStage>>;

export const stageOf = (state: DeliveryState): DeliveryStage => stages[state];
