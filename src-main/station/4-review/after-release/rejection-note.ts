// A rejection note (IHE IOCM): a Key Object Selection Document that says which objects of a study must not be used, and why.
//
// Pure: the same content gives the same bytes, so that a note that was cut off by a crash is made again as it was. Template
// TID 2010 of PS3.16 by our own encoder, explicit little endian, UTF-8. The set of instances in Current Requested Procedure
// Evidence Sequence is the set in the content tree by construction. Refuses nothing that a revision holds: texts are cut
// to what their VR takes.
import { findRejectReason } from '#contract/shapes/reject-reasons.ts';
import { buildFileMeta, encodeElements, explicitLittleEndian, type NewElement } from '#station/dicom/index.ts';

/** Key Object Selection Document Storage, PS3.4 B.5. */
export const keyObjectSelectionClass = '1.2.840.10008.5.1.4.1.1.88.59';

/** Titles of CID 7010 under which this station rejects. */
export const noteTitles = {
  '113001': 'Rejected for Quality Reasons',
  '113037': 'Rejected for Patient Safety Reasons',
  '113038': 'Incorrect Modality Worklist Entry',
} as const;

export type NoteTitle = keyof typeof noteTitles;

/** Patient and study as the objects that are rejected left with them; '' for what they did not say. */
export type NoteIdentity = Readonly<
  Record<
    | 'PatientName'
    | 'PatientID'
    | 'IssuerOfPatientID'
    | 'PatientBirthDate'
    | 'PatientSex'
    | 'StudyDate'
    | 'StudyTime'
    | 'StudyID'
    | 'AccessionNumber'
    | 'ReferringPhysicianName'
    | 'StudyDescription',
    string
  >
>;

export type RejectedReference = {
  readonly SOPClassUID: string;
  readonly SOPInstanceUID: string;
  readonly valueType: 'IMAGE' | 'WAVEFORM' | 'COMPOSITE';
};

export type StudyOfNote = {
  readonly StudyInstanceUID: string;
  readonly series: readonly { readonly SeriesInstanceUID: string; readonly objects: readonly RejectedReference[] }[];
};

/** The same note in another study (C.17.6.2.1). */
export type IdenticalNote = {
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
};

export type NoteContent = {
  readonly title: NoteTitle;
  /** A code of CID 7011; of 113001 alone. */
  readonly reason: string | null;
  readonly text: string;
  readonly identity: NoteIdentity;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
  /** All that is rejected, those of other studies too. */
  readonly rejected: readonly StudyOfNote[];
  readonly identical: readonly IdenticalNote[];
  readonly by: string;
  /** YYYYMMDDHHMMSS in the zone of the station. */
  readonly at: string;
  readonly station: { readonly name: string; readonly institution: string; readonly softwareVersion: string };
};

type Code = readonly [value: string, meaning: string];

/** A Part 10 file; `dataSetOffset` is where its data set begins. */
export function buildRejectionNote(content: NoteContent): { readonly bytes: Buffer; readonly dataSetOffset: number } {
  const meta = buildFileMeta({
    sopClassUid: keyObjectSelectionClass,
    sopInstanceUid: content.SOPInstanceUID,
    transferSyntaxUid: explicitLittleEndian,
  });
  const style = { explicit: true, littleEndian: true, characterSet: ['ISO_IR 192'] };
  const dataSet = encodeElements(elementsOf(content), style);
  return { bytes: Buffer.concat([meta, dataSet]), dataSetOffset: meta.length };
}

function elementsOf(content: NoteContent): NewElement[] {
  const { identity, at, station } = content;
  const { IssuerOfPatientID, AccessionNumber, StudyDescription } = identity;
  return [
    { keyword: 'SpecificCharacterSet', value: 'ISO_IR 192' },
    { keyword: 'SOPClassUID', value: keyObjectSelectionClass },
    { keyword: 'SOPInstanceUID', value: content.SOPInstanceUID },
    ...(
      ['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex', 'StudyDate', 'StudyTime', 'StudyID'] as const
    ).map((keyword) => ({ keyword, value: identity[keyword] })),
    ...(IssuerOfPatientID === '' ? [] : [{ keyword: 'IssuerOfPatientID', value: IssuerOfPatientID }]),
    { keyword: 'AccessionNumber', value: AccessionNumber },
    { keyword: 'ReferringPhysicianName', value: identity.ReferringPhysicianName },
    ...(StudyDescription === '' ? [] : [{ keyword: 'StudyDescription', value: StudyDescription }]),
    { keyword: 'StudyInstanceUID', value: content.StudyInstanceUID },
    { keyword: 'Modality', value: 'KO' },
    { keyword: 'SeriesInstanceUID', value: content.SeriesInstanceUID },
    { keyword: 'SeriesNumber', value: seriesNumber },
    { keyword: 'SeriesDescription', value: noteTitles[content.title] },
    { keyword: 'ReferencedPerformedProcedureStepSequence', items: [] },
    { keyword: 'Manufacturer', value: 'Safelight' },
    { keyword: 'ManufacturerModelName', value: 'Safelight' },
    { keyword: 'SoftwareVersions', value: station.softwareVersion },
    ...(station.name === '' ? [] : [{ keyword: 'StationName', value: station.name.slice(0, 16) }]),
    ...(station.institution === '' ? [] : [{ keyword: 'InstitutionName', value: station.institution.slice(0, 64) }]),
    { keyword: 'InstanceNumber', value: '1' },
    { keyword: 'ContentDate', value: at.slice(0, 8) },
    { keyword: 'ContentTime', value: at.slice(8, 14) },
    ...(AccessionNumber === '' ? [] : [{ keyword: 'ReferencedRequestSequence', items: [requestOf(content)] }]),
    { keyword: 'CurrentRequestedProcedureEvidenceSequence', items: content.rejected.map(evidenceOf) },
    ...(content.identical.length === 0
      ? []
      : [{ keyword: 'IdenticalDocumentsSequence', items: content.identical.map(identicalOf) }]),
    { keyword: 'ValueType', value: 'CONTAINER' },
    codeOf('ConceptNameCodeSequence', [content.title, noteTitles[content.title]]),
    { keyword: 'ContinuityOfContent', value: 'SEPARATE' },
    {
      keyword: 'ContentTemplateSequence',
      items: [
        [
          { keyword: 'MappingResource', value: 'DCMR' },
          { keyword: 'TemplateIdentifier', value: '2010' },
        ],
      ],
    },
    { keyword: 'ContentSequence', items: treeOf(content) },
  ];
}

/** High, so that notes stand behind the images in any list. */
const seriesNumber = '9990';
const mostTextCharacters = 1024;

function treeOf({ reason, text, by, rejected }: NoteContent): NewElement[][] {
  const known = reason === null ? undefined : findRejectReason(reason);
  const references = rejected.flatMap(({ series }) => series.flatMap(({ objects }) => objects));
  return [
    ...(known === undefined
      ? []
      : [
          [
            ...itemOf('HAS CONCEPT MOD', 'CODE', ['113011', 'Document Title Modifier']),
            codeOf('ConceptCodeSequence', [known.code, known.meaning]),
          ],
        ]),
    ...observerOf(by),
    ...(text === ''
      ? []
      : [
          [
            ...itemOf('CONTAINS', 'TEXT', ['113012', 'Key Object Description']),
            { keyword: 'TextValue', value: text.slice(0, mostTextCharacters) },
          ],
        ]),
    ...references.map((reference) => [
      { keyword: 'RelationshipType', value: 'CONTAINS' },
      { keyword: 'ValueType', value: reference.valueType },
      { keyword: 'ReferencedSOPSequence', items: [referenceTo(reference)] },
    ]),
  ];
}

/** Who says it, as items of the content tree; nobody when the name is empty. */
export function observerOf(by: string): NewElement[][] {
  if (by === '') return [];
  return [
    [
      ...itemOf('HAS OBS CONTEXT', 'CODE', ['121005', 'Observer Type']),
      codeOf('ConceptCodeSequence', ['121006', 'Person']),
    ],
    [
      ...itemOf('HAS OBS CONTEXT', 'PNAME', ['121008', 'Person Observer Name']),
      { keyword: 'PersonName', value: by.replace(/[\\=]/g, ' ').slice(0, 64) },
    ],
  ];
}

export const itemOf = (relationship: string, valueType: string, concept: Code): NewElement[] => [
  { keyword: 'RelationshipType', value: relationship },
  { keyword: 'ValueType', value: valueType },
  codeOf('ConceptNameCodeSequence', concept),
];

export const codeOf = (keyword: string, [value, meaning]: Code): NewElement => ({
  keyword,
  items: [
    [
      { keyword: 'CodeValue', value },
      { keyword: 'CodingSchemeDesignator', value: 'DCM' },
      { keyword: 'CodeMeaning', value: meaning },
    ],
  ],
});

export const referenceTo = ({ SOPClassUID, SOPInstanceUID }: Omit<RejectedReference, 'valueType'>): NewElement[] => [
  { keyword: 'ReferencedSOPClassUID', value: SOPClassUID },
  { keyword: 'ReferencedSOPInstanceUID', value: SOPInstanceUID },
];

export const evidenceOf = ({ StudyInstanceUID, series }: StudyOfNote): NewElement[] => [
  { keyword: 'StudyInstanceUID', value: StudyInstanceUID },
  {
    keyword: 'ReferencedSeriesSequence',
    items: series.map(({ SeriesInstanceUID, objects }) => [
      { keyword: 'SeriesInstanceUID', value: SeriesInstanceUID },
      { keyword: 'ReferencedSOPSequence', items: objects.map(referenceTo) },
    ]),
  },
];

const identicalOf = ({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }: IdenticalNote): NewElement[] => [
  { keyword: 'StudyInstanceUID', value: StudyInstanceUID },
  {
    keyword: 'ReferencedSeriesSequence',
    items: [
      [
        { keyword: 'SeriesInstanceUID', value: SeriesInstanceUID },
        {
          keyword: 'ReferencedSOPSequence',
          items: [referenceTo({ SOPClassUID: keyObjectSelectionClass, SOPInstanceUID })],
        },
      ],
    ],
  },
];

/** What a note says of the request it belongs to: what is not known of it is there and empty (C.17.2.4). */
const requestOf = ({ StudyInstanceUID, identity }: NoteContent): NewElement[] => [
  { keyword: 'StudyInstanceUID', value: StudyInstanceUID },
  { keyword: 'ReferencedStudySequence', items: [] },
  { keyword: 'AccessionNumber', value: identity.AccessionNumber },
  { keyword: 'PlacerOrderNumberImagingServiceRequest', value: '' },
  { keyword: 'FillerOrderNumberImagingServiceRequest', value: '' },
  { keyword: 'RequestedProcedureID', value: '' },
  { keyword: 'RequestedProcedureDescription', value: '' },
  { keyword: 'RequestedProcedureCodeSequence', items: [] },
];
