// What is said where something that is drawn or set on a picture cannot leave with it, and what to do instead.
import { en } from './en.ts';
import { sayList, sayMany } from './formats.ts';

/** A family of tools, by what would have to be made. */
export type Limited = 'crop' | 'redaction' | 'marks' | 'tone';

const because = (reason: string): string => {
  const said = en.review.notDrawableReasons[reason] ?? reason;
  return said.replace(/\.$/, '').replace(/^./, (letter) => letter.toLowerCase());
};

const refused: Readonly<Record<Limited, string>> = {
  crop: 'This image cannot be cropped',
  redaction: 'Nothing can be blacked out on this image',
  marks: 'This cannot be drawn into a new image',
  tone: 'Its brightness cannot be changed in a new image',
};
const instead: Readonly<Record<Limited, string>> = {
  crop: 'Use a shutter, or send it as it is.',
  redaction: 'If it may not leave like this, reject it and send it anew from the device without the text.',
  marks: 'Approve with drawings beside the images instead.',
  tone: 'Reset the picture (R), or approve with drawings beside the images.',
};

export const limitTexts = {
  /** In place of the tool. */
  refused: (what: Limited, reason: string) => `${refused[what]}: ${because(reason)}. ${instead[what]}`,
  onlySeen: 'Brightness of a colour image is only seen here: it leaves as it came.',
} as const;

type Said = {
  readonly way: 'state' | 'baked';
  readonly onlySeen: number;
  readonly cannot: readonly { readonly objectId: string; readonly reason: string }[];
};

/** Of an approval: what of the drawings stays here, and what stands against it. `numberOf` is that of an image on screen. */
export function sayLimits({ onlySeen, cannot }: Said, numberOf: (objectId: string) => number): readonly string[] {
  const seen =
    onlySeen === 0
      ? []
      : [
          `The brightness set on ${sayMany(onlySeen, 'colour image')} is only seen here. Draw it into new images if it is to leave.`,
        ];
  const why = Map.groupBy(cannot, ({ reason }) => reason);
  return [
    ...seen,
    ...[...why].map(([reason, some]) => {
      const numbers = some.slice(0, 12).map(({ objectId }) => String(numberOf(objectId)));
      const more = some.length > numbers.length ? ' and more' : '';
      const images = `${some.length === 1 ? 'Image' : 'Images'} ${sayList(numbers)}${more}`;
      return `${images} cannot be made as drawn: ${because(reason)}. Take it back there, or reject ${some.length === 1 ? 'it' : 'them'}.`;
    }),
  ];
}
