// What a message says of a patient: PID, MRG and PV1 as DICOM attributes. What it does not say is undefined and leaves
// what is known; what it empties on purpose (`""`) is ''.
import type { Hl7Feed } from '#contract/shapes/hl7.ts';
import { checkValue } from '#contract/shapes/value-rules.ts';
import { checked, dayOf, identifiersOf, nameOfPerson, placeOf, type Identifier } from './datatypes.ts';
import { MessageFault } from './fault.ts';
import type { Segment } from './message.ts';

export type PatientKey = { readonly PatientID: string; readonly IssuerOfPatientID: string };

export type PatientSaid = PatientKey & {
  readonly PatientName?: string;
  readonly PatientBirthDate?: string;
  readonly PatientSex?: string;
  readonly aliases: readonly string[];
  readonly otherIds: readonly PatientKey[];
  readonly AdmissionID?: string;
  readonly CurrentPatientLocation?: string;
};

export type IdentityRules = Pick<Hl7Feed, 'ourAuthority' | 'issuer'>;

/** PID-3, or PID-2 of old messages. @throws MessageFault when none of its identifiers is ours */
export function patientOf(pid: Segment, pv1: Segment | undefined, rules: IdentityRules): PatientSaid {
  const field = pid.raw(3) === '' && pid.raw(2) !== '' ? 2 : 3;
  const all = identifiersOf(pid, field);
  const ours = ourIdentifier(all, rules);
  if (!ours) throw noIdentifier(pid, field, all);
  const name = nameOfPerson(pid, 5);
  const alias = nameOfPerson(pid, 9);
  const birth = pid.said(7);
  const sex = sexOf(pid);
  const admission = pv1?.said(19);
  const location = placeOf(pv1, 3);
  return {
    ...keyOf(pid, field, ours, rules),
    ...(name ? { PatientName: name.PatientName } : {}),
    // Less than a day says nothing that a day could be made of.
    ...(birth === undefined ? {} : birth === null ? { PatientBirthDate: '' } : birthOf(pid, birth)),
    ...(sex === undefined ? {} : { PatientSex: sex }),
    aliases: [...new Set([...(name?.aliases ?? []), ...(alias ? [alias.PatientName, ...alias.aliases] : [])])],
    otherIds: all
      .filter((one) => one !== ours && one.type !== 'SS')
      // What another authority calls them is of use, and is never what keeps them out.
      .filter(({ id, authority }) => checkValue('LO', id).ok && checkValue('LO', authority).ok)
      .map(({ id, authority }) => ({ PatientID: id, IssuerOfPatientID: authority }))
      .slice(0, 16),
    ...(admission === undefined
      ? {}
      : { AdmissionID: admission === null || !pv1 ? '' : checked(pv1, 19, 'LO', admission) }),
    ...(location === '' ? {} : { CurrentPatientLocation: location }),
  };
}

function birthOf(pid: Segment, text: string): { readonly PatientBirthDate?: string } {
  const day = dayOf(pid, 7, text);
  return day === '' ? {} : { PatientBirthDate: day };
}

/** Who they were before (MRG-1). @throws MessageFault when nobody is named */
export function priorOf(mrg: Segment, rules: IdentityRules): PatientKey {
  const all = identifiersOf(mrg, 1);
  const ours = ourIdentifier(all, rules);
  if (!ours) throw noIdentifier(mrg, 1, all);
  return keyOf(mrg, 1, ours, rules);
}

const noIdentifier = (segment: Segment, field: number, all: readonly Identifier[]) =>
  all.length === 0
    ? new MessageFault(101, segment.place(field), 'No patient identifier')
    : new MessageFault(204, segment.place(field), 'No identifier of our assigning authority', 'AE');

/** @throws MessageFault at the field when DICOM cannot hold it */
function keyOf(segment: Segment, field: number, { id, authority }: Identifier, { issuer }: IdentityRules): PatientKey {
  return {
    PatientID: checked(segment, field, 'LO', id),
    IssuerOfPatientID: issuer ?? checked(segment, field, 'LO', authority),
  };
}

/** That of our authority; without a rule the medical record number, else the first. */
function ourIdentifier(all: readonly Identifier[], { ourAuthority }: IdentityRules): Identifier | undefined {
  if (ourAuthority === '') return all.find(({ type }) => type === 'MR' || type === 'PI') ?? all[0];
  const ours = all.filter(({ authorityParts }) => authorityParts.includes(ourAuthority));
  return ours.find(({ type }) => type === 'MR' || type === 'PI') ?? ours[0];
}

const sexes: Readonly<Record<string, string>> = { M: 'M', F: 'F', O: 'O', A: 'O', D: 'O', X: 'O', N: 'O', U: '' };

/** Table 0001. Unknown is no word on it. @throws MessageFault 103 for anything else */
function sexOf(pid: Segment): string | undefined {
  const said = pid.said(8);
  if (said === undefined || said === null) return said === null ? '' : undefined;
  const sex = sexes[said.toUpperCase()];
  if (sex === undefined) throw new MessageFault(103, pid.place(8), 'Not a code of sex that is known here');
  return sex === '' ? undefined : sex;
}
