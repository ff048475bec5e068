// A small colour picture made from nothing, as an ultrasound device sends it; each pixel of another colour.
import { encodeElements, type NewElement } from '#station/dicom/index.ts';
import { secondaryCaptureClass, type SmallImageUids } from '../../peers/programs/small-image.ts';
import { imagePixelElements } from '../../support/image-pixel.ts';

export const colourPicture =
  (photometric: 'RGB' | 'YBR_FULL' | 'PALETTE COLOR') =>
  (uids: SmallImageUids, side = 16): Buffer => {
    const samples = photometric === 'PALETTE COLOR' ? 1 : 3;
    const pixels = Buffer.from(Array.from({ length: side * side * samples }, (_, n) => (n * 37) % 256));
    const ramp = Buffer.from(Array.from({ length: 512 }, (_, n) => (n % 2 === 0 ? 0 : n >> 1)));
    const palette = (['Red', 'Green', 'Blue'] as const).flatMap((colour): NewElement[] => [
      { keyword: `${colour}PaletteColorLookupTableDescriptor`, vr: 'US', value: [256, 0, 16] },
      { keyword: `${colour}PaletteColorLookupTableData`, vr: 'OW', value: ramp },
    ]);
    const said = { SOPClassUID: secondaryCaptureClass, ...uids, PatientName: 'SAMPLE^IMAGE', PatientID: 'S1' };
    const elements: NewElement[] = [
      ...Object.entries({ ...said, StudyDate: '20261123', StudyTime: '080000', Modality: 'OT', StudyID: '1' }).map(
        ([keyword, value]) => ({ keyword, value }),
      ),
      ...(samples === 3 ? [] : palette),
      ...imagePixelElements({ rows: side, columns: side, bitsStored: 8, samples, photometric }),
      { keyword: 'PixelData', vr: 'OB', value: pixels },
    ];
    return encodeElements(elements, { explicit: true, littleEndian: true, characterSet: [] });
  };
