// What a message says of orders: each ORC with its OBR, TQ1, IPC and ZDS becomes one order (or one for each step), with
// the patient of the message. Pure.
import type { OrderContent, OrderState } from '#contract/shapes/order.ts';
import { orderContentShape } from '#contract/shapes/order.ts';
import type { Hl7Feed } from '#contract/shapes/hl7.ts';
import { checked, clockTimeOf, codeOf, momentOf, nameOfStaff, placeOf, shortText } from './datatypes.ts';
import { MessageFault } from './fault.ts';
import type { Message, Segment } from './message.ts';
import type { PatientSaid } from './patient-of-message.ts';

/** One order as a message speaks of it. */
export type OrderSaid = {
  /** Numbers of who placed it and who fills it, with their namespaces; '' unknown. */
  readonly placer: string;
  readonly filler: string;
  /** Of one step among several; '' for the whole. */
  readonly step: string;
  readonly state: OrderState;
  /** It says what is to be done, not only that it is cancelled or over. */
  readonly isWhole: boolean;
  /** When it was said (ORC-9), ISO; undefined when that is not said to the minute. */
  readonly spokenAt: string | undefined;
  readonly content: OrderContent;
};

/** Of one order. */
const mostProcedures = 16;

/** The segments that belong together; only ORC is always there. */
type Group = {
  readonly orc: Segment;
  obr?: Segment;
  /** Further procedures of the same order. */
  readonly more: Segment[];
  /** Under an ORC that had an order of its own: only its OBR has its numbers. */
  readonly isFurther?: true;
  readonly tq1: Segment[];
  readonly ipc: Segment[];
  readonly zds: Segment[];
};

/** ORC-1 (table 0119): what becomes of the order; null says nothing of it, and what is not here is not known. */
const controls: Readonly<Record<string, OrderState | 'by-status' | null>> = {
  ...{ NW: 'scheduled', XO: 'scheduled', XX: 'scheduled', XR: 'scheduled', SN: 'scheduled', PA: 'scheduled' },
  ...{ CH: 'scheduled', RP: 'cancelled', RO: 'scheduled', RU: 'cancelled', RQ: 'scheduled', RL: 'scheduled' },
  ...{ CA: 'cancelled', OC: 'cancelled', CR: 'cancelled', DC: 'cancelled', OD: 'cancelled', DR: 'cancelled' },
  ...{ SC: 'by-status', SR: 'by-status', SS: 'by-status', OK: 'by-status', RE: 'by-status', NA: 'by-status' },
  ...{ HD: 'scheduled', OH: 'scheduled', HR: 'scheduled', OE: 'scheduled', OR: 'scheduled' },
  ...{ UA: null, UC: null, UD: null, UF: null, UH: null, UM: null, UN: null, UR: null, UX: null, DE: null },
  ...{ AF: null, DF: null, FU: null, LI: null, PR: null, RF: null, PY: null, MC: null, CN: null },
};

/** ORC-5 (table 0038). */
const statuses: Readonly<Record<string, OrderState>> = {
  ...{ CA: 'cancelled', DC: 'cancelled', RP: 'cancelled', CM: 'done', IP: 'started', A: 'started' },
  ...{ SC: 'scheduled', HD: 'scheduled', ER: 'scheduled' },
};

/** @throws MessageFault at the field that cannot be */
export function ordersOf(
  message: Message,
  patient: PatientSaid,
  pv1: Segment | undefined,
  feed: Pick<Hl7Feed, 'accessionFrom'>,
): OrderSaid[] {
  const groups = groupsOf(message);
  if (groups.length === 0) throw new MessageFault(100, { segment: 'ORC' }, 'No ORC segment');
  return groups.flatMap((group) => ordersOfGroup(group, patient, pv1, feed));
}

function groupsOf(message: Message): Group[] {
  const groups: Group[] = [];
  for (const segment of message.segments) {
    const group = groups.at(-1);
    if (segment.name === 'ORC') groups.push({ orc: segment, more: [], tq1: [], ipc: [], zds: [] });
    else if (!group) continue;
    else if (segment.name === 'OBR') {
      if (!group.obr) group.obr = segment;
      else if (isSameOrder(group, segment)) group.more.push(segment);
      else groups.push({ orc: group.orc, obr: segment, isFurther: true, more: [], tq1: [], ipc: [], zds: [] });
    } else if (segment.name === 'TQ1') group.tq1.push(segment);
    else if (segment.name === 'IPC') group.ipc.push(segment);
    else if (segment.name === 'ZDS') group.zds.push(segment);
  }
  return groups;
}

/** An OBR without numbers, or with those of the one before it, is one more procedure of its order. */
function isSameOrder({ obr }: Group, next: Segment): boolean {
  return [2, 3].every((field) => ['', numberOf(obr, field)].includes(numberOf(next, field)));
}

function ordersOfGroup(
  group: Group,
  patient: PatientSaid,
  pv1: Segment | undefined,
  feed: Pick<Hl7Feed, 'accessionFrom'>,
): OrderSaid[] {
  const { orc, obr } = group;
  const state = stateOf(orc);
  if (state === null) return [];
  const ofOrc = (field: number) => (group.isFurther ? '' : numberOf(orc, field));
  const placer = ofOrc(2) || numberOf(obr, 2);
  const filler = ofOrc(3) || numberOf(obr, 3);
  if (placer === '' && filler === '')
    throw new MessageFault(101, orc.place(2), 'Neither placer nor filler order number');
  const ipcs = group.ipc.length > 0 ? group.ipc : [undefined];
  return ipcs.map((ipc) => {
    const step = ipcs.length > 1 ? (ipc?.text(4) ?? '') || String(ipc?.nth ?? 0) : '';
    return {
      ...{ placer, filler, step, state },
      isWhole: obr !== undefined,
      spokenAt: momentOf(orc.text(9)),
      content: contentOf({ ...group, ipc: ipc ? [ipc] : [] }, patient, pv1, feed),
    };
  });
}

function stateOf(orc: Segment): OrderState | null {
  const control = orc.text(1).toUpperCase();
  if (control === '') throw new MessageFault(101, orc.place(1), 'No order control');
  const state = controls[control];
  if (state === undefined) throw new MessageFault(103, orc.place(1), 'Not an order control that is known here');
  return state === 'by-status' ? (statuses[orc.text(5).toUpperCase()] ?? 'scheduled') : state;
}

/** EI with its namespace, so that numbers of two systems do not meet. */
function numberOf(segment: Segment | undefined, field: number): string {
  const id = segment?.text(field) ?? '';
  return id === '' ? '' : `${id}^${segment?.text(field, 2) ?? ''}`.slice(0, 200);
}

function contentOf(
  group: Group,
  patient: PatientSaid,
  pv1: Segment | undefined,
  feed: Pick<Hl7Feed, 'accessionFrom'>,
): OrderContent {
  const { orc, obr, tq1, zds } = group;
  const [ipc] = group.ipc;
  const procedures = [...(obr ? [obr] : []), ...group.more].flatMap((one) => codeOf(one, 44) ?? codeOf(one, 4) ?? []);
  const protocol = (ipc && codeOf(ipc, 6)) ?? (obr && codeOf(obr, 4, 4));
  const procedureText = obr ? obr.text(4, 2) || obr.text(44, 2) || obr.text(4) : '';
  const uid = uidOf(ipc, 3) || uidOf(zds[0], 1);
  const short = (segment: Segment | undefined, field: number, most = 16, component = 1) =>
    shortText(segment?.text(field, component) ?? '', most);
  return orderContentShape.parse({
    PatientName: patient.PatientName ?? '',
    PatientID: patient.PatientID,
    IssuerOfPatientID: patient.IssuerOfPatientID,
    PatientBirthDate: patient.PatientBirthDate ?? '',
    PatientSex: patient.PatientSex ?? '',
    OtherPatientIDs: patient.otherIds.map(({ PatientID }) => PatientID),
    AdmissionID: patient.AdmissionID ?? '',
    IssuerOfAdmissionID: short(pv1, 19, 64, 4),
    AccessionNumber: accessionOf(group, feed.accessionFrom),
    StudyInstanceUID: uid,
    ReferringPhysicianName: nameOfStaff(pv1, 8),
    RequestingPhysician: nameOfStaff(obr, 16) || nameOfStaff(orc, 12),
    RequestedProcedureID: short(ipc, 2) || short(obr, 19),
    RequestedProcedureDescription: shortText(procedureText, 64),
    RequestedProcedureCodes: procedures.slice(0, mostProcedures),
    ReasonForTheRequestedProcedure: short(obr, 31, 64, 2) || short(obr, 31, 64) || short(orc, 16, 64, 2),
    ScheduledProcedureStepID: short(ipc, 4) || short(obr, 20),
    ScheduledProcedureStepDescription: protocol?.CodeMeaning ?? shortText(procedureText, 64),
    ScheduledProtocolCodes: protocol ? [protocol] : [],
    ScheduledProcedureStepLocation: short(ipc, 8, 64, 2) || short(ipc, 8, 64),
    ScheduledStationAETitles: ipc ? aeTitlesOf(ipc) : [],
    ScheduledStationName: short(ipc, 7, 16, 2) || short(ipc, 7),
    ScheduledPerformingPhysicianName: nameOfStaff(obr, 34),
    Modality: modalityOf(ipc?.text(5) || obr?.text(24) || ''),
    scheduledFor: startOf(orc, obr, tq1),
    priority: priorityOf(orc, obr, tq1),
    CurrentPatientLocation: patient.CurrentPatientLocation ?? placeOf(pv1, 3),
    Laterality: sideOf(obr?.text(15, 5) ?? ''),
  });
}

function accessionOf({ orc, obr, ipc }: Group, places: Hl7Feed['accessionFrom']): string {
  for (const place of places) {
    const [name = '', field = ''] = place.split('-');
    const segment = name === 'IPC' ? ipc[0] : name === 'OBR' ? obr : orc;
    const said = segment?.text(Number(field)) ?? '';
    if (segment && said !== '') return checked(segment, Number(field), 'SH', said);
  }
  return '';
}

function uidOf(segment: Segment | undefined, field: number): string {
  const uid = segment?.text(field) ?? '';
  return segment ? checked(segment, field, 'UI', uid) : '';
}

/** OBR-15.5, site modifier: right or left in whatever length; anything else says no side. */
const sideOf = (text: string) => /^(R|L)(?:IGHT|EFT)?$/i.exec(text.trim())?.[1]?.toUpperCase() ?? '';

const modalityOf = (text: string) => (/^[A-Z0-9_]{1,16}$/.test(text.toUpperCase()) ? text.toUpperCase() : '');

function aeTitlesOf(ipc: Segment): string[] {
  const titles = ipc.repetitions(9).map((parts) => ipc.plain(parts[0]));
  return titles.filter((title) => /^[!-[\]-~](?:[ -[\]-~]{0,14}[!-[\]-~])?$/.test(title)).slice(0, 16);
}

/** TQ1-7, ORC-7.4, OBR-27.4, OBR-36, OBR-6. */
function startOf(orc: Segment, obr: Segment | undefined, [tq1]: readonly Segment[]): string {
  const said = [tq1?.text(7), orc.text(7, 4), obr?.text(27, 4), obr?.text(36), obr?.text(6)];
  return said.map((text) => clockTimeOf(text ?? '')).find((time) => time !== '') ?? '';
}

/** TQ1-9, ORC-7.6, OBR-27.6, OBR-5 (tables 0485, 0078, 0027). */
function priorityOf(orc: Segment, obr: Segment | undefined, [tq1]: readonly Segment[]): OrderContent['priority'] {
  const said = [tq1?.text(9), orc.text(7, 6), obr?.text(27, 6), obr?.text(5)];
  const code = said.find((text) => text !== undefined && text !== '')?.toUpperCase() ?? '';
  if (code === 'S' || code === 'STAT') return 'stat';
  return code === 'A' ||
    code === 'ASAP' ||
    code === 'U' ||
    code === 'T' ||
    code.startsWith('TL') ||
    code.startsWith('TS')
    ? 'urgent'
    : 'routine';
}
