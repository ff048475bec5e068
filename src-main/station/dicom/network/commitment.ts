// Storage Commitment (PS3.4 J.3): the request we make, the report we are given.
import type { CommitmentReport, SopReference } from './accepting.ts';
import { readIdentifier } from './identifier.ts';
import type { Identifier } from './requesting.ts';

export const requestCommitmentAction = 1;
/** Event types: all committed, and some failed. */
export const commitmentEvents: ReadonlySet<number> = new Set([1, 2]);

/** The action information of N-ACTION (PS3.4 J.3.2.1). */
export function commitmentRequestOf(transactionUid: string, references: readonly SopReference[]): Identifier {
  return {
    TransactionUID: transactionUid,
    ReferencedSOPSequence: references.map(({ sopClassUid, sopInstanceUid }) => ({
      ReferencedSOPClassUID: sopClassUid,
      ReferencedSOPInstanceUID: sopInstanceUid,
    })),
  };
}

/** The event information of N-EVENT-REPORT (PS3.4 J.3.3.1); undefined when it is malformed or names no transaction. */
export function readCommitmentReport(dataSet: Buffer, transferSyntaxUid: string): CommitmentReport | undefined {
  const information = readIdentifier(dataSet, transferSyntaxUid);
  const transactionUid = information?.['TransactionUID'];
  if (information === undefined || typeof transactionUid !== 'string' || transactionUid === '') return undefined;
  return {
    transactionUid,
    committed: itemsOf(information['ReferencedSOPSequence']).map(referenceOf),
    failed: itemsOf(information['FailedSOPSequence']).map((item) => ({
      ...referenceOf(item),
      reason: typeof item['FailureReason'] === 'number' ? item['FailureReason'] : 0,
    })),
  };
}

function itemsOf(value: Identifier[string] | undefined): readonly Identifier[] {
  return Array.isArray(value) ? value.filter((item): item is Identifier => typeof item === 'object') : [];
}

function referenceOf(item: Identifier): SopReference {
  return {
    sopClassUid: textOf(item['ReferencedSOPClassUID']),
    sopInstanceUid: textOf(item['ReferencedSOPInstanceUID']),
  };
}

function textOf(value: Identifier[string] | undefined): string {
  return typeof value === 'string' ? value : '';
}
