// Forwarding: what was approved reaches every destination, through outages of any length, and is proved to be there.
//
// Guarantees: before the first byte of an object leaves, its attempt is durable; no destination is sent one SOP Instance
// UID with two digests; every delivery is finished, has a next try, or shows what a person must do; no destination slows
// another. Refuses to let bytes go whose digest is not the approved one.
export type { DeliveryWish } from './by-hand.ts';
export { classifyEnding, classifyOpening, classifyStatus } from './classification.ts';
export type { Forward, RevisionToSend } from './offer.ts';
export { whoMayHaveGot, type MayHaveGot } from './may-have-got.ts';
export type { DeliveryQuery } from './outbox-pages.ts';
export { openOutboxFigures, type AttemptPage, type OutboxFigures } from './outbox-figures.ts';
export type {
  DeliveryMove,
  FormOutcome,
  FormWish,
  ForwardOptions,
  ForwardPorts,
  RevisionBytes,
  SyntaxMaker,
} from './ports.ts';

/**
 * Opens the outbox and recovers it: what was under way when the station ended becomes ready again, outcome unknown.
 * Nothing leaves before the first `applySettings`. The caller closes it before the book.
 */
export { openForward } from './forward.ts';

/** Opens the profiler, which examines destinations. The caller closes it before the book. */
export { openProfiler, type ExaminedTarget, type Profiler, type ProfilerNeeds } from './profile.ts';

/** A DICOMweb service for those who only ask and read. The caller closes it. */
export { classifyOutcome, WebService, type ServiceNeeds } from './web/service.ts';
