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
import {
  asMarkup,
  curved,
  drawnByDcmtk,
  drawnByReceived,
  drawnHere,
  makeState,
  openFrameReader,
  presentationTable,
  putTable,
  readGrey,
} from './programs/states-drawn.ts';
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

const modalityTable = [
  ...['-e', 'RescaleSlope', '-e', 'RescaleIntercept', '-e', 'RescaleType'],
  ...['-i', 'ModalityLUTSequence[0].ModalityLUTType=US'],
  ...putTable(
    'ModalityLUTSequence[0]',
    0,
    16,
    curved(4096, 16, (part) => part ** 0.7),
  ),
];
const voiTable = putTable(
  'SoftcopyVOILUTSequence[0].VOILUTSequence[0]',
  0,
  10,
  curved(4096, 10, (part) => 1 - part),
);
const noWindow = [
  ...['-e', 'SoftcopyVOILUTSequence[0].WindowCenter', '-e', 'SoftcopyVOILUTSequence[0].WindowWidth'],
  ...['-e', 'SoftcopyVOILUTSequence[0].WindowCenterWidthExplanation'],
];
/** What a state says other than those of this station do, as arguments of dcmodify. */
const received = {
  'a presentation table behind a window': presentationTable,
  'a modality table before a window': [
    ...modalityTable,
    ...['-m', 'SoftcopyVOILUTSequence[0].WindowCenter=30000', '-m', 'SoftcopyVOILUTSequence[0].WindowWidth=50000'],
  ],
  'a modality table and no window': [...modalityTable, '-e', 'SoftcopyVOILUTSequence'],
  'a table of grey values, and a presentation table behind it': [
    ...['-m', 'RescaleIntercept=0'],
    ...noWindow,
    ...voiTable,
    ...presentationTable,
  ],
} as const;

test('states of others with tables of their own are shown as others show them', { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder('received');
  const reader = openFrameReader();
  const ownTable = { keyword: 'ModalityLUTType', value: 'US' };
  const lut = [
    { keyword: 'LUTDescriptor', vr: 'US', value: [4096, 0, 16] },
    ownTable,
    { keyword: 'LUTData', vr: 'OW', value: Buffer.from(Uint16Array.from(curved(4096, 16, (part) => 1 - part)).buffer) },
  ];
  const withoutScale = ['RescaleIntercept', 'RescaleSlope'].map((keyword) => ({ keyword, value: '' }));
  try {
    const images = [
      writeTabledPicture(folder.path),
      // Its own table is not the state's.
      writeTabledPicture(folder.path, [...withoutScale, { keyword: 'ModalityLUTSequence', items: [lut] }]),
    ];
    for (const [said, changed] of Object.entries(received)) {
      for (const [n, image] of images.entries()) {
        const made = await makeState(
          reader,
          image,
          { window: { center: 300, width: 3000 }, rotation: 90 },
          folder.path,
        );
        if (typeof made === 'string') throw new Error(made);
        const more = n === 0 ? changed : ['-e', 'ModalityLUTSequence', ...changed];
        await run('dcmodify', ['-nb', '-imt', ...more, made.file]);
        const of = { SOPInstanceUID: made.picture.SOPInstanceUID, frame: 1 };
        const ours = await drawnByReceived(made.raw, made.file, of);
        const theirs = await drawnByDcmtk(image, made.file, path.join(folder.path, 'drawn.pgm'));
        const most = typeof theirs === 'string' ? theirs : furthest(ours.values, theirs.values);
        expect.soft([said, n, most]).toEqual([said, n, expect.toSatisfy((value) => Number(value) <= 1)]);
      }
    }
  } finally {
    await reader.close();
    await folder.close();
  }
});

test('each frame is shown by the window that a state has for it', { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder('frames');
  const reader = openFrameReader();
  const pixels = Uint16Array.from({ length: 2 * 96 * 64 }, (_, n) => (n * 7) % 4096);
  const image = writeTabledPicture(folder.path, [
    { keyword: 'NumberOfFrames', value: '2' },
    { keyword: 'PixelData', vr: 'OW', value: Buffer.from(pixels.buffer) },
  ]);
  try {
    const made = await makeState(reader, image, { window: { center: 300, width: 3000 } }, folder.path);
    if (typeof made === 'string') throw new Error(made);
    const { SOPClassUID, SOPInstanceUID } = made.picture;
    const windows = ['300\\3000', '-200\\900'].flatMap((window, n) => {
      const item = `SoftcopyVOILUTSequence[${n}]`;
      const [center = '', width = ''] = window.split('\\');
      return [
        ...['-i', `${item}.ReferencedImageSequence[0].ReferencedSOPClassUID=${SOPClassUID}`],
        ...['-i', `${item}.ReferencedImageSequence[0].ReferencedSOPInstanceUID=${SOPInstanceUID}`],
        ...['-i', `${item}.ReferencedImageSequence[0].ReferencedFrameNumber=${n + 1}`],
        ...['-i', `${item}.WindowCenter=${center}`, '-i', `${item}.WindowWidth=${width}`],
      ];
    });
    await run('dcmodify', ['-nb', '-imt', '-e', 'SoftcopyVOILUTSequence', ...windows, made.file]);
    const opened = await openPart10(image);
    await opened.close();
    for (const frame of [1, 2]) {
      const file = { path: image, dataSetOffset: opened.dataSetOffset, transferSyntax: opened.syntax.uid };
      const raw = await reader.frame({ ...file, frame: frame - 1 });
      if (raw.kind !== 'frame') throw new Error(raw.reason);
      const ours = await drawnByReceived(raw, made.file, { SOPInstanceUID, frame });
      const theirs = await drawnByDcmtk(image, made.file, path.join(folder.path, 'drawn.pgm'), frame);
      if (typeof theirs === 'string') throw new Error(theirs);
      expect(furthest(ours.values, theirs.values)).toBeLessThanOrEqual(1);
      expect(
        furthest(
          ours.values,
          Uint8Array.from(ours.values, () => 0),
        ),
      ).toBeGreaterThan(200);
    }
  } finally {
    await reader.close();
    await folder.close();
  }
});
