// An earlier exam in the form in which exams are drawn. Pure. It is none: its id is of the cache, nothing can be decided
// about it, and no list of exams has it.
import type { Exam, ObjectRow, SeriesRow } from '#contract/shapes/exam.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { CachedObject } from './cache.ts';
import { doubtsOf } from './identity.ts';
import type { FoundStudy, PatientIdentity } from './ports.ts';

export type DrawnPrior = {
  readonly id: string;
  readonly study: FoundStudy;
  /** What people call who has it. */
  readonly from: string;
  readonly fetchedAt: string;
  readonly objects: readonly CachedObject[];
  /** For whom it is looked at. */
  readonly chosen: PatientIdentity;
};

export function asExam({ id, study, from, fetchedAt, objects, chosen }: DrawnPrior): Exam {
  const series = seriesOf(objects, fetchedAt);
  const images = objects.filter(({ content }) => content.frames > 0).length;
  return {
    id,
    StudyInstanceUID: study.StudyInstanceUID,
    state: 'confirmed',
    received: receivedOf(study, objects, chosen),
    corrected: {},
    modalities: [...study.modalities],
    StudyDate: study.StudyDate,
    source: { kind: 'dicom', label: from, address: null },
    counts: {
      ...{ objects: objects.length, images, series: series.length },
      ...{ undecided: 0, approved: 0, rejected: 0, conflicts: 0 },
    },
    problems: [],
    deliveries: [],
    thumbnailObjectId: null,
    firstArrivedAt: fetchedAt,
    lastArrivedAt: fetchedAt,
    approvedAt: null,
    version: objects.length,
    series,
    receivedValues: {},
    SpecificCharacterSet: [],
    corrections: [],
    history: [],
  };
}

/** Whom the images name: one that contradicts the chosen patient before all others, for that is what must be seen. */
function receivedOf(study: FoundStudy, objects: readonly CachedObject[], chosen: PatientIdentity): Attributes {
  const named =
    objects.find(({ content }) => doubtsOf(chosen, content.patient).length > 0)?.content.patient ??
    objects[0]?.content.patient;
  const said = (keyword: keyof PatientIdentity) => named?.[keyword] || study[keyword];
  return {
    PatientName: said('PatientName'),
    PatientID: said('PatientID'),
    IssuerOfPatientID: said('IssuerOfPatientID'),
    PatientBirthDate: said('PatientBirthDate'),
    PatientSex: said('PatientSex'),
    StudyDescription: study.StudyDescription,
  };
}

function seriesOf(objects: readonly CachedObject[], arrivedAt: string): SeriesRow[] {
  return [...Map.groupBy(objects, (object) => object.SeriesInstanceUID)]
    .flatMap(([SeriesInstanceUID, ofSeries]): SeriesRow[] => {
      const [first] = ofSeries;
      if (!first) return [];
      const { Modality, SeriesNumber, SeriesDescription } = first.content;
      const rows = ofSeries.map((object) => rowOf(object, arrivedAt)).sort(byInstanceNumber);
      return [{ id: first.id, SeriesInstanceUID, Modality, SeriesNumber, SeriesDescription, objects: rows }];
    })
    .sort((a, b) => Number(a.SeriesNumber) - Number(b.SeriesNumber));
}

const byInstanceNumber = (a: ObjectRow, b: ObjectRow) => Number(a.InstanceNumber) - Number(b.InstanceNumber);

function rowOf({ id, SeriesInstanceUID, content, ...object }: CachedObject, arrivedAt: string): ObjectRow {
  return {
    id,
    seriesId: SeriesInstanceUID,
    SOPInstanceUID: object.SOPInstanceUID,
    SOPClassUID: content.SOPClassUID,
    TransferSyntaxUID: object.TransferSyntaxUID,
    InstanceNumber: content.InstanceNumber,
    state: 'approved',
    rejection: null,
    sizeBytes: object.sizeBytes,
    arrivedAt,
    rows: content.rows,
    columns: content.columns,
    frames: content.frames,
    frameTimeMs: content.frameTimeMs,
    drawable: content.drawable,
    burnedInAnnotation: content.burnedInAnnotation,
    revisionId: null,
    late: false,
  };
}
