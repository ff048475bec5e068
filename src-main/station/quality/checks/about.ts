// What a check is told of an image besides its picture, and what it answers.
import type { CheckCode, Hint } from '#contract/shapes/judging.ts';
import type { RawFrame } from '#station/model/raw-frame.ts';
import type { ShownPicture } from './shown-picture.ts';

export type AboutImage = {
  readonly Modality: string;
  readonly frames: number;
  /** YES, NO or ''. */
  readonly BurnedInAnnotation: string;
  /** R, L, B, U or ''. */
  readonly ImageLaterality: string;
  /** As the header says it, before anything was decoded. */
  readonly PhotometricInterpretation: string;
  readonly bitsStored: number;
};

export type Finding = Pick<Hint, 'numbers' | 'place'>;
export type PictureCheck = (picture: ShownPicture, about: AboutImage) => Finding | null;

export type CheckRequest = { readonly frame: RawFrame; readonly about: AboutImage };
export type CheckAnswer = readonly (Finding & { readonly code: CheckCode })[];

/** Pictures that one exposure makes: what is said of exposure, sharpness and markers is said of these. */
export const isProjection = ({ Modality }: AboutImage): boolean =>
  ['CR', 'DX', 'MG', 'RG', 'PX', 'IO'].includes(Modality);
/** Slices of a volume: a black one is nothing to wonder about. */
export const isSlice = ({ Modality }: AboutImage): boolean => ['CT', 'MR', 'PT', 'NM', 'OCT', 'OPT'].includes(Modality);

type Box = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

/** A box of pixels in parts of the picture, three digits behind the point. */
export function placeOf(
  { left, top, right, bottom }: Box,
  { columns, rows }: ShownPicture,
): NonNullable<Hint['place']> {
  const part = (n: number) => Math.round(n * 1000) / 1000;
  return {
    x: part(left / columns),
    y: part(top / rows),
    width: part((right - left + 1) / columns),
    height: part((bottom - top + 1) / rows),
  };
}

export const percent = (part: number, whole: number): number => Math.round((1000 * part) / Math.max(1, whole)) / 10;
