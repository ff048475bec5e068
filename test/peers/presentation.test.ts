// What was drawn on pictures, as others see it: DCMTK and pydicom draw by our states what the viewer shows, derived pictures
// differ where they should and nowhere else, and an archive takes both. The whole corpus is in test/soak/presentation-corpus.ts.
import { call } from '@orpc/server';
import { afterEach, expect, test } from 'vitest';
import { markupShape, type Markup } from '#contract/shapes/markup.ts';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';
import { isGood, wishesFor } from '../soak/presentation-corpus.ts';
import { destination, openAround, received, untilProved, type Around } from './after-release-around.ts';
import { orthancIsInstalled } from './programs/index.ts';
import { errorsIn, judgePresentations } from './programs/judged-presentations.ts';
import { temporaryFolder } from './programs/temporary-folder.ts';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';

if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

const sample = ['dicom/modality/ct/CT_small.dcm', 'dicom/lut/vlut_04.dcm', 'dicom/modality/xa/I_000000.dcm'];

test.skipIf(!corpusIsHere)('others draw what was seen, and find in derived pictures only what was meant', async () => {
  const files = objects.filter(({ path: name }) => sample.includes(name));
  const judged = await judgePresentations(
    files.map(({ path: name, file }) => ({ name, file })),
    (size) => wishesFor(size).filter(({ name }) => size.rows < 200 || name === 'as it is'),
  );
  expect(judged).toHaveLength(10);
  expect(judged.filter((row) => row.reason !== undefined || !isGood(row))).toEqual([]);
  expect(judged.filter(({ dcmtk }) => dcmtk !== undefined).length).toBeGreaterThanOrEqual(5);
});

type Tags = Readonly<Record<string, string>>;
let around: Around | undefined;
afterEach(() => around?.close());

test.skipIf(!orthancIsInstalled())(
  'an archive gets states and derived pictures with the exam, and not what was replaced',
  async () => {
    around = await openAround();
    const pacs = await around.archive('ARCHIVE');
    const station = await around.open(destination(pacs));
    const { examId, uids } = await received(station);
    const { series } = await call(station.router.exams.read, { id: examId });
    const idOf = (uid = '') =>
      series.flatMap((one) => one.objects).find(({ SOPInstanceUID }) => SOPInstanceUID === uid)?.id ?? '';
    const save = (uid: string | undefined, chosen: Partial<Markup>) =>
      call(station.router.objects.saveMarkup, { id: idOf(uid), markup: markupShape.parse(chosen) });
    await save(uids[0], { window: { center: 500, width: 900 }, flipped: true });
    await save(uids[1], { redactions: [{ left: 0, top: 0, right: 8, bottom: 4 }], rotation: 90 });
    await call(station.router.exams.approve, { id: examId });
    await untilProved(station, examId);
    const held = await around.imagesAt(pacs);
    const kinds = held.map(({ Modality, ImageType = '' }) => [Modality, ImageType.split('\\')[0]].join(' ').trim());
    expect(kinds.sort()).toEqual(['OT', 'OT', 'OT DERIVED', 'PR', 'PR']);
    expect(held.map(({ SOPInstanceUID }) => SOPInstanceUID)).not.toContain(uids[1]);
    const folder = await temporaryFolder('presentation');
    const errors = new Map<string, readonly string[]>();
    for (const id of (await pacs.get('/instances')) as string[]) {
      const file = path.join(folder.path, `${id}.dcm`);
      await writeFile(file, await pacs.file(id));
      const { SOPInstanceUID = '', Modality = '' } = (await pacs.get(`/instances/${id}/simplified-tags`)) as Tags;
      errors.set(Modality === 'PR' ? 'PR' : SOPInstanceUID, await errorsIn(file));
    }
    const asSent = errors.get(uids[2] ?? '') ?? [];
    expect(errors.get('PR')).toEqual([]);
    expect([...errors.values()].flat().filter((error) => !asSent.includes(error))).toEqual([]);
    await folder.close();
  },
);
