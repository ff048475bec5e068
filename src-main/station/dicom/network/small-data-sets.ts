// The small data sets of services other than storage, as both sides of the room speak of them. Types only.

/**
 * Query keys, answers and other small data sets by keyword. Sequences are arrays of identifiers; several values of
 * one attribute are an array of strings; an empty string asks for the attribute (universal matching).
 */
export type Identifier = { readonly [keyword: string]: IdentifierValue };
export type IdentifierValue = string | number | readonly string[] | readonly number[] | readonly Identifier[];

export type SopReference = { readonly sopClassUid: string; readonly sopInstanceUid: string };

/** An N-ACTION of Storage Commitment (PS3.4 J.3.2). */
export type CommitmentRequest = { readonly transactionUid: string; readonly references: readonly SopReference[] };

/** An N-EVENT-REPORT of Storage Commitment (PS3.4 J.3.3). `reason` is (0008,1197), e.g. 0112H no such instance. */
export type CommitmentReport = {
  readonly transactionUid: string;
  readonly committed: readonly SopReference[];
  readonly failed: readonly (SopReference & { readonly reason: number })[];
};
