// What an object says of its pixels (Image Pixel Module, PS3.3 C.7.6.3): unsigned, in bytes or words that hold the bits stored.
import type { NewElement } from '#station/dicom/index.ts';

export type PixelsSaid = {
  readonly rows: number;
  readonly columns: number;
  readonly bitsStored: number;
  /** 1 when absent; 3 are by pixel, not by plane. */
  readonly samples?: number;
  /** MONOCHROME2 when absent. */
  readonly photometric?: string;
};

export const imagePixelElements = ({
  rows,
  columns,
  bitsStored,
  samples = 1,
  photometric = 'MONOCHROME2',
}: PixelsSaid): NewElement[] => [
  { keyword: 'SamplesPerPixel', value: samples },
  { keyword: 'PhotometricInterpretation', value: photometric },
  ...(samples === 3 ? [{ keyword: 'PlanarConfiguration', value: 0 }] : []),
  { keyword: 'Rows', value: rows },
  { keyword: 'Columns', value: columns },
  { keyword: 'BitsAllocated', value: bitsStored > 8 ? 16 : 8 },
  { keyword: 'BitsStored', value: bitsStored },
  { keyword: 'HighBit', value: bitsStored - 1 },
  { keyword: 'PixelRepresentation', value: 0 },
];
