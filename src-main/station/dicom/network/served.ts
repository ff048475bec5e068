// What the owner of a server answers to the services it offers besides storage: commitment and queries.
//
// Guarantees: a status for every request; a malformed data set is told so and no rule is asked. Rules may throw: that is
// for the caller.
import type { AssociationFacts, ReportBack, ServerRules } from './accepting.ts';
import { commandField, type CommandSet } from './command-set.ts';
import { readCommitmentRequest, requestCommitmentAction } from './commitment.ts';
import { readIdentifier } from './identifier.ts';
import { commitmentClass, studyRootFindClass } from './services.ts';
import type { CommitmentReport, Identifier } from './small-data-sets.ts';

export type ServedRequest = {
  readonly abstractSyntaxUid: string;
  readonly transferSyntaxUid: string;
  readonly command: CommandSet;
  readonly dataSet: Buffer | undefined;
  readonly association: AssociationFacts;
  readonly report: ReportBack;
};

/** `matches` go before the answer, each as pending; `report` goes after it. */
export type Served = {
  readonly status: number;
  readonly matches?: readonly Identifier[];
  readonly report?: CommitmentReport;
};

/** FF00H: a match, and more follows (PS3.4 C.4.1.1.4). */
export const pendingStatus = 0xff00;
const success = 0x0000;
const noSuchAction = 0x0123;
const invalidArgument = 0x0115;
/** A900H: identifier does not match the SOP class. */
const identifierMismatch = 0xa900;

/** True for a request that the rules serve and whose data set is wanted. */
export function isServed(rules: ServerRules, abstractSyntaxUid: string, command: CommandSet): boolean {
  if (command.field === commandField.actionRequest)
    return abstractSyntaxUid === commitmentClass && rules.answerCommitment !== undefined;
  return (
    command.field === commandField.findRequest &&
    abstractSyntaxUid === studyRootFindClass &&
    rules.answerQuery !== undefined
  );
}

export async function serve(rules: ServerRules, request: ServedRequest): Promise<Served> {
  const { command, dataSet, transferSyntaxUid, association, report: reportBack } = request;
  if (command.field === commandField.findRequest) {
    const keys = dataSet && readIdentifier(dataSet, transferSyntaxUid);
    if (keys === undefined) return { status: identifierMismatch };
    return { status: success, matches: (await rules.answerQuery?.(keys, association)) ?? [] };
  }
  if (command.actionTypeId !== requestCommitmentAction) return { status: noSuchAction };
  const asked = dataSet && readCommitmentRequest(dataSet, transferSyntaxUid);
  if (asked === undefined) return { status: invalidArgument };
  const answer = await rules.answerCommitment?.(asked, association, reportBack);
  if (answer === undefined) return { status: success };
  return 'status' in answer ? answer : { status: success, report: answer };
}
