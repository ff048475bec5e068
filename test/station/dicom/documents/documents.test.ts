// What is no picture is read as it was meant, or told why not; what lies about itself harms nobody.
import { describe, expect, it } from 'vitest';
import type { NewElement } from '#station/dicom/index.ts';
import { openPart10 } from '#station/dicom/index.ts';
import {
  compareHeaders,
  findEnclosed,
  findVideo,
  readPaper,
  readSamples,
  readTree,
  readWaveform,
  searchHeader,
  streamVideo,
} from '#station/dicom/documents/index.ts';
import { corpusIsHere, fileAt } from '../corpus.ts';
import { makeObject, patient } from '../objects.ts';

const treeOf = async (source: string | Buffer) => readTree(await openPart10(source));
async function paperOf(source: string | Buffer) {
  const object = await openPart10(source);
  try {
    return await readPaper(object, await readTree(object));
  } finally {
    await object.close();
  }
}
const ofClass = (uid: string, ...elements: NewElement[]) =>
  makeObject([
    ...patient.filter((one) => !('keyword' in one) || one.keyword !== 'SOPClassUID'),
    { keyword: 'SOPClassUID', value: `1.2.840.10008.5.1.4.1.1.${uid}` },
    ...elements,
  ]);
const code = (keyword: string, value: string, meaning: string): NewElement => ({
  keyword,
  items: [
    [
      { keyword: 'CodeValue', value },
      { keyword: 'CodingSchemeDesignator', value: 'DCM' },
      { keyword: 'CodeMeaning', value: meaning },
    ],
  ],
});

describe('the header of an object', () => {
  it('names every element, cuts what is long and says how long it is', async () => {
    const tree = await treeOf(
      makeObject([
        ...patient,
        { tag: 0x00091001, vr: 'UN', value: Buffer.from([1, 2, 3, 4]) },
        { tag: 0x00090010, vr: 'LO', value: 'SAFELIGHT TEST' },
        { keyword: 'ImageComments', value: 'x'.repeat(2000) },
        { keyword: 'PixelData', vr: 'OW', value: Buffer.alloc(70_000) },
      ]),
    );
    const lines = compareHeaders(tree, null);
    const by = (keyword: string) => lines.find((line) => line.keyword === keyword);
    expect(by('PatientName')).toMatchObject({ tag: '00100010', vr: 'PN', received: 'Doe^Jane', cut: false });
    expect(by('ImageComments')).toMatchObject({ cut: true, sizeBytes: 2000 });
    expect(by('PixelData')).toMatchObject({ received: '', cut: true, sizeBytes: 70_000 });
    expect(lines.find(({ tag }) => tag === '00091001')).toMatchObject({ creator: 'SAFELIGHT TEST', keyword: '' });
  });

  it('says beside each line what leaves in its place, what is new and what stays here', async () => {
    const received = await treeOf(makeObject([...patient, { keyword: 'StudyID', value: '7' }]));
    const changed = patient.map((one) =>
      'keyword' in one && one.keyword === 'PatientName' ? { ...one, value: 'Roe^Ann' } : one,
    );
    const leaves = await treeOf(makeObject([...changed, { keyword: 'PatientSex', value: 'F' }]));
    const other = compareHeaders(received, leaves).filter((line) => line.leaves !== undefined);
    expect(other.map(({ keyword, received: was, leaves: is }) => [keyword, was, is])).toEqual([
      ['PatientName', 'Doe^Jane', 'Roe^Ann'],
      ['PatientSex', null, 'F'],
      ['StudyID', '7', null],
    ]);
  });

  it('is searched by name, tag and value, and keeps what a line lies in', async () => {
    const tree = await treeOf(makeObject([...patient, code('ProcedureCodeSequence', 'T-1', 'Chest from the front')]));
    const lines = compareHeaders(tree, null);
    const found = (search: string) => searchHeader(lines, search).map(({ keyword, item }) => item ?? keyword);
    expect(found('patient name')).toEqual(['PatientName']);
    expect(found('(0010,0020)')).toEqual(['PatientID']);
    expect(found('from the front')).toEqual(['ProcedureCodeSequence', 1, 'CodeMeaning']);
  });

  it('keeps nothing in a value that would turn or move the words behind it', async () => {
    const tree = await treeOf(
      makeObject([...patient, { keyword: 'ImageComments', value: 'a\u202eb\u0007c' }, utf8], undefined, ['ISO_IR 192']),
    );
    expect(compareHeaders(tree, null).find(({ keyword }) => keyword === 'ImageComments')?.received).toBe('a b c');
  });

  it('ends where it is too long to be read, and says so', async () => {
    const many: NewElement[] = Array.from({ length: 3000 }, (_, n) => ({ tag: 0x00110100 + n, vr: 'LO', value: 'x' }));
    const tree = await readTree(await openPart10(makeObject([...patient, ...many])), { mostNodes: 1000 });
    expect(tree.nodes).toHaveLength(1000);
    expect(tree.stopped).toBe('too-many');
  });
});
async function joined(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(Buffer.from(piece));
  return Buffer.concat(all);
}
const utf8: NewElement = { keyword: 'SpecificCharacterSet', value: 'ISO_IR 192' };

describe('a report', () => {
  const item = (valueType: string, ...more: NewElement[]): NewElement[] => [
    { keyword: 'RelationshipType', value: 'CONTAINS' },
    { keyword: 'ValueType', value: valueType },
    ...more,
  ];
  const unit = code('MeasurementUnitsCodeSequence', 'mm', 'millimeter');

  it('is read in order with names, measurements, pointers and references', async () => {
    const report = await paperOf(
      ofClass(
        '88.33',
        { keyword: 'ValueType', value: 'CONTAINER' },
        code('ConceptNameCodeSequence', '1', 'Chest report'),
        { keyword: 'CompletionFlag', value: 'PARTIAL' },
        {
          keyword: 'ContentSequence',
          items: [
            item('CONTAINER', code('ConceptNameCodeSequence', '2', 'Findings'), {
              keyword: 'ContentSequence',
              items: [
                item('NUM', code('ConceptNameCodeSequence', '3', 'Diameter'), {
                  keyword: 'MeasuredValueSequence',
                  items: [[{ keyword: 'NumericValue', value: '12.5' }, unit]],
                }),
                item('IMAGE', {
                  keyword: 'ReferencedSOPSequence',
                  items: [
                    [
                      { keyword: 'ReferencedSOPClassUID', value: '1.2.840.10008.5.1.4.1.1.2' },
                      { keyword: 'ReferencedSOPInstanceUID', value: '2.25.9' },
                      { keyword: 'ReferencedFrameNumber', value: '3' },
                    ],
                  ],
                }),
              ],
            }),
            [
              { keyword: 'RelationshipType', value: 'INFERRED FROM' },
              { keyword: 'ReferencedContentItemIdentifier', vr: 'UL', value: [1, 1, 1] },
            ],
            item('HOLOGRAM'),
          ],
        },
      ),
    );
    expect(report).toMatchObject({ kind: 'report', title: 'Chest report', completion: 'PARTIAL', stopped: '' });
    const { lines } = report as Extract<typeof report, { kind: 'report' }>;
    expect(lines.map(({ place, depth, name, text, unit: of }) => [place, depth, name, text, of])).toEqual([
      ['1.1', 0, 'Findings', '', ''],
      ['1.1.1', 1, 'Diameter', '12.5', 'mm'],
      ['1.1.2', 1, '', '', ''],
      ['1.2', 0, '', '1.1.1', ''],
      ['1.3', 0, '', '', ''],
    ]);
    expect(lines[2]?.reference).toMatchObject({ SOPInstanceUID: '2.25.9', frames: [3] });
  });

  it('that is nested without an end is read as far as anybody nests, quickly', async () => {
    let inner: NewElement[] = item('TEXT', { keyword: 'TextValue', value: 'deep' });
    for (let n = 0; n < 400; n++) inner = item('CONTAINER', { keyword: 'ContentSequence', items: [inner] });
    const report = await paperOf(ofClass('88.33', { keyword: 'ContentSequence', items: [inner] }));
    expect(report).toMatchObject({ kind: 'report', stopped: 'too-deep' });
  });
});

describe('a presentation state', () => {
  it('says window, turn, shutter and drawings, and what of it is not shown', async () => {
    const paper = await paperOf(
      ofClass(
        '11.1',
        { keyword: 'ContentLabel', value: 'BONE' },
        { keyword: 'PresentationLUTShape', value: 'INVERSE' },
        { keyword: 'ImageRotation', vr: 'US', value: 90 },
        { keyword: 'ImageHorizontalFlip', value: 'Y' },
        {
          keyword: 'SoftcopyVOILUTSequence',
          items: [
            [
              { keyword: 'WindowCenter', value: '300' },
              { keyword: 'WindowWidth', value: '1500' },
            ],
          ],
        },
        { keyword: 'ShutterShape', value: ['RECTANGULAR', 'BITMAP'] },
        ...(['Left', 'Right', 'Upper', 'Lower'] as const).map((side, n) => ({
          keyword: `Shutter${side}${n < 2 ? 'Vertical' : 'Horizontal'}Edge`,
          value: String([10, 90, 20, 80][n]),
        })),
        {
          keyword: 'GraphicAnnotationSequence',
          items: [
            [
              {
                keyword: 'GraphicObjectSequence',
                items: [
                  [
                    { keyword: 'GraphicAnnotationUnits', value: 'PIXEL' },
                    { keyword: 'GraphicData', vr: 'FL', value: [1, 2, 3, 4] },
                    { keyword: 'GraphicType', value: 'POLYLINE' },
                  ],
                  [
                    { keyword: 'GraphicAnnotationUnits', value: 'DISPLAY' },
                    { keyword: 'GraphicData', vr: 'FL', value: [0, 1] },
                    { keyword: 'GraphicType', value: 'POINT' },
                  ],
                ],
              },
            ],
          ],
        },
      ),
    );
    expect(paper).toMatchObject({
      ...{ kind: 'presentation', title: 'BONE', lacks: ['display-graphics', 'bitmap-shutter'] },
      shows: {
        ...{ voi: [{ of: [], center: 300, width: 1500, voiFunction: 'LINEAR', table: null }] },
        ...{ rescale: { slope: 1, intercept: 0 }, inverted: true, rotation: 90, flipped: true },
        graphics: [
          {
            kind: 'line',
            points: [
              [1, 2],
              [3, 4],
            ],
          },
        ],
        shutters: [
          [
            [10, 20],
            [89, 20],
            [89, 79],
            [10, 79],
          ],
        ],
      },
    });
  });
});

describe('a presentation state with tables of its own', () => {
  const lut = (first: number, values: readonly number[]): NewElement[] => [
    { keyword: 'LUTDescriptor', vr: 'US', value: [values.length, first, 8] },
    { keyword: 'LUTData', vr: 'OW', value: Buffer.from(Uint16Array.from(values).buffer) },
  ];
  const image = (uid: string, frames?: string): NewElement[] => [
    { keyword: 'ReferencedSOPInstanceUID', value: uid },
    ...(frames === undefined ? [] : [{ keyword: 'ReferencedFrameNumber', vr: 'IS', value: frames.split('\\') }]),
  ];
  it('says them, and for which frames each window and drawing is', async () => {
    const paper = await paperOf(
      ofClass(
        '11.1',
        { keyword: 'ModalityLUTSequence', items: [lut(3, [0, 9, 255])] },
        { keyword: 'PresentationLUTSequence', items: [lut(0, [255, 0])] },
        {
          keyword: 'SoftcopyVOILUTSequence',
          items: [
            [
              { keyword: 'ReferencedImageSequence', items: [image('1.2', '2\\3'), image('1.3')] },
              { keyword: 'WindowCenter', value: '8' },
              { keyword: 'WindowWidth', value: '9' },
            ],
          ],
        },
        {
          keyword: 'GraphicAnnotationSequence',
          items: [
            [
              { keyword: 'ReferencedImageSequence', items: [image('1.2', '3')] },
              {
                keyword: 'TextObjectSequence',
                items: [
                  [
                    { keyword: 'AnchorPointAnnotationUnits', value: 'PIXEL' },
                    { keyword: 'AnchorPoint', vr: 'FL', value: [4, 5] },
                    { keyword: 'UnformattedTextValue', value: 'here' },
                  ],
                ],
              },
            ],
          ],
        },
      ),
    );
    const of = [
      { SOPInstanceUID: '1.2', frames: [2, 3] },
      { SOPInstanceUID: '1.3', frames: [] },
    ];
    expect(paper).toMatchObject({
      lacks: [],
      shows: {
        ...{ rescale: null, modality: { first: 3, bits: 8, values: [0, 9, 255] } },
        presentationLut: { first: 0, bits: 8, values: [255, 0] },
        voi: [{ of, center: 8, width: 9 }],
        graphics: [{ kind: 'text', of: [{ SOPInstanceUID: '1.2', frames: [3] }], at: [4, 5], text: 'here' }],
      },
    });
  });

  it('that are damaged is told, and the image keeps its own', async () => {
    const broken = [{ keyword: 'LUTDescriptor', vr: 'US', value: [9, 0, 8] }];
    const paper = await paperOf(
      ofClass(
        '11.1',
        { keyword: 'ModalityLUTSequence', items: [broken] },
        { keyword: 'PresentationLUTSequence', items: [] },
      ),
    );
    expect(paper).toMatchObject({
      lacks: ['modality-lut', 'window', 'presentation-lut'],
      shows: { rescale: null, modality: null, presentationLut: null },
    });
  });
});

describe('a waveform', () => {
  type Told = { channels?: number; samples?: number; bits?: number; kind?: string; data?: Buffer; hz?: string };
  const wave = ({ channels = 2, samples = 3, bits = 16, kind = 'SS', data, hz = '500' }: Told) =>
    ofClass('9.1.1', {
      keyword: 'WaveformSequence',
      items: [
        [
          { keyword: 'NumberOfWaveformChannels', vr: 'US', value: channels },
          { keyword: 'NumberOfWaveformSamples', vr: 'UL', value: samples },
          { keyword: 'SamplingFrequency', value: hz },
          {
            keyword: 'ChannelDefinitionSequence',
            items: ['I', 'II'].map((name) => [
              code('ChannelSourceSequence', name, `Lead ${name}`),
              { keyword: 'ChannelSensitivity', value: '5' },
              { keyword: 'ChannelSensitivityCorrectionFactor', value: '1' },
              { keyword: 'ChannelBaseline', value: '1' },
              code('ChannelSensitivityUnitsSequence', 'uV', 'microvolt'),
              { keyword: 'FilterHighFrequency', value: '150' },
            ]),
          },
          { keyword: 'WaveformBitsAllocated', vr: 'US', value: bits },
          { keyword: 'WaveformSampleInterpretation', value: kind },
          { keyword: 'WaveformPaddingValue', vr: 'OW', value: Buffer.from([0x00, 0x80]) },
          {
            keyword: 'WaveformData',
            vr: 'OW',
            value: data ?? Buffer.from(Int16Array.of(1, -1, 2, -2, -32768, 3).buffer),
          },
        ],
      ],
    });
  const read = async (bytes: Buffer, from = 0, count = 100) => {
    const tree = await treeOf(bytes);
    const [group] = readWaveform(tree).groups;
    if (group === undefined) throw new Error('no group');
    const samples = await readSamples(tree, group, from, count);
    return { group, samples: [...new Float32Array(new Uint8Array(samples).buffer)] };
  };

  it('gives each channel in its own unit, one after the other, with nothing where the device had nothing', async () => {
    const { group, samples } = await read(wave({}));
    expect(group).toMatchObject({ hz: 500, samples: 3, trouble: '' });
    expect(group.channels[1]).toMatchObject({
      name: 'II',
      unit: 'uV',
      sensitivity: 5,
      lowPassHz: 150,
      highPassHz: null,
    });
    expect(samples).toEqual([6, 11, NaN, -4, -9, 16]);
    expect((await read(wave({}), 1, 1)).samples).toEqual([11, -9]);
    expect((await read(wave({}), 7, 5)).samples).toEqual([]);
  });

  it('of eight bits without a sign is read as well', async () => {
    const { samples } = await read(wave({ bits: 8, kind: 'UB', data: Buffer.from([0, 1, 2, 255, 4, 5]) }));
    expect(samples).toEqual([NaN, 11, 21, 6, 1276, 26]);
  });

  it.each([
    ['no-channels', { channels: 0 }],
    ['too-many-channels', { channels: 65_535 }],
    ['length-lies', { samples: 4_000_000_000 }],
    ['no-channels', { samples: 0 }],
    ['kind-unknown', { kind: 'MB' }],
    ['no-frequency', { hz: '0' }],
  ] as const)('that lies is told as %s and never read', async (trouble, told) => {
    const { group, samples } = await read(wave(told));
    expect(group.trouble).toBe(trouble);
    expect(samples).toEqual([]);
  });
});

describe('a document in an object', () => {
  const enclosed = (mediaType: string, bytes: Buffer, sizeBytes?: number) =>
    ofClass(
      '104.2',
      { keyword: 'DocumentTitle', value: 'Letter' },
      { keyword: 'MIMETypeOfEncapsulatedDocument', value: mediaType },
      { keyword: 'EncapsulatedDocument', vr: 'OB', value: bytes },
      ...(sizeBytes === undefined ? [] : [{ keyword: 'EncapsulatedDocumentLength', vr: 'UL', value: sizeBytes }]),
    );

  it('that is a clinical document is read as its words; nothing in it is followed', async () => {
    const cda = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><doc><!-- no -->
      <title>Befund</title><paragraph>A &amp; B &e; &#228;</paragraph><table><tr><td>1</td><td>2</td></tr></table></doc>`;
    const paper = await paperOf(enclosed('text/XML', Buffer.from(cda)));
    expect(paper).toMatchObject({ kind: 'enclosed-text', title: 'Letter', cut: false });
    expect((paper as { text: string }).text.split('\n').filter((line) => line.trim() !== '')).toEqual([
      expect.stringContaining('Befund'),
      'A & B &e; ä',
      '1\t2',
    ]);
  });

  it('is told when it claims to be a PDF and is none, or is not there', async () => {
    expect(await paperOf(enclosed('application/pdf', Buffer.from('<html>')))).toMatchObject({
      kind: 'pdf',
      isSound: false,
    });
    expect(await paperOf(ofClass('104.1'))).toMatchObject({ kind: 'other', reason: 'document-missing' });
    expect(await paperOf(enclosed('model/stl', Buffer.from('solid')))).toMatchObject({ reason: 'document-not-shown' });
  });

  it('is as long as it says, and no longer than it is', async () => {
    const size = async (said: number) =>
      findEnclosed(await treeOf(enclosed('text/plain', Buffer.from('abcd'), said)))?.sizeBytes;
    expect([await size(3), await size(4), await size(4_000_000_000), await size(0)]).toEqual([3, 4, 4, 4]);
  });
});

describe.skipIf(!corpusIsHere)('a video', () => {
  it('comes out of its fragments byte for byte, any stretch of it', async () => {
    const object = await openPart10(fileAt('derived/video/endoscopy_h264_high41.dcm'));
    const place = await findVideo(object);
    if (place === null) throw new Error('no video');
    const { readFile } = await import('node:fs/promises');
    const original = await readFile(fileAt('files/video/endoscopy_h264.mp4'));
    const parts = (from: number, to: number) => joined(streamVideo(object, place, from, to));
    expect((await parts(0, original.length)).equals(original)).toBe(true);
    expect((await parts(1000, 70_000)).equals(original.subarray(1000, 70_000))).toBe(true);
    await object.close();
  });

  it('that no browser plays is told with its coding', async () => {
    expect(await paperOf(fileAt('derived/video/angio_mpeg2_mainlevel.dcm'))).toMatchObject({
      ...{ kind: 'video', coding: 'mpeg2', isPlayable: false, frames: 50 },
    });
  });
});
