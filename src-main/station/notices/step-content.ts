// Modality Performed Procedure Steps as data sets (PS3.4 F.7.2, table F.7.2-1), and notes of availability (PS3.4 R). Pure.
//
// All attributes of type 1 and 2 are there, those of type 1 never empty. Only approved objects are said to be made.
import type { Code, OrderContent } from '#contract/shapes/order.ts';
import type { Identifier } from '#station/dicom/network/index.ts';
import { dateAndTime } from '#station/kit/local-time.ts';
import type { PerformedExam, PerformedObject } from './exam-facts.ts';

export const stepClass = '1.2.840.10008.3.1.2.3.3';
export const availabilityClass = '1.2.840.10008.5.1.4.33';
const detachedStudyClass = '1.2.840.10008.3.1.2.3.1';

export type Told = {
  readonly stepUid: string;
  /** ISO. */
  readonly beganAt: string;
  readonly endedAt: string;
  /** Calling AE title of ours, for what came as files. */
  readonly stationAeTitle: string;
};

/** The attributes of N-CREATE, in progress. */
export function beginStep(exam: PerformedExam, { stepUid, beganAt, stationAeTitle }: Told): Identifier {
  const { values, order } = exam;
  const began = dateAndTime(new Date(beganAt));
  const hasDate = /^\d{8}$/.test(exam.StudyDate);
  return {
    ScheduledStepAttributesSequence: [scheduledOf(exam)],
    PatientName: values.PatientName ?? '',
    PatientID: values.PatientID ?? '',
    ...(values.IssuerOfPatientID ? { IssuerOfPatientID: values.IssuerOfPatientID } : {}),
    PatientBirthDate: values.PatientBirthDate ?? '',
    PatientSex: values.PatientSex ?? '',
    ReferencedPatientSequence: [],
    PerformedProcedureStepID: stepIdOf(stepUid),
    PerformedStationAETitle: exam.sourceAeTitle || stationAeTitle,
    PerformedStationName: exam.StationName.slice(0, 16),
    PerformedLocation: (order?.ScheduledProcedureStepLocation ?? '').slice(0, 16),
    PerformedProcedureStepStartDate: hasDate ? exam.StudyDate : began.date,
    PerformedProcedureStepStartTime:
      hasDate && /^\d{2,6}/.test(exam.StudyTime) ? exam.StudyTime : hasDate ? '000000' : began.time,
    PerformedProcedureStepStatus: 'IN PROGRESS',
    PerformedProcedureStepDescription: descriptionOf(exam),
    PerformedProcedureTypeDescription: '',
    ProcedureCodeSequence: performed(exam),
    PerformedProcedureStepEndDate: '',
    PerformedProcedureStepEndTime: '',
    // What was not created may not be set (table F.7.2-1, note 5).
    PerformedProcedureStepDiscontinuationReasonCodeSequence: [],
    Modality: modalityOf(exam),
    StudyID: exam.StudyID,
    PerformedProtocolCodeSequence: codesOf(order?.ScheduledProtocolCodes),
    PerformedSeriesSequence: [],
  };
}

/** The changes of N-SET that completes a step with `objects`. */
export function completeStep(exam: PerformedExam, objects: readonly string[], { endedAt }: Told): Identifier {
  const made = new Set(objects);
  return {
    PerformedProcedureStepStatus: 'COMPLETED',
    ...endOf(endedAt),
    // What was chosen since the step began is said with its end (table F.7.2-1: N-SET may).
    ...(exam.procedure && {
      PerformedProcedureStepDescription: descriptionOf(exam),
      ProcedureCodeSequence: performed(exam),
    }),
    PerformedSeriesSequence: seriesOf(
      exam,
      exam.objects.filter(({ id, state }) => state === 'approved' && made.has(id)),
    ),
  };
}

/** The changes of N-SET that discontinues a step: its series, without any object, and why. */
export function discontinueStep(exam: PerformedExam, { endedAt }: Told): Identifier {
  return {
    PerformedProcedureStepStatus: 'DISCONTINUED',
    ...endOf(endedAt),
    PerformedProcedureStepDiscontinuationReasonCodeSequence: [discontinuationReason(exam)],
    PerformedSeriesSequence: seriesOf(exam, exam.objects, false),
  };
}

const reasons = {
  equipment: ['110501', 'Equipment failure'],
  entry: ['110514', 'Incorrect worklist entry selected'],
  unspecified: ['110513', 'Discontinued for unspecified reason'],
} as const;

/** CID 9300 and, for what was imported, CID 9302: both hold these codes. */
export function discontinuationReason({ objects }: Pick<PerformedExam, 'objects'>): Identifier {
  const said = new Set(objects.map(({ rejectionReason }) => rejectionReason));
  const all = (codes: readonly string[]) => said.size > 0 && [...said].every((code) => codes.includes(code));
  const [CodeValue, CodeMeaning] = all(['113038'])
    ? reasons.entry
    : all(['111214', '111216', '111217', '111218'])
      ? reasons.equipment
      : reasons.unspecified;
  return { CodeValue, CodingSchemeDesignator: 'DCM', CodeMeaning };
}

/** The attributes of N-CREATE of Instance Availability Notification (PS3.4 table R.3.2-1). */
export function availability(
  exam: PerformedExam,
  objects: readonly string[],
  { stepUid, retrieveAeTitles }: { readonly stepUid: string; readonly retrieveAeTitles: readonly string[] },
): Identifier {
  const made = new Set(objects);
  return {
    ReferencedPerformedProcedureStepSequence: [
      { ReferencedSOPClassUID: stepClass, ReferencedSOPInstanceUID: stepUid, PerformedWorkitemCodeSequence: [] },
    ],
    StudyInstanceUID: exam.StudyInstanceUID,
    ReferencedSeriesSequence: bySeries(exam.objects.filter(({ id }) => made.has(id))).map(
      ([SeriesInstanceUID, own]) => ({
        SeriesInstanceUID,
        ReferencedSOPSequence: own.map((object) => ({
          ...referenceTo(object),
          InstanceAvailability: 'ONLINE',
          RetrieveAETitle: retrieveAeTitles,
        })),
      }),
    ),
  };
}

/** Of the step, as the hospital sees it: SH, 16. */
export function stepIdOf(stepUid: string): string {
  return `SL${BigInt(stepUid.split('.').at(-1) ?? '0')
    .toString(36)
    .toUpperCase()
    .slice(-12)}`;
}

function scheduledOf({ StudyInstanceUID, values, order }: PerformedExam): Identifier {
  const referenced = order?.ReferencedStudySOPInstanceUIDs ?? [];
  return {
    StudyInstanceUID,
    ReferencedStudySequence: referenced.map((uid) => ({
      ReferencedSOPClassUID: detachedStudyClass,
      ReferencedSOPInstanceUID: uid,
    })),
    AccessionNumber: values.AccessionNumber ?? '',
    RequestedProcedureID: order?.RequestedProcedureID ?? '',
    RequestedProcedureDescription: order?.RequestedProcedureDescription ?? '',
    ScheduledProcedureStepID: order?.ScheduledProcedureStepID ?? '',
    ScheduledProcedureStepDescription: order?.ScheduledProcedureStepDescription ?? '',
    ScheduledProtocolCodeSequence: codesOf(order?.ScheduledProtocolCodes),
  };
}

function seriesOf(exam: PerformedExam, objects: readonly PerformedObject[], withObjects = true): Identifier[] {
  return bySeries(objects).map(([SeriesInstanceUID, own]) => {
    const [first] = own;
    const made = withObjects ? own : [];
    return {
      PerformingPhysicianName: exam.order?.ScheduledPerformingPhysicianName ?? '',
      OperatorsName: exam.values.OperatorsName ?? '',
      ProtocolName: (first?.SeriesDescription || descriptionOf(exam) || first?.Modality || 'unknown').slice(0, 64),
      SeriesInstanceUID,
      SeriesDescription: first?.SeriesDescription ?? '',
      RetrieveAETitle: '',
      ReferencedImageSequence: made.filter(({ isImage }) => isImage).map(referenceTo),
      ReferencedNonImageCompositeSOPInstanceSequence: made.filter(({ isImage }) => !isImage).map(referenceTo),
    };
  });
}

function bySeries(objects: readonly PerformedObject[]): [string, PerformedObject[]][] {
  return [...Map.groupBy(objects, ({ SeriesInstanceUID }) => SeriesInstanceUID)];
}

const referenceTo = ({ SOPClassUID, SOPInstanceUID }: PerformedObject) => ({
  ReferencedSOPClassUID: SOPClassUID,
  ReferencedSOPInstanceUID: SOPInstanceUID,
});

/** What a person said was done counts over what the order asked for. */
const performed = ({ procedure, order }: PerformedExam): Identifier[] =>
  codesOf(procedure ? [procedure] : order?.RequestedProcedureCodes);

function codesOf(codes: readonly Code[] = []): Identifier[] {
  return codes
    .filter(({ CodeValue, CodingSchemeDesignator }) => CodeValue !== '' && CodingSchemeDesignator !== '')
    .map(({ CodeValue, CodingSchemeDesignator, CodingSchemeVersion, CodeMeaning }) => ({
      // A longer one is said as such (PS3.3 table 8.8-1), never cut into another code.
      ...(CodeValue.length > 16 ? { LongCodeValue: CodeValue } : { CodeValue }),
      CodingSchemeDesignator,
      ...(CodingSchemeVersion ? { CodingSchemeVersion } : {}),
      CodeMeaning: CodeMeaning || CodeValue,
    }));
}

function descriptionOf({
  order,
  values,
}: {
  readonly order: OrderContent | null;
  readonly values: PerformedExam['values'];
}): string {
  return values.StudyDescription || order?.RequestedProcedureDescription || '';
}

/** The modality of most objects; presentation states and reports follow an image. */
function modalityOf({ objects, order }: PerformedExam): string {
  const counts = new Map<string, number>();
  for (const { Modality, isImage } of objects) {
    if (Modality !== '') counts.set(Modality, (counts.get(Modality) ?? 0) + (isImage ? 1000 : 1));
  }
  const [most] = [...counts].toSorted((a, b) => b[1] - a[1]);
  return most?.[0] ?? (order?.Modality || 'OT');
}

function endOf(endedAt: string): Identifier {
  const { date, time } = dateAndTime(new Date(endedAt));
  return { PerformedProcedureStepEndDate: date, PerformedProcedureStepEndTime: time };
}
