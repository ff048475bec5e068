// Elements beyond the texts of an exam that a decision sets or takes away in one object: those of its order, and those that
// somebody said of the object itself. Pure; says what is to stand there, not whether it stands there already.
//
// Of a wrong order (reason CORRECT) goes what the right one does not say; an exam that had none keeps what it has.
import type { AppliedOrder } from '#contract/shapes/applied-order.ts';
import type { CorrectionReason } from '#contract/shapes/identity.ts';
import { objectCorrectableVr } from '#contract/shapes/object-correctable.ts';
import type { Code } from '#contract/shapes/order.ts';
import { isLegalUid, tagOf, type NewElement } from '#station/dicom/index.ts';
import { bug } from '#station/kit/problem.ts';
import type { ObjectDecision } from './object-corrections.ts';
import { nothingOrdered } from './order-rules.ts';

export type SetElement =
  | {
      readonly kind: 'put';
      readonly element: NewElement & { readonly tag: number; readonly vr: string };
      readonly reason: CorrectionReason;
      /** Takes the place of what is there, and is not put where nothing is. */
      readonly onlyWhereItStands?: boolean;
    }
  | { readonly kind: 'remove'; readonly tag: number; readonly reason: CorrectionReason };

export function tagOfSet(set: SetElement): number {
  return set.kind === 'put' ? set.element.tag : set.tag;
}

/** What an order says about any object: IHE Scheduled Workflow's mapping of the worklist into composite objects. */
export const orderTags = {
  IssuerOfAccessionNumberSequence: 0x00080051,
  ProcedureCodeSequence: 0x00081032,
  ReferencedStudySequence: 0x00081110,
  RequestingPhysician: 0x00321032,
  RequestingService: 0x00321033,
  RequestedProcedureDescription: 0x00321060,
  RequestedProcedureCodeSequence: 0x00321064,
  AdmissionID: 0x00380010,
  IssuerOfAdmissionIDSequence: 0x00380014,
  RequestAttributesSequence: 0x00400275,
  PlacerOrderNumberImagingServiceRequest: 0x00402016,
  FillerOrderNumberImagingServiceRequest: 0x00402017,
  ScheduledProcedureStepDescription: 0x00400007,
  ScheduledProcedureStepID: 0x00400009,
  RequestedProcedureID: 0x00401001,
  ReasonForTheRequestedProcedure: 0x00401002,
  ReferencedRequestSequence: 0x0040a370,
} as const;

const structuredReports = '1.2.840.10008.5.1.4.1.1.88.';
const detachedStudy = '1.2.840.10008.3.1.2.3.1';

/** @param object how it leaves; @param wrongBefore what it says of an order is of another one, or of another patient */
export function elementsOfOrder(
  order: Pick<AppliedOrder, 'content' | 'reason'>,
  object: { readonly SOPClassUID: string; readonly StudyInstanceUID: string },
  wrongBefore = order.reason === 'CORRECT',
): SetElement[] {
  const { content, reason } = order;
  const sets: SetElement[] = [];
  const put = (tag: number, vr: string, value: string): void => {
    if (value.trim() !== '') sets.push({ kind: 'put', element: { tag, vr, value: value.trim() }, reason });
    else if (wrongBefore) sets.push({ kind: 'remove', tag, reason });
  };
  const putItems = (tag: number, items: readonly (readonly NewElement[])[]): void => {
    if (items.length > 0) sets.push({ kind: 'put', element: { tag, vr: 'SQ', items }, reason });
    else if (wrongBefore) sets.push({ kind: 'remove', tag, reason });
  };
  const codes = content.RequestedProcedureCodes.map(codeItem);
  const studies = referencedStudies(content.ReferencedStudySOPInstanceUIDs);
  const isReport = object.SOPClassUID.startsWith(structuredReports);
  putItems(orderTags.IssuerOfAccessionNumberSequence, issuerItems(content.IssuerOfAccessionNumber));
  putItems(orderTags.ProcedureCodeSequence, codes);
  putItems(orderTags.ReferencedStudySequence, studies);
  put(orderTags.RequestingPhysician, 'PN', content.RequestingPhysician);
  put(orderTags.AdmissionID, 'LO', content.AdmissionID);
  const admitting = content.AdmissionID.trim() === '' ? [] : issuerItems(content.IssuerOfAdmissionID);
  if (admitting.length > 0) putItems(orderTags.IssuerOfAdmissionIDSequence, admitting);
  // It qualified an ID that does not stand there any more.
  else if (content.AdmissionID.trim() !== '' || wrongBefore)
    sets.push({ kind: 'remove', tag: orderTags.IssuerOfAdmissionIDSequence, reason });
  // A report says which requests it fulfils in a sequence of its own (PS3.3 C.17.2, C.17.6.2).
  const request = requestItem(order, studies, codes);
  putItems(orderTags.RequestAttributesSequence, isReport || request.length === 0 ? [] : [request]);
  if (isReport) putItems(orderTags.ReferencedRequestSequence, [fulfilledItem(order, object, studies, codes)]);
  if (wrongBefore) {
    const loose = [
      orderTags.RequestingService,
      orderTags.RequestedProcedureDescription,
      orderTags.RequestedProcedureCodeSequence,
      orderTags.PlacerOrderNumberImagingServiceRequest,
      orderTags.FillerOrderNumberImagingServiceRequest,
      orderTags.ScheduledProcedureStepDescription,
      orderTags.ScheduledProcedureStepID,
      orderTags.RequestedProcedureID,
      orderTags.ReasonForTheRequestedProcedure,
    ];
    for (const tag of loose) sets.push({ kind: 'remove', tag, reason });
  }
  return sets;
}

/** What the images of somebody else say of an order goes. A report that fulfilled a request says no other one. */
export function elementsOfNoOrder(object: { readonly SOPClassUID: string; readonly StudyInstanceUID: string }) {
  return elementsOfOrder({ ...nothingOrdered }, object).map((set): SetElement => {
    if (tagOfSet(set) !== orderTags.ReferencedRequestSequence) return set;
    return { kind: 'remove', tag: orderTags.ReferencedRequestSequence, reason: 'CORRECT' };
  });
}

/** Request Attributes (PS3.3 table 10-9). */
function requestItem(
  { content }: Pick<AppliedOrder, 'content'>,
  studies: readonly NewElement[][],
  codes: readonly NewElement[][],
) {
  const item: NewElement[] = [];
  const add = (tag: number, vr: string, value: string): void => {
    if (value.trim() !== '') item.push({ tag, vr, value: value.trim() });
  };
  const addItems = (tag: number, items: readonly (readonly NewElement[])[]): void => {
    if (items.length > 0) item.push({ tag, vr: 'SQ', items });
  };
  add(0x00080050, 'SH', content.AccessionNumber);
  addItems(0x00080051, issuerItems(content.IssuerOfAccessionNumber));
  addItems(0x00081110, studies);
  add(0x0020000d, 'UI', isLegalUid(content.StudyInstanceUID) ? content.StudyInstanceUID : '');
  add(0x00321060, 'LO', content.RequestedProcedureDescription);
  addItems(0x00321064, codes);
  add(0x00400007, 'LO', content.ScheduledProcedureStepDescription);
  addItems(0x00400008, content.ScheduledProtocolCodes.map(codeItem));
  add(0x00400009, 'SH', content.ScheduledProcedureStepID);
  add(0x00401001, 'SH', content.RequestedProcedureID);
  add(0x00401002, 'LO', content.ReasonForTheRequestedProcedure);
  return item;
}

/** Referenced Request (PS3.3 table C.17-2): what is Type 2 stands there empty. */
function fulfilledItem(
  { content }: Pick<AppliedOrder, 'content'>,
  { StudyInstanceUID }: { readonly StudyInstanceUID: string },
  studies: readonly NewElement[][],
  codes: readonly NewElement[][],
): NewElement[] {
  const issuer = issuerItems(content.IssuerOfAccessionNumber);
  return [
    { tag: 0x00080050, vr: 'SH', value: content.AccessionNumber },
    ...(issuer.length > 0 ? [{ tag: 0x00080051, vr: 'SQ', items: issuer }] : []),
    { tag: 0x00081110, vr: 'SQ', items: studies },
    {
      tag: 0x0020000d,
      vr: 'UI',
      value: isLegalUid(content.StudyInstanceUID) ? content.StudyInstanceUID : StudyInstanceUID,
    },
    { tag: 0x00321060, vr: 'LO', value: content.RequestedProcedureDescription },
    { tag: 0x00321064, vr: 'SQ', items: codes },
    { tag: 0x00401001, vr: 'SH', value: content.RequestedProcedureID },
    { tag: 0x00402016, vr: 'LO', value: '' },
    { tag: 0x00402017, vr: 'LO', value: '' },
  ];
}

/** What somebody said of one object. */
export function elementsOfObject({ attributes, codes }: ObjectDecision): SetElement[] {
  return [
    ...[...attributes].map(([keyword, { value, reason }]): SetElement => {
      const element = { tag: knownTag(keyword), vr: objectCorrectableVr[keyword], value };
      return { kind: 'put', element, reason };
    }),
    ...[...codes].map(([keyword, { value, reason }]): SetElement => {
      const element = { tag: knownTag(keyword), vr: 'SQ', items: [codeItem(value)] };
      return { kind: 'put', element, reason };
    }),
  ];
}

/** Local Namespace or Universal Entity ID (PS3.3 table 10-17). */
function issuerItems(issuer: string): NewElement[][] {
  const text = issuer.trim();
  if (text === '') return [];
  if (!isLegalUid(text)) return [[{ tag: 0x00400031, vr: 'UT', value: text }]];
  return [
    [
      { tag: 0x00400032, vr: 'UT', value: text },
      { tag: 0x00400033, vr: 'CS', value: 'ISO' },
    ],
  ];
}

function referencedStudies(uids: readonly string[]): NewElement[][] {
  return uids.filter(isLegalUid).map((uid) => [
    { tag: 0x00081150, vr: 'UI', value: detachedStudy },
    { tag: 0x00081155, vr: 'UI', value: uid },
  ]);
}

/** Code Sequence Macro (PS3.3 table 8.8-1). */
export function codeItem(code: Code): NewElement[] {
  const { CodeValue, CodingSchemeDesignator, CodingSchemeVersion, CodeMeaning } = code;
  const value = CodeValue.trim();
  return [
    value.length > 16 ? { tag: 0x00080119, vr: 'UC', value } : { tag: 0x00080100, vr: 'SH', value },
    { tag: 0x00080102, vr: 'SH', value: CodingSchemeDesignator.trim() },
    ...(CodingSchemeVersion.trim() === '' ? [] : [{ tag: 0x00080103, vr: 'SH', value: CodingSchemeVersion.trim() }]),
    { tag: 0x00080104, vr: 'LO', value: CodeMeaning.trim() },
  ];
}

function knownTag(keyword: string): number {
  const tag = tagOf(keyword);
  if (tag === undefined) throw bug(`no such keyword: ${keyword}`);
  return tag;
}
