// Answers what the peer asks on an association that we opened. The only thing it may ask there is to report a commitment
// (PS3.4 J.3.3); anything else is told so.
import { commandField, writeCommandSet, type CommandSet } from './command-set.ts';
import { commitmentEvents, readCommitmentReport } from './commitment.ts';
import type { AssociationRequest } from './requesting.ts';

const failure = 0x0110;
const noSuchEventType = 0x0113;
const unrecognized = 0x0211;

export type PeerRequest = {
  readonly command: CommandSet;
  readonly dataSet: Buffer | undefined;
  readonly transferSyntaxUid: string;
  readonly onCommitmentReport: AssociationRequest['onCommitmentReport'];
};

/** The command set to answer with; undefined for what wants no answer. Never rejects. */
export async function answerPeer(request: PeerRequest): Promise<Buffer | undefined> {
  const { command } = request;
  if (command.field === commandField.cancelRequest) return undefined;
  return writeCommandSet({
    field: command.field | commandField.response,
    hasDataSet: false,
    respondsTo: command.messageId ?? 0,
    status: await statusOf(request),
    affectedSopClassUid: command.affectedSopClassUid ?? command.requestedSopClassUid,
    affectedSopInstanceUid: command.affectedSopInstanceUid ?? command.requestedSopInstanceUid,
    eventTypeId: command.eventTypeId,
  });
}

async function statusOf({ command, dataSet, transferSyntaxUid, onCommitmentReport }: PeerRequest): Promise<number> {
  if (command.field !== commandField.eventReportRequest) return unrecognized;
  if (!commitmentEvents.has(command.eventTypeId ?? 0)) return noSuchEventType;
  const report = dataSet && readCommitmentReport(dataSet, transferSyntaxUid);
  if (report === undefined || onCommitmentReport === undefined) return failure;
  try {
    return await onCommitmentReport(report);
  } catch {
    return failure;
  }
}
