// What of a fetched object is shown: from its header, once. Pure.
import type { ObjectHeader } from '#station/model/object-header.ts';
import type { PatientIdentity } from './ports.ts';

export type PriorContent = {
  readonly patient: PatientIdentity;
  readonly SOPClassUID: string;
  readonly Modality: string;
  readonly SeriesNumber: string;
  readonly SeriesDescription: string;
  readonly InstanceNumber: string;
  readonly rows: number;
  readonly columns: number;
  readonly frames: number;
  readonly frameTimeMs: number;
  readonly drawable: boolean;
  readonly burnedInAnnotation: string;
};

/** MPEG-2, H.264 and HEVC are not drawn here. */
const isVideo = (syntax: string) => /^1\.2\.840\.10008\.1\.2\.4\.10\d(?:\.1)?$/.test(syntax);
const textOf = (number: number | null) => (number === null ? '' : String(number));
const countOf = (number: number | null) => (number !== null && number > 0 ? Math.trunc(number) : 0);

export function contentOf(header: ObjectHeader, transferSyntaxUid: string): PriorContent {
  const { hasPixelData, PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex } = header;
  const [rows, columns] = [countOf(header.Rows), countOf(header.Columns)];
  const frames = hasPixelData ? Math.max(1, Math.min(countOf(header.NumberOfFrames), 1_000_000)) : 0;
  return {
    patient: { PatientID, IssuerOfPatientID, PatientName, PatientBirthDate, PatientSex },
    SOPClassUID: header.SOPClassUID,
    Modality: header.Modality.slice(0, 16),
    SeriesNumber: textOf(header.SeriesNumber),
    SeriesDescription: header.SeriesDescription.slice(0, 64),
    InstanceNumber: textOf(header.InstanceNumber),
    ...{ rows, columns, frames },
    frameTimeMs: frames > 1 ? Math.max(0, header.FrameTime ?? 0) : 0,
    drawable: hasPixelData && rows > 0 && columns > 0 && !isVideo(transferSyntaxUid),
    burnedInAnnotation: header.BurnedInAnnotation.slice(0, 16),
  };
}
