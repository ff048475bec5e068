// How much a listener takes on: sizes, counts and times.
export type ListenerLimits = {
  readonly mostBytes: number;
  readonly mostConnections: number;
  readonly mostFromOneAddress: number;
  /** Of all connections together, for messages that are coming in. */
  readonly mostHeldBytes: number;
  /** A message that was begun has so long, and longer as long as it brings a kilobyte a second. */
  readonly messageMs: number;
  readonly handshakeMs: number;
  /** An FS that nothing follows ends a message after so long. */
  readonly settleMs: number;
  readonly closingMs: number;
};

export const usualLimits: ListenerLimits = {
  mostBytes: 4 * 1024 * 1024,
  mostConnections: 128,
  mostFromOneAddress: 32,
  mostHeldBytes: 96 * 1024 * 1024,
  messageMs: 30_000,
  handshakeMs: 10_000,
  settleMs: 500,
  closingMs: 3000,
};
