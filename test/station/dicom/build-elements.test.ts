import { describe, expect, it } from 'vitest';
import {
  buildFileMeta,
  encodeElements,
  isLegalUid,
  keywordOf,
  tagOf,
  vrOf,
  type NewElement,
} from '#station/dicom/index.ts';
import { isProblem } from '#station/kit/problem.ts';

const explicit = { explicit: true, littleEndian: true, characterSet: [] as readonly string[] };
const hex = (elements: readonly NewElement[], style = explicit) => encodeElements(elements, style).toString('hex');

describe('an element that we make', () => {
  it.each<[NewElement, string]>([
    [{ keyword: 'PatientID', value: 'ABC' }, '100020004c4f040041424320'],
    [{ keyword: 'SOPInstanceUID', value: '1.2' }, '080018005549' + '0400' + '312e3200'],
    [{ keyword: 'PatientName' }, '10001000504e0000'],
    [{ keyword: 'Rows', value: 513 }, '280010005553' + '0200' + '0102'],
    [{ keyword: 'SmallestImagePixelValue', vr: 'SS', value: -2 }, '280006015353' + '0200' + 'feff'],
    [
      { keyword: 'WindowCenter', value: [40, 1 / 3] },
      '280050104453' + '1400' + Buffer.from('40\\0.33333333333333 ').toString('hex'),
    ],
    [{ keyword: 'FrameIncrementPointer', value: 0x00181063 }, '280009004154' + '0400' + '18006310'],
    [{ tag: 0x7fe00010, vr: 'OB', value: Buffer.from([1]) }, 'e07f10004f42' + '0000' + '02000000' + '0100'],
    [{ tag: 0x00091001, vr: 'UV', value: 2n ** 64n - 1n }, '09000110555600000800' + '0000' + 'ffffffffffffffff'],
    [
      { keyword: 'ReferencedStudySequence', items: [[], [{ keyword: 'PatientID', value: 'AB' }]] },
      '08001011535100001a000000' + 'feff00e000000000' + 'feff00e00a000000' + '100020004c4f02004142',
    ],
  ])('number %# has the bytes that the standard asks for', (element, bytes) => expect(hex([element])).toBe(bytes));

  it('is written without its VR, or with the other end first, as the data set wants it', () => {
    const element: NewElement = { keyword: 'Rows', value: 513 };
    expect(hex([element], { ...explicit, explicit: false })).toBe('28001000' + '02000000' + '0102');
    expect(hex([element], { ...explicit, littleEndian: false })).toBe('00280010' + '5553' + '0002' + '0201');
  });

  it('stands in ascending order with the others', () => {
    expect(hex([{ keyword: 'PatientID' }, { keyword: 'Modality' }])).toBe('0800600043530000' + '100020004c4f0000');
  });

  it('is refused when its character set cannot hold it', () => {
    expect(() => hex([{ keyword: 'PatientID', value: 'é' }])).toThrow('value-not-allowed');
    try {
      hex([{ keyword: 'PatientID', value: 'x'.repeat(70_000) }]);
      expect.unreachable();
    } catch (error) {
      expect(isProblem(error, 'value-too-long')).toBe(true);
    }
  });
});

describe('the File Meta Information that we write', () => {
  it('has an empty preamble, a right group length and nothing empty', () => {
    const meta = buildFileMeta({ sopClassUid: '1.2', sopInstanceUid: '1.2.3', transferSyntaxUid: '1.2.840.10008.1.2' });
    expect(meta.subarray(0, 128).every((byte) => byte === 0)).toBe(true);
    expect(meta.toString('latin1', 128, 132)).toBe('DICM');
    expect(meta.readUInt32LE(140)).toBe(meta.length - 144);
    expect(meta.includes(Buffer.from([2, 0, 0x16, 0]))).toBe(false);
  });
});

describe('the dictionary', () => {
  it('knows keywords, tags and VRs, repeating groups and private elements', () => {
    expect(tagOf('PatientName')).toBe(0x00100010);
    expect(tagOf('NoSuchThing')).toBeUndefined();
    expect(keywordOf(0x00100010)).toBe('PatientName');
    expect(keywordOf(0x00091001)).toBe('00091001');
    expect([0x00100010, 0x00100000, 0x00090010, 0x00091001, 0x60023000, 0x7fe00010].map(vrOf)).toEqual([
      'PN',
      'UL',
      'LO',
      'UN',
      'OW',
      'OW',
    ]);
  });

  it('tells a legal identifier from an illegal one', () => {
    for (const uid of ['1.2', '2.25.0', '1.2.840.10008.5.1.4.1.1.7']) expect(isLegalUid(uid), uid).toBe(true);
    for (const uid of ['', '1', '1.', '.1', '1..2', '1.02', '1.2 ', '1.a', `1.${'2'.repeat(63)}`, '../1.2', '1.2\0'])
      expect(isLegalUid(uid), uid).toBe(false);
  });
});
