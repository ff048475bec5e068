// What a real Orthanc holds, as the checker of invariants wants it: every instance with its patient.
import { createHash } from 'node:crypto';
import type { Orthanc } from '../peers/programs/orthanc.ts';
import type { Holdings } from './invariants.ts';

type Study = { readonly Series: readonly string[]; readonly PatientMainDicomTags: { readonly PatientID?: string } };
type Series = { readonly ID: string; readonly Instances: readonly string[] };
type Instance = { readonly ID: string; readonly MainDicomTags: { readonly SOPInstanceUID: string } };

/**
 * Asks its REST interface. An instance that is there twice, under two patients or studies, is listed twice.
 * @param sampled of how many instances the bytes are looked at; they are spread over all
 */
export async function holdingsOf(archive: Orthanc, sampled = 12): Promise<Holdings> {
  const [studies, series, instances] = (await Promise.all(
    ['studies', 'series', 'instances'].map((level) => archive.get(`/${level}?expand`)),
  )) as [Study[], Series[], Instance[]];
  const patientOfSeries = new Map(
    studies.flatMap((study) => study.Series.map((id) => [id, study.PatientMainDicomTags.PatientID ?? ''] as const)),
  );
  const patientOf = new Map(
    series.flatMap(({ ID, Instances }) => Instances.map((id) => [id, patientOfSeries.get(ID) ?? ''] as const)),
  );
  const everyNth = Math.max(1, Math.ceil(instances.length / sampled));
  const received: Holdings['received'][number][] = [];
  for (const [index, { ID, MainDicomTags }] of instances.entries()) {
    const PatientID = patientOf.get(ID) ?? '';
    const bytes = index % everyNth === 0 ? { sha256: digestOf(await archive.file(ID)) } : {};
    received.push({ SOPInstanceUID: MainDicomTags.SOPInstanceUID, PatientID, ...bytes });
  }
  return { name: archive.aet, received };
}

/** Of the data set of a file, found by the group length of its File Meta. */
function digestOf(file: Buffer): string {
  return createHash('sha256')
    .update(file.subarray(144 + file.readUInt32LE(140)))
    .digest('hex');
}
