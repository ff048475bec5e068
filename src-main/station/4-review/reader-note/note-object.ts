// A note to the reader as a DICOM object: a Key Object Selection (TID 2010, "Of Interest") or a Basic Text SR that names the
// approved images of the exam.
//
// Pure: the same content gives the same bytes. Explicit little endian, UTF-8, so that a note may be in any script. The set of instances in
// Current Requested Procedure Evidence Sequence is the set in the content tree by construction.
import { buildFileMeta, encodeElements, explicitLittleEndian, type NewElement } from '#station/dicom/index.ts';
import {
  codeOf,
  evidenceOf,
  itemOf,
  keyObjectSelectionClass,
  observerOf,
  referenceTo,
  type NoteIdentity,
  type StudyOfNote,
} from '../after-release/rejection-note.ts';

/** Basic Text SR Storage, PS3.4 B.5. */
export const basicTextReportClass = '1.2.840.10008.5.1.4.1.1.88.11';

export type ReaderNoteContent = {
  readonly kind: 'key-object' | 'document';
  readonly text: string;
  readonly identity: NoteIdentity;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly SOPInstanceUID: string;
  /** The approved images, in every study that they left in. */
  readonly studies: readonly StudyOfNote[];
  readonly by: string;
  /** YYYYMMDDHHMMSS in the zone of the station. */
  readonly at: string;
  readonly station: { readonly name: string; readonly institution: string; readonly softwareVersion: string };
};

/** Behind the images in any list. */
const seriesNumber = '9989';
const title = 'Note to the reader';

/** A Part 10 file; `dataSetOffset` is where its data set begins. */
export function buildReaderNote(content: ReaderNoteContent): {
  readonly bytes: Buffer;
  readonly dataSetOffset: number;
} {
  const meta = buildFileMeta({
    sopClassUid: classOf(content),
    sopInstanceUid: content.SOPInstanceUID,
    transferSyntaxUid: explicitLittleEndian,
  });
  const style = { explicit: true, littleEndian: true, characterSet: ['ISO_IR 192'] };
  const dataSet = encodeElements(elementsOf(content), style);
  return { bytes: Buffer.concat([meta, dataSet]), dataSetOffset: meta.length };
}

const classOf = ({ kind }: ReaderNoteContent): string =>
  kind === 'key-object' ? keyObjectSelectionClass : basicTextReportClass;

function elementsOf(content: ReaderNoteContent): NewElement[] {
  const { identity, at, station, kind } = content;
  const { IssuerOfPatientID, StudyDescription } = identity;
  return [
    { keyword: 'SpecificCharacterSet', value: 'ISO_IR 192' },
    { keyword: 'SOPClassUID', value: classOf(content) },
    { keyword: 'SOPInstanceUID', value: content.SOPInstanceUID },
    ...(
      [
        ...(['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex', 'StudyDate', 'StudyTime'] as const),
        ...(['StudyID', 'AccessionNumber', 'ReferringPhysicianName'] as const),
      ] as const
    ).map((keyword) => ({ keyword, value: identity[keyword] })),
    ...(IssuerOfPatientID === '' ? [] : [{ keyword: 'IssuerOfPatientID', value: IssuerOfPatientID }]),
    ...(StudyDescription === '' ? [] : [{ keyword: 'StudyDescription', value: StudyDescription }]),
    { keyword: 'StudyInstanceUID', value: content.StudyInstanceUID },
    { keyword: 'Modality', value: kind === 'key-object' ? 'KO' : 'SR' },
    { keyword: 'SeriesInstanceUID', value: content.SeriesInstanceUID },
    { keyword: 'SeriesNumber', value: seriesNumber },
    { keyword: 'SeriesDescription', value: title },
    { keyword: 'ReferencedPerformedProcedureStepSequence', items: [] },
    { keyword: 'Manufacturer', value: 'Safelight' },
    { keyword: 'ManufacturerModelName', value: 'Safelight' },
    { keyword: 'SoftwareVersions', value: station.softwareVersion },
    ...(station.name === '' ? [] : [{ keyword: 'StationName', value: station.name.slice(0, 16) }]),
    ...(station.institution === '' ? [] : [{ keyword: 'InstitutionName', value: station.institution.slice(0, 64) }]),
    { keyword: 'InstanceNumber', value: '1' },
    { keyword: 'ContentDate', value: at.slice(0, 8) },
    { keyword: 'ContentTime', value: at.slice(8, 14) },
    ...(kind === 'key-object' ? [] : generalOfReport),
    { keyword: 'CurrentRequestedProcedureEvidenceSequence', items: content.studies.map(evidenceOf) },
    { keyword: 'ValueType', value: 'CONTAINER' },
    codeOf('ConceptNameCodeSequence', kind === 'key-object' ? ['113000', 'Of Interest'] : ['121106', 'Comment']),
    { keyword: 'ContinuityOfContent', value: 'SEPARATE' },
    ...(kind === 'key-object' ? [template] : []),
    { keyword: 'ContentSequence', items: treeOf(content) },
  ];
}

/** Complete as it is; nobody who reads images has looked at it (C.17.2). */
const generalOfReport: readonly NewElement[] = [
  { keyword: 'CompletionFlag', value: 'COMPLETE' },
  { keyword: 'VerificationFlag', value: 'UNVERIFIED' },
  { keyword: 'PerformedProcedureCodeSequence', items: [] },
];

const template: NewElement = {
  keyword: 'ContentTemplateSequence',
  items: [
    [
      { keyword: 'MappingResource', value: 'DCMR' },
      { keyword: 'TemplateIdentifier', value: '2010' },
    ],
  ],
};

function treeOf({ kind, text, by, studies }: ReaderNoteContent): NewElement[][] {
  const references = studies.flatMap(({ series }) => series.flatMap(({ objects }) => objects));
  const concept =
    kind === 'key-object' ? (['113012', 'Key Object Description'] as const) : (['121106', 'Comment'] as const);
  return [
    ...observerOf(by),
    [...itemOf('CONTAINS', 'TEXT', concept), { keyword: 'TextValue', value: text.replace(/\r?\n/g, '\r\n') }],
    ...references.map((reference) => [
      { keyword: 'RelationshipType', value: 'CONTAINS' },
      { keyword: 'ValueType', value: reference.valueType },
      // A report names its references, a selection does not (TID 2010).
      { keyword: 'ReferencedSOPSequence', items: [referenceTo(reference)] },
    ]),
  ];
}
