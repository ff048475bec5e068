// Documents that were made to harm: what they lie about costs no time, breaks no answer and no screen.
import { describe, expect, it } from 'vitest';
import { paperShape, waveformShape } from '#contract/shapes/documents.ts';
import { openPart10, readerOfBuffer, type NewElement } from '#station/dicom/index.ts';
import { findVideo, readPaper, readTree, readWaveform } from '#station/dicom/documents/index.ts';
import { makeObject, patient } from '../objects.ts';

async function paperOf(source: Buffer) {
  const object = await openPart10(readerOfBuffer(source), { name: 'lies' });
  return readPaper(object, await readTree(object));
}
const ofClass = (uid: string, ...elements: NewElement[]) =>
  makeObject([
    ...patient.filter((one) => !('keyword' in one) || one.keyword !== 'SOPClassUID'),
    { keyword: 'SOPClassUID', value: `1.2.840.10008.5.1.4.1.1.${uid}` },
    ...elements,
  ]);
const number = (tag: number, value: number): NewElement => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return { tag, vr: 'FD', value: bytes };
};
const h264 = '1.2.840.10008.1.2.4.102';
const item = (value: Buffer): Buffer => {
  const head = Buffer.from('feff00e000000000', 'hex');
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
};
/** A video of these fragments, the offset table the first of them. */
const videoOf = (fragments: Buffer, ...elements: NewElement[]) =>
  Buffer.concat([
    makeObject([...patient, ...elements], h264),
    Buffer.from('e07f10004f420000ffffffff', 'hex'),
    fragments,
    Buffer.from('feffdde000000000', 'hex'),
  ]);

describe('a document of letters', () => {
  it.each([
    ['blanks', `<?xml version="1.0"?><text>before<![CDATA[${' '.repeat(400_000)}]]>after</text>`],
    ['tabs', `<?xml version="1.0"?><text>before${'<td>'.repeat(100_000)}after</text>`],
    ['line ends', `<?xml version="1.0"?><text>before${'<br/>'.repeat(100_000)}after</text>`],
  ])('that is nothing but %s between two words is read at once', async (_what, text) => {
    const paper = await paperOf(
      ofClass(
        '104.2',
        { keyword: 'MIMETypeOfEncapsulatedDocument', value: 'text/XML' },
        { keyword: 'EncapsulatedDocument', vr: 'OB', value: Buffer.from(text.length % 2 === 0 ? text : `${text} `) },
      ),
    );
    expect(paper).toMatchObject({ kind: 'enclosed-text', text: expect.stringMatching(/^before\s+after$/) as string });
  });
});

describe('a video', () => {
  it('of empty fragments without end is not followed to its end', async () => {
    const empty = Buffer.alloc(200_000 * 8, item(Buffer.alloc(0)));
    const reader = readerOfBuffer(videoOf(empty));
    let reads = 0;
    const counted = {
      ...{ sizeBytes: reader.sizeBytes, close: () => reader.close() },
      read: (...words: Parameters<typeof reader.read>) => {
        reads++;
        return reader.read(...words);
      },
    };
    expect(await findVideo(await openPart10(counted, { name: 'lies' }))).toBeNull();
    expect(reads).toBeLessThan(1000);
  });

  it.each([
    ['without end', [number(0x00280008, Infinity), number(0x00280010, NaN), number(0x00181063, 1e-300)]],
    [
      'beyond all counting',
      [{ tag: 0x00280008, vr: 'IS', value: '1e300' } satisfies NewElement, number(0x00280010, 1e200)],
    ],
  ])('that says sizes and times %s is told all the same', async (_what, lies) => {
    const paper = await paperOf(videoOf(Buffer.concat([item(Buffer.alloc(0)), item(Buffer.alloc(64))]), ...lies));
    expect(paperShape.parse(paper)).toMatchObject({ kind: 'video', sizeBytes: 64 });
  });
});

describe('a presentation state', () => {
  it('with shutters and windows without end is told, and names what it does not show', async () => {
    const state = ofClass(
      '11.1',
      { keyword: 'ShutterShape', value: ['RECTANGULAR', 'CIRCULAR'] },
      ...[0x00181602, 0x00181604, 0x00181606].map((tag) => number(tag, Infinity)),
      number(0x00181608, NaN),
      { tag: 0x00181610, vr: 'IS', value: ['1', '1e308'] },
      { tag: 0x00181612, vr: 'DS', value: '1e308' },
      {
        keyword: 'SoftcopyVOILUTSequence',
        items: [[number(0x00281050, NaN), number(0x00281051, Infinity)]],
      },
    );
    const paper = await paperOf(state);
    if (paper.kind !== 'presentation') throw new Error(paper.kind);
    const { shows, lacks } = paperShape.parse({ ...paper, references: [] }) as typeof paper;
    expect(shows).toMatchObject({ voi: [], shutters: [] });
    expect(lacks).toEqual(expect.arrayContaining(['shutter', 'window']));
  });
});

describe('a waveform', () => {
  it('that says more samples than there are numbers is told and not drawn', async () => {
    const tree = await readTree(
      await openPart10(
        readerOfBuffer(
          ofClass('9.1.1', {
            keyword: 'WaveformSequence',
            items: [
              [
                number(0x003a0005, 1e300),
                { tag: 0x003a0010, vr: 'UV', value: Buffer.alloc(8, 0xff) },
                number(0x003a001a, NaN),
                { keyword: 'ChannelDefinitionSequence', items: [[number(0x003a0210, Infinity)]] },
              ],
            ],
          }),
        ),
        { name: 'lies' },
      ),
    );
    const { notes, groups, stopped } = readWaveform(tree);
    const told = groups.map(({ place, ...group }) => (expect(place).toBeNull(), group));
    expect(waveformShape.parse({ objectId: '', notes, groups: told, stopped }).groups[0]?.trouble).not.toBe('');
  });
});

describe('a report', () => {
  it('that points to frames before the first, or beyond all counting, points to none of these', async () => {
    const reference: NewElement[] = [
      { keyword: 'ReferencedSOPClassUID', value: '1.2.840.10008.5.1.4.1.1.7' },
      { keyword: 'ReferencedSOPInstanceUID', value: '1.2.3' },
      { keyword: 'ReferencedFrameNumber', value: ['-5', '0', '1e300', '2'] },
    ];
    const paper = await paperOf(
      ofClass('88.33', {
        keyword: 'ContentSequence',
        items: [
          [
            { keyword: 'ValueType', value: 'IMAGE' },
            { keyword: 'ReferencedSOPSequence', items: [reference] },
          ],
        ],
      }),
    );
    expect(paper).toMatchObject({ kind: 'report', lines: [{ reference: { frames: [2] } }] });
  });

  it('that is very deep and very wide has no two lines in one place', async () => {
    let inside: NewElement[] = [];
    for (let depth = 0; depth < 110; depth++) {
      const line = (more: readonly NewElement[]): NewElement[] => [
        { keyword: 'ValueType', value: 'CONTAINER' },
        ...more,
      ];
      inside = [{ keyword: 'ContentSequence', items: [line([]), line(inside)] }];
    }
    const paper = await paperOf(ofClass('88.33', ...inside));
    if (paper.kind !== 'report') throw new Error(paper.kind);
    expect(paper.lines.length).toBeGreaterThan(150);
    expect(new Set(paper.lines.map(({ place }) => place)).size).toBe(paper.lines.length);
  });
});
