// What a frame brings beside its values: tables, overlays, spacing, orientation, time. Objects made for one purpose each.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nativePixelElement, openFrameReader, type FrameReader } from '#station/dicom/codecs/index.ts';
import type { NewElement } from '#station/dicom/index.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import { writeObject, type Geometry } from './requests.ts';

const explicit = '1.2.840.10008.1.2.1';
let folder: string;
let reader: FrameReader;
let made = 0;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'brings-'));
  reader = openFrameReader({ workers: 1 });
});
afterAll(async () => {
  await reader.close();
  rmSync(folder, { recursive: true, force: true });
});

const small = { rows: 2, columns: 4 } as const;

async function answer(more: readonly NewElement[], geometry: Partial<Geometry> = {}, frame = 0, pixels?: Buffer) {
  const all: Geometry = { ...small, ...geometry, more };
  const bits = (all.bitsAllocated ?? 8) === 8 ? 8 : 16;
  const bytes = pixels ?? Buffer.alloc((all.rows * all.columns * (all.samples ?? 1) * (all.frames ?? 1) * bits) / 8, 7);
  const request = writeObject(path.join(folder, `${made++}`), explicit, all, nativePixelElement(bytes, bits));
  return reader.frame({ ...request, frame });
}

async function drawn(...asked: Parameters<typeof answer>): Promise<RawFrame> {
  const found = await answer(...asked);
  if (found.kind !== 'frame') throw new Error(`not drawable: ${found.reason}`);
  return found;
}

const words = (...values: number[]) => Buffer.from(new Uint16Array(values).buffer);
const overlay = (element: number, vr: string, value: NewElement['value']): NewElement => ({
  tag: 0x60000000 + element,
  vr,
  ...(value === undefined ? {} : { value }),
});
const overlayOf = (rows: number, columns: number, data: Buffer, ...more: NewElement[]): NewElement[] => [
  overlay(0x10, 'US', rows),
  overlay(0x11, 'US', columns),
  overlay(0x40, 'CS', 'G'),
  overlay(0x50, 'SS', [1, 1]),
  overlay(0x100, 'US', 1),
  overlay(0x102, 'US', 0),
  ...more,
  overlay(0x3000, 'OW', data),
];
const plane = (frame: RawFrame, index = 0) => {
  const { at, sizeBytes } = frame.overlays![index]!;
  return [...frame.attached!.subarray(at, at + sizeBytes)];
};

describe('an overlay', () => {
  it('comes as a layer of its own with its place and its name', async () => {
    const elements = overlayOf(2, 4, Buffer.from([0b10100101, 0]), overlay(0x1500, 'LO', 'Marks'));
    const frame = await drawn([
      ...elements.filter((each) => !('tag' in each && each.tag === 0x60000050)),
      overlay(0x50, 'SS', [-3, 2]),
    ]);
    expect(frame.overlays).toMatchObject([{ group: 0x6000, name: 'Marks', x: 1, y: -4, kind: 'graphic' }]);
    expect(plane(frame)).toEqual([0b10100101]);
  });

  it('of several frames begins where it says and stops where it ends', async () => {
    const elements = overlayOf(1, 3, Buffer.from([0b101_011, 0]), overlay(0x15, 'IS', '2'), overlay(0x51, 'US', 2));
    const found = await Promise.all([0, 1, 2, 3].map((frame) => drawn(elements, { frames: 4 }, frame)));
    expect(found.map((frame) => frame.overlays?.length ?? 0)).toEqual([0, 1, 1, 0]);
    expect([plane(found[1]!), plane(found[2]!)]).toEqual([[0b011], [0b101]]);
  });

  it('in a high bit of the pixels is taken out of them', async () => {
    const elements = [
      ...overlayOf(2, 4, Buffer.alloc(0)).filter((each) => !('tag' in each && each.tag === 0x60003000)),
    ].map((each) => ('tag' in each && each.tag === 0x60000102 ? overlay(0x102, 'US', 15) : each));
    const pixels = words(5, 0x8005, 5, 5, 5, 5, 5, 0x8005);
    const frame = await drawn(elements, { bitsAllocated: 16, bitsStored: 12 }, 0, pixels);
    expect(frame).toMatchObject({ min: 5, max: 5 });
    expect(plane(frame)).toEqual([0b10000010]);
  });

  it('that is larger than its bytes is left out, and the picture is drawn', async () => {
    const frame = await drawn(overlayOf(65_535, 65_535, Buffer.from([1, 2])));
    expect(frame.overlays).toBeUndefined();
    expect(frame.lacks).toEqual(['overlay-broken']);
  });
});

describe('VOI look-up tables', () => {
  const table = (values: readonly number[], name: string): NewElement[] => [
    { keyword: 'LUTDescriptor', vr: 'US', value: [values.length, 3, 12] },
    { keyword: 'LUTExplanation', value: name },
    { keyword: 'LUTData', vr: 'US', value: [...values] },
  ];

  it('all come with their names, beside the windows with theirs', async () => {
    const frame = await drawn([
      { keyword: 'WindowCenter', value: ['10', '20'] },
      { keyword: 'WindowWidth', value: ['5', '6'] },
      { keyword: 'WindowCenterWidthExplanation', value: ['LUNG', 'BONE'] },
      { keyword: 'VOILUTSequence', items: [table([0, 4095], 'NORMAL'), table([0, 2000, 4095], 'HARDER')] },
    ]);
    expect(frame.windows).toEqual([
      { center: 10, width: 5, name: 'LUNG' },
      { center: 20, width: 6, name: 'BONE' },
    ]);
    expect(frame.luts).toMatchObject([
      { name: 'NORMAL', first: 3, bits: 12, entries: 2 },
      { name: 'HARDER', entries: 3 },
    ]);
    const { at } = frame.luts![1]!;
    expect([...new Uint16Array(frame.attached!.slice(at, at + 6).buffer)]).toEqual([0, 2000, 4095]);
  });

  it('keep the place that they have in the object when a broken one stands before them', async () => {
    const broken: NewElement[] = [{ keyword: 'LUTExplanation', value: 'NOTHING IN IT' }];
    const frame = await drawn([{ keyword: 'VOILUTSequence', items: [broken, table([0, 4095], 'NORMAL')] }]);
    expect(frame.luts).toMatchObject([{ item: 1, name: 'NORMAL' }]);
  });

  it('windows and overlays are named in the letters of the object', async () => {
    const utf8 = (text: string) => Buffer.from(text.length % 2 === 0 ? text : `${text} `, 'utf8');
    const named = (set: string, value: Buffer): NewElement[] => [
      { keyword: 'SpecificCharacterSet', value: set.split('\\') },
      { keyword: 'WindowCenter', value: ['10', '20'] },
      { keyword: 'WindowWidth', value: ['5', '6'] },
      { keyword: 'WindowCenterWidthExplanation', vr: 'LO', value },
      { keyword: 'VOILUTSequence', items: [[...table([0, 4095], ''), { keyword: 'LUTExplanation', value }]] },
      ...overlayOf(2, 4, Buffer.from([1, 0]), overlay(0x1500, 'LO', value)),
    ];
    const japanese = Buffer.from([0x1b, 0x24, 0x42, 0x47, 0x59, 0x1b, 0x28, 0x42, 0x5c, 0x42, 0x4f, 0x4e]);
    const cases: readonly (readonly [set: string, value: Buffer, first: string, second?: string])[] = [
      ['ISO_IR 192', utf8('Lungen\u202egroße\\肺'), 'Lungen große', '肺'],
      ['ISO_IR 144', Buffer.from([0xbb, 0xd5, 0xd3, 0xda, 0xd8, 0xd5]), 'Легкие'],
      ['\\ISO 2022 IR 87', japanese, '肺', 'BON'],
      ['', Buffer.from('Gr\xfc\xdfe ', 'latin1'), 'Grüße'],
    ];
    for (const [set, value, first, second] of cases) {
      const { windows, luts, overlays } = await drawn(named(set, value));
      expect([windows.map(({ name }) => name), luts?.[0]?.name, overlays?.[0]?.name]).toEqual([
        [first, second],
        first,
        first,
      ]);
    }
  });

  it('windows that no value can lie in are left out, and the frame says so', async () => {
    const windows = (centers: string[], widths: string[]): NewElement[] => [
      { keyword: 'WindowCenter', vr: 'DS', value: Buffer.from(centers.join('\\')) },
      { keyword: 'WindowWidth', vr: 'DS', value: Buffer.from(widths.join('\\')) },
    ];
    const some = await drawn(windows(['NaN', '40', 'Infinity', '1', '1'], ['5', '80', '5', '-400', '1e308']));
    expect(some).toMatchObject({ windows: [{ center: 40, width: 80 }], lacks: ['window-unusable'] });
    const none = await drawn(windows(['-1e308'], ['1e308']));
    expect(none).toMatchObject({ windowsFrom: 'computed', lacks: ['window-unusable'] });
    const scaled = await drawn([
      { keyword: 'RescaleSlope', vr: 'DS', value: Buffer.from('1e308 ') },
      { keyword: 'RescaleIntercept', vr: 'DS', value: Buffer.from('0 ') },
    ]);
    expect(scaled).toMatchObject({ rescale: { slope: 1, intercept: 0 }, lacks: ['rescale-unusable'] });
  });

  it('that are shorter than they say are left out, and the frame says so', async () => {
    const lying: NewElement[] = [
      { keyword: 'LUTDescriptor', vr: 'US', value: [0, 0, 16] },
      { keyword: 'LUTData', vr: 'US', value: [1] },
    ];
    const frame = await drawn([{ keyword: 'VOILUTSequence', items: [lying] }]);
    expect(frame).toMatchObject({ lacks: ['voi-lut-broken'], windowsFrom: 'computed' });
  });
});

describe('the distance of pixels', () => {
  const imager: NewElement = { keyword: 'ImagerPixelSpacing', value: ['0.2', '0.2'] };
  it('of a detector is made smaller by the magnification', async () => {
    const frame = await drawn([imager, { keyword: 'EstimatedRadiographicMagnificationFactor', value: '2' }]);
    expect(frame.spacing).toEqual({ mm: [0.1, 0.1], from: 'ImagerPixelSpacing', magnification: 2 });
    expect(frame.spacingMm).toEqual([0.1, 0.1]);
  });

  it('that only repeats the detector is the detector until somebody calibrated it', async () => {
    const same: NewElement = { keyword: 'PixelSpacing', value: ['0.2', '0.2'] };
    expect((await drawn([imager, same])).spacing?.from).toBe('ImagerPixelSpacing');
    const calibrated = await drawn([imager, same, { keyword: 'PixelSpacingCalibrationType', value: 'FIDUCIAL' }]);
    expect(calibrated.spacing).toMatchObject({ from: 'PixelSpacing', calibration: 'FIDUCIAL' });
  });

  it('of ultrasound comes with the region that it is for', async () => {
    const region: NewElement[] = [
      { tag: 0x00186018, vr: 'UL', value: 1 },
      { tag: 0x0018601a, vr: 'UL', value: 0 },
      { tag: 0x0018601c, vr: 'UL', value: 3 },
      { tag: 0x0018601e, vr: 'UL', value: 1 },
      { tag: 0x00186024, vr: 'US', value: 3 },
      { tag: 0x00186026, vr: 'US', value: 3 },
      { tag: 0x0018602c, vr: 'FD', value: 0.5 },
      { tag: 0x0018602e, vr: 'FD', value: 0.25 },
    ];
    const frame = await drawn([{ keyword: 'SequenceOfUltrasoundRegions', items: [region] }]);
    expect(frame.regions).toMatchObject([{ left: 1, right: 3, unitX: 3, deltaX: 0.5, deltaY: 0.25 }]);
  });
});

describe('how the patient lies', () => {
  it('is told in vectors, in letters where they lie, and not at all where both do', async () => {
    const letters: NewElement = { keyword: 'PatientOrientation', value: ['L', 'F'] };
    const vectors = (...value: string[]): NewElement => ({ keyword: 'ImageOrientationPatient', value });
    expect((await drawn([letters, vectors('1', '0', '0', '0', '1', '0')])).orientation).toEqual({
      kind: 'vectors',
      row: [1, 0, 0],
      column: [0, 1, 0],
    });
    const lying = await drawn([letters, vectors('1', '0', '0', '1', '0', '0')]);
    expect(lying).toMatchObject({
      orientation: { kind: 'letters', row: 'L', column: 'F' },
      lacks: ['orientation-lies'],
    });
    expect((await drawn([vectors('9', '0', '0', 'x', '0', '0')])).orientation).toBeUndefined();
  });
});

describe('the side of the body', () => {
  it('is that of the image, else that of the series, and not said where neither says it', async () => {
    const side = (keyword: string, value: string): NewElement => ({ keyword, value });
    expect((await drawn([side('Laterality', 'L'), side('ImageLaterality', 'R')])).laterality).toBe('R');
    expect((await drawn([side('Laterality', 'L'), side('ImageLaterality', '')])).laterality).toBe('L');
    expect((await drawn([])).laterality).toBeUndefined();
    const frame: NewElement = { tag: 0x00209072, vr: 'CS', value: 'L' };
    const anatomy: NewElement = { keyword: 'FrameAnatomySequence', items: [[frame]] };
    const perFrame: NewElement = { keyword: 'PerFrameFunctionalGroupsSequence', items: [[anatomy]] };
    expect((await drawn([side('Laterality', 'R'), perFrame])).laterality).toBe('L');
  });
});

describe('the time of a frame', () => {
  it('is that of the vector until the next one comes', async () => {
    const more: NewElement[] = [{ keyword: 'FrameTimeVector', value: ['0', '40', '80'] }];
    const found = await Promise.all([0, 1].map((frame) => drawn(more, { frames: 3 }, frame)));
    expect(found.map(({ timing }) => timing?.ms)).toEqual([40, 80]);
  });

  it('that nobody could see is not believed', async () => {
    expect((await drawn([{ keyword: 'FrameTime', value: '0' }], { frames: 3 })).timing).toBeUndefined();
    expect((await drawn([{ keyword: 'CineRate', value: '25' }], { frames: 3 })).timing).toEqual({
      ms: 40,
      from: 'CineRate',
    });
  });
});

describe('colours', () => {
  const paletteOf = (segments: readonly number[]): NewElement[] =>
    ['Red', 'Green', 'Blue'].flatMap((colour): NewElement[] => [
      { keyword: `${colour}PaletteColorLookupTableDescriptor`, vr: 'US', value: [8, 0, 16] },
      { keyword: `Segmented${colour}PaletteColorLookupTableData`, vr: 'OW', value: words(...segments) },
    ]);

  it('of a segmented palette may repeat an earlier segment', async () => {
    // Two entries, a line of two to 0x4000, then the line again from where it stands.
    const elements = paletteOf([0, 2, 0, 0x2000, 1, 2, 0x4000, 2, 1, 8, 0, 1, 2, 0xff00]);
    const frame = await drawn(elements, { photometric: 'PALETTE COLOR' }, 0, Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]));
    expect([...frame.bytes].filter((_, i) => i % 3 === 0)).toEqual([0, 0x20, 0x30, 0x40, 0x40, 0x40, 0x9f, 0xff]);
  });

  const eight = Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]);

  it('beyond the grey values come from a supplemental palette, segmented too', async () => {
    const elements: NewElement[] = [
      { tag: 0x00089205, vr: 'CS', value: 'MIXED' },
      ...['Red', 'Green', 'Blue'].flatMap((colour): NewElement[] => [
        { keyword: `${colour}PaletteColorLookupTableDescriptor`, vr: 'US', value: [3, 5, 16] },
        {
          keyword: `Segmented${colour}PaletteColorLookupTableData`,
          vr: 'OW',
          value: words(0, 1, 0x1000, 1, 2, 0x3000),
        },
      ]),
    ];
    const { supplemental, attached, samples } = await drawn(elements, {}, 0, eight);
    expect({ supplemental, samples }).toMatchObject({ samples: 1, supplemental: { first: 5, entries: 3 } });
    const { at } = supplemental!;
    expect([...attached!.subarray(at, at + 9)]).toEqual([0x10, 0x10, 0x10, 0x20, 0x20, 0x20, 0x30, 0x30, 0x30]);
  });

  it('that are mixed from several palettes are told of as not drawn', async () => {
    const frame = await drawn([{ tag: 0x0028140b, vr: 'SQ', items: [[]] }], {}, 0, eight);
    expect(frame).toMatchObject({ samples: 1, lacks: ['palette-by-values'] });
  });

  it('whose table is missing are not drawn as grey', async () => {
    expect(await answer([], { photometric: 'PALETTE COLOR' })).toEqual({
      kind: 'not-drawable',
      reason: 'palette-missing',
    });
  });

  it('of partial range reach from black to white', async () => {
    const pixels = Buffer.from([16, 128, 128, 235, 128, 128]);
    const frame = await drawn([], { rows: 1, columns: 2, samples: 3, photometric: 'YBR_PARTIAL_422' }, 0, pixels);
    expect([...frame.bytes]).toEqual([0, 0, 0, 255, 255, 255]);
  });
});

it('a reduced frame leaves tables and planes behind', async () => {
  const request = writeObject(
    path.join(folder, 'reduced'),
    explicit,
    { ...small, more: overlayOf(2, 4, Buffer.from([255, 0])) },
    nativePixelElement(Buffer.alloc(8, 1), 8),
  );
  const frame = await reader.frame({ ...request, longestSide: 2 });
  expect(frame).toMatchObject({ kind: 'frame', columns: 2 });
  expect(frame).not.toHaveProperty('overlays');
  expect(frame).not.toHaveProperty('attached');
});
