// What a file says of its image beyond what the catalogue keeps: view, side, exposure. Reads the header alone, never the
// pixels, and never throws for what lies in a file: what cannot be read is not there.
import { openPart10, walkElements } from '#station/dicom/index.ts';
import { WalkStop } from '#station/dicom/index.ts';

/** What counts of one image, as the device says it; '' and null for what it does not say. */
export type FileFact = {
  readonly ViewPosition: string;
  readonly ImageLaterality: string;
  readonly ExposureIndex: number | null;
  readonly TargetExposureIndex: number | null;
  readonly DeviationIndex: number | null;
};

const wanted = new Map([
  [0x00181411, 'ExposureIndex'],
  [0x00181412, 'TargetExposureIndex'],
  [0x00181413, 'DeviationIndex'],
  [0x00185101, 'ViewPosition'],
  [0x00200060, 'Laterality'],
  [0x00200062, 'ImageLaterality'],
] as const);
const lastWanted = 0x00200062;
const mostValueBytes = 256;

export const noFileFact: FileFact = {
  ...{ ViewPosition: '', ImageLaterality: '' },
  ...{ ExposureIndex: null, TargetExposureIndex: null, DeviationIndex: null },
};

export async function readFileFact(path: string): Promise<FileFact> {
  const found = new Map<string, string>();
  try {
    const object = await openPart10(path);
    try {
      await walkElements(object.elements.reader, object.elements.region, {
        before: ({ tag, parent }) => (parent === null && tag > lastWanted ? 'stop' : undefined),
        wants: ({ tag, parent }) => (parent === null && wanted.has(tag as 0x00181411) ? mostValueBytes : 0),
        element: ({ tag, parent }, value) => {
          const name = parent === null ? wanted.get(tag as 0x00181411) : undefined;
          if (name !== undefined && value !== null) found.set(name, firstOf(value));
          return undefined;
        },
        sequence: () => 'skip',
      });
    } finally {
      await object.close();
    }
  } catch (error) {
    if (!(error instanceof WalkStop) && found.size === 0) return noFileFact;
  }
  const side = (found.get('ImageLaterality') || found.get('Laterality') || '').toUpperCase();
  return {
    ViewPosition: found.get('ViewPosition') ?? '',
    ImageLaterality: /^[LRBU]$/.test(side) ? side : '',
    ExposureIndex: numberOf(found.get('ExposureIndex')),
    TargetExposureIndex: numberOf(found.get('TargetExposureIndex')),
    DeviationIndex: numberOf(found.get('DeviationIndex')),
  };
}

function firstOf(value: Buffer): string {
  return (value.toString('latin1').split('\\')[0] ?? '').replace(/[\0\s]+$/, '').trim();
}

function numberOf(text: string | undefined): number | null {
  if (text === undefined || text === '') return null;
  const number = Number(text);
  return Number.isFinite(number) && Math.abs(number) < 1e9 ? number : null;
}
