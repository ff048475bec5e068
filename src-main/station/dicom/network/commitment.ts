// Storage Commitment (PS3.4 J.3): the request and the report, made and read.
import { readIdentifier } from './identifier.ts';
import type { CommitmentReport, CommitmentRequest, Identifier, SopReference } from './small-data-sets.ts';

export const requestCommitmentAction = 1;
/** Event types: all committed, and some failed. */
export const commitmentEvents: ReadonlySet<number> = new Set([1, 2]);

/** The action information of N-ACTION (PS3.4 J.3.2.1). */
export function commitmentRequestOf(transactionUid: string, references: readonly SopReference[]): Identifier {
  return {
    TransactionUID: transactionUid,
    ReferencedSOPSequence: references.map(toItem),
  };
}

/** The action information of an N-ACTION to us; undefined when it is malformed or names no transaction. */
export function readCommitmentRequest(dataSet: Buffer, transferSyntaxUid: string): CommitmentRequest | undefined {
  const information = readIdentifier(dataSet, transferSyntaxUid);
  const transactionUid = textOf(information?.['TransactionUID']);
  if (information === undefined || transactionUid === '') return undefined;
  return { transactionUid, references: itemsOf(information['ReferencedSOPSequence']).map(referenceOf) };
}

/** The event information of a report that we make. */
export function commitmentReportOf({ transactionUid, committed, failed }: CommitmentReport): Identifier {
  const failures = failed.map((reference) => ({ ...toItem(reference), FailureReason: reference.reason }));
  return {
    TransactionUID: transactionUid,
    ...(committed.length > 0 ? { ReferencedSOPSequence: committed.map(toItem) } : {}),
    ...(failures.length > 0 ? { FailedSOPSequence: failures } : {}),
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

function toItem({ sopClassUid, sopInstanceUid }: SopReference) {
  return { ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid };
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
