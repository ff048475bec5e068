// Which order of the book an item of a worklist is. Pure but for the look-up it is given.
//
// The step of a procedure is named by accession number, procedure and step; what has none of them by its study, and at
// last by patient and time. Two items with one such name and two patients are two orders: the second is named with its
// patient as well, and no order ever passes to another patient because the answer held only one of the two. Only a whole
// list, without the former patient on it, says that the patient of an order was changed.
import type { OrderContent } from '#contract/shapes/order.ts';

export type Named = { readonly content: OrderContent };

const separator = '\\';

/** The name of an item without its patient. */
export function plainKeyOf(content: OrderContent): string {
  const { AccessionNumber, RequestedProcedureID, ScheduledProcedureStepID } = content;
  const step = [AccessionNumber, RequestedProcedureID, ScheduledProcedureStepID];
  if (step.some((part) => part !== '')) return step.join(separator);
  if (content.StudyInstanceUID !== '') return `study ${content.StudyInstanceUID}`;
  const { PatientID, PatientName, scheduledFor, ScheduledProcedureStepDescription } = content;
  return ['patient', PatientID || PatientName, scheduledFor, ScheduledProcedureStepDescription].join(separator);
}

const patientOf = ({ PatientID, PatientName }: OrderContent): string => PatientID || PatientName;

/**
 * Keys of the items, in their order. `patientUnder` gives who is in the book under a key of this source.
 * @param isWhole the items are all that the worklist has
 */
export function keysOf(
  items: readonly Named[],
  patientUnder: (key: string) => { readonly PatientID: string; readonly PatientName: string } | undefined,
  isWhole: boolean,
): string[] {
  const patients = new Map<string, Set<string>>();
  for (const { content } of items) {
    const key = plainKeyOf(content);
    const there = patients.get(key) ?? new Set();
    there.add(patientOf(content));
    patients.set(key, there);
  }
  const owners = new Map<string, string>();
  return items.map(({ content }) => {
    const key = plainKeyOf(content);
    const patient = patientOf(content);
    const inBook = patientUnder(key);
    const former = inBook && (inBook.PatientID || inBook.PatientName);
    const there = patients.get(key) ?? new Set();
    const keepsFormer = former !== undefined && (!isWhole || there.has(former));
    const owner = owners.get(key) ?? (keepsFormer ? former : patient);
    owners.set(key, owner);
    return owner === patient ? key : `${key}${separator}${patient}`;
  });
}
