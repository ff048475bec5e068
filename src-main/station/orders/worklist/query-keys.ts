// What a worklist is asked: matching keys where something is wanted, empty ones for all that shall come back (universal
// matching, PS3.4 C.2.2.2.3). Pure.
import type { WorklistSetting } from '#contract/shapes/worklists.ts';
import type { Identifier } from '#station/dicom/network/index.ts';

/** What of an order is wanted. Texts may have wild cards; empty or absent is anything. */
export type WorklistWish = {
  readonly PatientName?: string;
  readonly PatientID?: string;
  readonly AccessionNumber?: string;
  readonly RequestedProcedureID?: string;
  readonly AdmissionID?: string;
  /** YYYYMMDD, or two of them with a hyphen between. */
  readonly days?: string;
  readonly modality?: string;
  /** AE title of the device. */
  readonly station?: string;
};

const code = { CodeValue: '', CodingSchemeDesignator: '', CodingSchemeVersion: '', CodeMeaning: '' };
const reference = { ReferencedSOPClassUID: '', ReferencedSOPInstanceUID: '' };

const issuer = { LocalNamespaceEntityID: '', UniversalEntityID: '', UniversalEntityIDType: '' };

/** The keys of one query (PS3.4 table K.6-1). */
export function worklistKeys(wish: WorklistWish): Identifier {
  const said = [wish.PatientName, wish.PatientID, wish.AccessionNumber, wish.AdmissionID, wish.RequestedProcedureID];
  return {
    // A set need not be named for letters of every set; some peers know only few of them.
    SpecificCharacterSet: said.some((text) => /[^ -~]/.test(text ?? '')) ? 'ISO_IR 192' : '',
    AccessionNumber: wish.AccessionNumber ?? '',
    IssuerOfAccessionNumberSequence: [issuer],
    ...{ ReferringPhysicianName: '', ReferencedStudySequence: [reference] },
    ...{ PatientName: wish.PatientName ?? '', PatientID: wish.PatientID ?? '', IssuerOfPatientID: '' },
    ...{ PatientBirthDate: '', PatientSex: '', OtherPatientIDs: '', StudyInstanceUID: '' },
    ...{ RequestingPhysician: '', RequestedProcedureDescription: '', RequestedProcedureCodeSequence: [code] },
    ...{ AdmissionID: wish.AdmissionID ?? '', IssuerOfAdmissionIDSequence: [issuer], CurrentPatientLocation: '' },
    ScheduledProcedureStepSequence: [
      {
        ...{ Modality: wish.modality ?? '', ScheduledStationAETitle: wish.station ?? '' },
        ...{ ScheduledProcedureStepStartDate: wish.days ?? '', ScheduledProcedureStepStartTime: '' },
        ...{ ScheduledPerformingPhysicianName: '', ScheduledProcedureStepDescription: '' },
        ...{ ScheduledProtocolCodeSequence: [code], ScheduledProcedureStepID: '' },
        ...{ ScheduledStationName: '', ScheduledProcedureStepLocation: '', ScheduledProcedureStepStatus: '' },
      },
    ],
    ...{ RequestedProcedureID: wish.RequestedProcedureID ?? '', ReasonForTheRequestedProcedure: '' },
    RequestedProcedurePriority: '',
  };
}

/** More pairs of device and modality than this are asked for all at once, and chosen here. */
const mostPairs = 8;

/** The queries that bring the orders of a worklist: one for each device and modality, for a key holds one of them. */
export function wishesOf({ stationAeTitles, modalities }: WorklistSetting, wish: WorklistWish): WorklistWish[] {
  const stations = wish.station ? [wish.station] : stationAeTitles.length > 0 ? stationAeTitles : [''];
  const kinds = wish.modality ? [wish.modality] : modalities.length > 0 ? modalities : [''];
  if (stations.length * kinds.length > mostPairs) return [wish];
  return stations.flatMap((station) => kinds.map((modality) => ({ ...wish, station, modality })));
}

/** What a person typed as queries, likeliest first: the next is asked only when those before found nothing. */
export function wishesOfText(text: string): WorklistWish[] {
  const words = text
    .replace(/[\\*?\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .split(/[\s^,;=]+/u)
    .filter((word) => word !== '')
    .slice(0, 4);
  const [first] = words;
  if (first === undefined) return [];
  const number = words.length === 1 && /\d/.test(first);
  if (number) return [{ AccessionNumber: `${first.slice(0, 15)}*` }, { PatientID: `${first.slice(0, 63)}*` }];
  const nameOf = (form: (word: string) => string) => `${words.map(form).join('*').slice(0, 63)}*`;
  const forms = [capital, (word: string) => word.toLocaleUpperCase(), (word: string) => word].map(nameOf);
  // Whether case counts in a name is the peer's choice (PS3.4 C.2.2.2.1).
  const names = [...new Set(forms)].map((PatientName) => ({ PatientName }));
  return words.length === 1 ? [...names, { PatientID: `${first.slice(0, 63)}*` }] : names;
}

const capital = (word: string): string => {
  const [head = '', ...rest] = word;
  return head.toLocaleUpperCase() + rest.join('').toLocaleLowerCase();
};
