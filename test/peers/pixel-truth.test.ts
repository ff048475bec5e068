// What a technologist sees is what is there: pictures of each kind as the viewer shows them, beside what DCMTK and pydicom show
// at the same window. The whole corpus is in test/soak/pixel-truth.ts.
import { expect, test } from 'vitest';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';
import { explainedTruths } from './programs/explained-truths.ts';
import { compareShown, verdictOf } from './programs/pixel-truth.ts';

const sample = [
  'derived/structure/overlay-in-high-bit.dcm',
  'derived/structure/rescale-zero.dcm',
  'dicom/color/OBXXXX1A_rle_2frame.dcm',
  'dicom/color/SC_rgb_16bit.dcm',
  'dicom/color/SC_rgb_small_odd_big_endian.dcm',
  'dicom/color/SC_ybr_full_422_uncompressed.dcm',
  'dicom/color/TestPattern_Palette_16.dcm',
  'dicom/color/color-pl.dcm',
  'dicom/lut/mlut_18.dcm',
  'dicom/modality/enhanced/eCT_Supplemental.dcm',
  'dicom/modality/pmap/parametric_map_double_float.dcm',
];

test.skipIf(!corpusIsHere)('pictures of each kind look as other programs show them', async () => {
  const files = objects.filter(({ path: name }) => sample.includes(name));
  const truths = await compareShown(files.map(({ path: name, file }) => ({ name, file })));
  expect(new Set(truths.map(({ name }) => name)).size).toBe(sample.length);
  expect(truths.filter(({ reason }) => reason !== undefined)).toEqual([]);
  expect(truths.filter((truth) => verdictOf(truth, explainedTruths).verdict === 'different')).toEqual([]);
});
