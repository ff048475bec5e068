// What a real Orthanc holds, as the checker of invariants wants it: every instance with its patient.
import type { Orthanc } from '../peers/programs/orthanc.ts';
import type { Holdings } from './invariants.ts';

type Study = { readonly Series: readonly string[]; readonly PatientMainDicomTags: { readonly PatientID?: string } };
type Series = { readonly ID: string; readonly Instances: readonly string[] };
type Instance = { readonly ID: string; readonly MainDicomTags: { readonly SOPInstanceUID: string } };

/** Asks its REST interface. An instance that is there twice, under two patients or studies, is listed twice. */
export async function holdingsOf(archive: Orthanc): Promise<Holdings> {
  const [studies, series, instances] = (await Promise.all(
    ['studies', 'series', 'instances'].map((level) => archive.get(`/${level}?expand`)),
  )) as [Study[], Series[], Instance[]];
  const patientOfSeries = new Map(
    studies.flatMap((study) => study.Series.map((id) => [id, study.PatientMainDicomTags.PatientID ?? ''] as const)),
  );
  const patientOf = new Map(
    series.flatMap(({ ID, Instances }) => Instances.map((id) => [id, patientOfSeries.get(ID) ?? ''] as const)),
  );
  const received = instances.map(({ ID, MainDicomTags: { SOPInstanceUID } }) => {
    const PatientID = patientOf.get(ID) ?? '';
    return { SOPInstanceUID, PatientID };
  });
  return { name: archive.aet, received };
}
