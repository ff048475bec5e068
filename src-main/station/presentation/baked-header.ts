// What the elements of a derived picture say instead of those of its source: who it is, what it was made of and how, its size
// (PS3.3 C.7.6.1.1.2, C.12.4.1); where it lies in the patient and how it is to be shown are added to it. Everything that is not
// named here stays as received.
//
// Pure.
import type { Edit, NewElement } from '#station/dicom/index.ts';
import { lookEdits, lookTags, shutterEdits } from './baked-look.ts';
import { overlayTags } from './baked-overlays.ts';
import { placeEdits, placeTags, type PlaceWish } from './baked-place.ts';
import { textsOf } from './found-elements.ts';
import type { HiddenPictures } from './hidden-pictures.ts';
import type { MadeBy } from './softcopy-state.ts';
import { geometryOf } from './turns.ts';

const tags = {
  imageType: 0x00080008,
  seriesDescription: 0x0008103e,
  lossy: 0x00282110,
} as const;

export const bakedTags: ReadonlySet<number> = new Set([
  ...Object.values(tags),
  ...placeTags,
  ...lookTags,
  ...overlayTags,
]);

export type HeaderWish = MadeBy &
  PlaceWish & {
    readonly source: { readonly SOPClassUID: string; readonly SOPInstanceUID: string };
    /** Of its exam, which is another one than was received when the source was put elsewhere. */
    readonly StudyInstanceUID: string;
    readonly SeriesInstanceUID: string;
    readonly SOPInstanceUID: string;
    readonly photometric: string;
    readonly samples: number;
    /** Other pictures of it that do not leave with it. */
    readonly hidden: Pick<HiddenPictures, 'icons' | 'privateValues'>;
    /** The pixels of the source came compressed by a method that may lose. */
    readonly wasLossy: boolean;
  };

/** The edits of the received elements; pixel data is not among them. */
export function headerEdits(wish: HeaderWish): Edit[] {
  const { found, change, markup, looks, at } = wish;
  const put = (element: NewElement): Edit => ({ kind: 'put', element });
  const to = geometryOf(change);
  const [first, second, ...rest] = textsOf(found.get(tags.imageType));
  const description = textsOf(found.get(tags.seriesDescription))[0] ?? '';
  return [
    ...removed.map((tag): Edit => ({ kind: 'remove', tag })),
    put({
      keyword: 'ImageType',
      value: ['DERIVED', second ?? (first === undefined ? 'SECONDARY' : 'PRIMARY'), ...rest],
    }),
    put({ keyword: 'SOPInstanceUID', value: wish.SOPInstanceUID }),
    put({ keyword: 'StudyInstanceUID', value: wish.StudyInstanceUID }),
    put({ keyword: 'SeriesInstanceUID', value: wish.SeriesInstanceUID }),
    put({ keyword: 'SeriesNumber', value: '9970' }),
    ...(/^[\x20-\x5b\x5d-\x7e]*$/.test(description)
      ? [put({ keyword: 'SeriesDescription', value: `${description.slice(0, 54)} (edited)`.trim() })]
      : []),
    put({ keyword: 'InstanceCreationDate', value: at.slice(0, 8) }),
    put({ keyword: 'InstanceCreationTime', value: at.slice(8, 14) }),
    put({ keyword: 'DerivationDescription', value: wordsOf(wish) }),
    put({ keyword: 'DerivationCodeSequence', items: derivationCodes(wish) }),
    { kind: 'append', tag: 0x00082112, item: sourceItem(wish) },
    { kind: 'append', tag: 0x0018a001, item: equipmentItem(wish) },
    put({ keyword: 'Rows', value: to.rows }),
    put({ keyword: 'Columns', value: to.columns }),
    ...(wish.wasLossy && textsOf(found.get(tags.lossy))[0] === undefined
      ? [put({ keyword: 'LossyImageCompression', value: '01' })]
      : []),
    ...(markup.redactions.length > 0 && markup.redactionsCoverAll === true
      ? [put({ keyword: 'BurnedInAnnotation', value: 'NO' })]
      : []),
    ...placeEdits(wish),
    ...shutterEdits(wish),
    ...(looks ? lookEdits(wish) : []),
  ];
}

/** Icons show what was there; least and greatest values, signatures and padding are of other bytes. */
const removed = [...[0x00880200, 0x00280106, 0x00280107, 0x00280108, 0x00280109, 0x00280110, 0x00280111], 0x4ffe0001];

function whatWasDone({ change, markup, looks }: HeaderWish): { masks: string[]; moves: string[] } {
  const isTurned = change.rotation !== 0 || change.flipped;
  return {
    masks: [
      ...(markup.redactions.length > 0 ? ['parts made black'] : []),
      ...(looks && markup.shutter ? ['shuttered'] : []),
      ...(looks && markup.annotations.length > 0 ? ['drawn on'] : []),
      ...(looks && markup.inverted ? ['inverted'] : []),
    ],
    moves: [...(markup.crop ? ['cropped'] : []), ...(isTurned ? ['turned'] : [])],
  };
}

function wordsOf(wish: HeaderWish): string {
  const { masks, moves } = whatWasDone(wish);
  const done = [...moves, ...masks];
  const { icons, privateValues } = wish.hidden;
  return [
    `By a person: ${done.length === 0 ? 'windowed' : done.join(', ')}`,
    ...(icons > 0 ? [`Removed because they show what was there: ${icons} icon images`] : []),
    ...(privateValues > 0 ? [`Removed because they may show what was there: ${privateValues} private values`] : []),
  ].join('. ');
}

/** Of CID 7203: what was painted over, and what was laid on another grid. */
function derivationCodes(wish: HeaderWish): NewElement[][] {
  const { masks, moves } = whatWasDone(wish);
  const isMoved = moves.length > 0 || masks.length === 0;
  return [
    ...(isMoved ? [codeItem('113085', 'Spatial resampling')] : []),
    ...(masks.length > 0 ? [codeItem('113047', 'Pixel by pixel mask')] : []),
  ];
}

const codeItem = (value: string, meaning: string): NewElement[] => [
  { keyword: 'CodeValue', value },
  { keyword: 'CodingSchemeDesignator', value: 'DCM' },
  { keyword: 'CodeMeaning', value: meaning },
];

const sourceItem = ({ source }: HeaderWish): NewElement[] => [
  { keyword: 'ReferencedSOPClassUID', value: source.SOPClassUID },
  { keyword: 'ReferencedSOPInstanceUID', value: source.SOPInstanceUID },
  {
    keyword: 'PurposeOfReferenceCodeSequence',
    items: [codeItem('121322', 'Source image for image processing operation')],
  },
];

const equipmentItem = ({ station, at }: HeaderWish): NewElement[] => [
  { keyword: 'PurposeOfReferenceCodeSequence', items: [codeItem('109103', 'Modifying Equipment')] },
  { keyword: 'Manufacturer', value: 'Safelight' },
  { keyword: 'ManufacturerModelName', value: 'Safelight' },
  { keyword: 'SoftwareVersions', value: station.softwareVersion },
  { keyword: 'ContributionDateTime', value: at },
  { keyword: 'ContributionDescription', value: 'Derived picture' },
];
