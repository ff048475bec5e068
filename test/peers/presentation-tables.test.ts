// Windows and look-up tables that an object names, as others see them once a person chose one: DCMTK draws by the state, and by the
// derived picture, what the viewer shows; names leave in the letters that they came in.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openPart10, readHeader } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { bake } from '#station/presentation/index.ts';
import { furthest } from './programs/canvas.ts';
import { errorsIn } from './programs/judged-presentations.ts';
import { run } from './programs/run.ts';
import { asMarkup, drawnByDcmtk, drawnHere, makeState, openFrameReader, readGrey } from './programs/states-drawn.ts';
import { tableNames, windowNames, writeTabledPicture } from './programs/tabled-picture.ts';
import { temporaryFolder } from './programs/temporary-folder.ts';

const tableOf = (lut: number) => ({ center: 1024, width: 4096, lut, name: tableNames[lut] ?? '' });
const chosen = [
  { window: { center: 300, width: 700, name: windowNames[1] }, said: windowNames[1] },
  { window: tableOf(0), said: tableNames[0], rotation: 90 as const },
  { window: tableOf(1), said: tableNames[1], inverted: true },
  // What came before tables could be chosen: the first one holds where nobody chose.
  { window: null, said: tableNames[0] },
];

test('others draw by the window or the table that was chosen, and read its name', { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder('tables');
  const reader = openFrameReader();
  const image = writeTabledPicture(folder.path);
  const ofImage = await errorsIn(image);
  const found: unknown[] = [];
  try {
    for (const { said, ...wish } of chosen) {
      const made = await makeState(reader, image, wish, folder.path);
      if (typeof made === 'string') throw new Error(made);
      const ours = drawnHere(made.raw, asMarkup(wish));
      const theirs = await drawnByDcmtk(image, made.file, path.join(folder.path, 'drawn.pgm'));
      const { code } = await run('dcmpschk', [made.file]);
      const { output } = await run('dcmdump', ['-q', '+P', '0028,3003', '+P', '0028,1055', made.file]);
      found.push([
        typeof theirs === 'string' ? theirs : furthest(ours.values, theirs.values) <= 1,
        code,
        /\[(.*)\]/.exec(output)?.[1],
        await errorsIn(made.file),
      ]);
      expect(found.at(-1)).toEqual([true, 0, said, []]);
    }
    const markup = asMarkup({ window: tableOf(1) });
    const opened = await openPart10(image);
    const { SOPClassUID, SOPInstanceUID, StudyInstanceUID } = await readHeader(opened);
    await opened.close();
    const shown = await makeState(reader, image, { window: tableOf(1) }, folder.path);
    if (typeof shown === 'string') throw new Error(shown);
    const baked = await bake(
      { path: image, objectId: 'x', frame: shown.picture.frame, SOPClassUID },
      {
        ...{ markup, looks: true, StudyInstanceUID, SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() },
        ...{ source: { SOPClassUID, SOPInstanceUID }, wasLossy: false, by: 'Kim', at: '20261123100000' },
        station: { name: 'ROOM2', institution: 'Klinik', softwareVersion: '0.1.0' },
      },
    );
    if ('reason' in baked) throw new Error(baked.reason);
    const file = path.join(folder.path, 'derived.dcm');
    await writeFile(file, baked.pieces);
    const drawn = path.join(folder.path, 'derived.pgm');
    // Its only table is the first one now.
    expect(await run('dcm2pnm', ['+Wl', '1', file, drawn])).toMatchObject({ code: 0 });
    expect(furthest(readGrey(drawn).values, drawnHere(shown.raw, markup).values)).toBeLessThanOrEqual(1);
    const { output } = await run('dcmdump', ['-q', '+P', '0028,3003', '+P', '0028,1050', file]);
    expect([...output.matchAll(/\[(.*)\]/g)].map(([, name]) => name)).toEqual([tableNames[1]]);
    expect((await errorsIn(file)).filter((error) => !ofImage.includes(error))).toEqual([]);
  } finally {
    await reader.close();
    await folder.close();
  }
});
