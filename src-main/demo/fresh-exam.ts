// Makes of sample files an exam that has just been taken: new UIDs and the time of now, every other byte as it was.
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { openPart10, openSplicedStream, planSplice, readHeader, type Edit } from '#station/dicom/index.ts';
import type { StoreRequest } from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { dateAndTime } from '#station/kit/local-time.ts';

export type FreshObject = Omit<StoreRequest, 'source'> & { open(): AsyncIterable<Buffer> };

/** The samples of a folder, in the order of their names. */
export async function listSamples(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.dcm')).sort();
  return names.map((name) => path.join(folder, name));
}

/** One exam of these files: one study, a series for each that the files have. */
export async function makeFreshExam(files: readonly string[], now: Date): Promise<readonly FreshObject[]> {
  const StudyInstanceUID = newUid();
  const series = new Map<string, string>();
  const objects: FreshObject[] = [];
  for (const file of files) {
    const sample = await openPart10(file);
    try {
      const { SeriesInstanceUID } = await readHeader(sample);
      const seriesUid = series.get(SeriesInstanceUID) ?? newUid();
      series.set(SeriesInstanceUID, seriesUid);
      const uids = { StudyInstanceUID, SeriesInstanceUID: seriesUid, SOPInstanceUID: newUid() };
      const { recipe } = await planSplice(sample, editsFor({ ...uids, ...timeOf(now) }), { objectId: 'sample' });
      objects.push({
        sopClassUid: recipe.sopClassUid,
        sopInstanceUid: uids.SOPInstanceUID,
        transferSyntaxUid: recipe.transferSyntaxUid,
        lengthBytes: recipe.sizeBytes - recipe.dataSetOffset,
        open: () => openSplicedStream(recipe, file, recipe.dataSetOffset),
      });
    } finally {
      await sample.close();
    }
  }
  return objects;
}

const editsFor = (values: Readonly<Record<string, string>>): readonly Edit[] =>
  Object.entries(values).map(([keyword, value]) => ({ kind: 'put', element: { keyword, value } }));

/** Local time, as devices write it. */
function timeOf(now: Date) {
  const { date: StudyDate, time: StudyTime } = dateAndTime(now);
  return { StudyDate, StudyTime, SeriesDate: StudyDate, SeriesTime: StudyTime };
}
