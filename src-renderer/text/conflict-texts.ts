// Words for two images under one identifier, side by side.
import { sayMany } from './formats.ts';

const encodings: Readonly<Record<string, string>> = {
  '1.2.840.10008.1.2': 'not compressed',
  '1.2.840.10008.1.2.1': 'not compressed',
  '1.2.840.10008.1.2.1.99': 'deflated',
  '1.2.840.10008.1.2.2': 'not compressed, big endian',
  '1.2.840.10008.1.2.5': 'RLE',
  '1.2.840.10008.1.2.4.50': 'JPEG with loss',
  '1.2.840.10008.1.2.4.51': 'JPEG with loss',
  '1.2.840.10008.1.2.4.57': 'JPEG lossless',
  '1.2.840.10008.1.2.4.70': 'JPEG lossless',
  '1.2.840.10008.1.2.4.80': 'JPEG-LS lossless',
  '1.2.840.10008.1.2.4.81': 'JPEG-LS with loss',
  '1.2.840.10008.1.2.4.90': 'JPEG 2000 lossless',
  '1.2.840.10008.1.2.4.91': 'JPEG 2000',
};

export const conflictTexts = {
  label: 'Two under one identifier',
  first: 'First',
  second: 'Second',
  only: 'This image',
  number: (n: number, of: number) => (of > 1 ? `${n} of ${of}` : ''),
  show: (which: string) => `Show the ${which.toLowerCase()} in the middle`,
  came: (when: string, from: string) => (from === '' ? `came ${when}` : `came ${when} from ${from}`),
  encoding: (uid: string) => encodings[uid] ?? uid,
  left: 'approved, leaves or has left',
  isRejected: 'rejected',
  isElsewhere: 'in another series or exam',
  pixels: {
    comparing: 'The pictures are being compared.',
    same: 'The pictures are the same, pixel by pixel.',
    other: 'The pictures are not the same.',
    unknown: 'Nobody can say whether the pictures are the same: one is compressed with loss or cannot be read.',
    none: 'Neither has a picture.',
  },
  attribute: 'Differs in',
  nothingElse: 'Nothing else differs.',
  more: (count: number) => `and ${sayMany(count, 'more', 'more')}`,
  empty: 'nothing',
  emptyInOne: 'empty in one, missing in the other, or not shown',
  documents: (count: number) =>
    `${sayMany(count, 'document')} of this exam may refer to the identifier. They are not changed and mean the first.`,
  choices: {
    'keep-first': 'Keep the first',
    'use-second': 'Use the second',
    'keep-both': 'Keep both',
    accept: 'Take as it is',
  },
  /** For one that stands alone. */
  newUid: 'Give a new UID',
  choiceMore: {
    'keep-first': 'The second stays here and does not leave.',
    'use-second': 'The first stays here and does not leave.',
    'keep-both': 'The second gets a new identifier.',
    accept: 'What the image says of itself counts.',
  },
  firstHasLeft: 'The first is approved, so nothing else may leave under this identifier.',
  decided: {
    'keep-first': 'Two under one UID: the first is kept',
    'use-second': 'Two under one UID: the second is used',
    'keep-both': 'Same UID: one got a new identifier',
    accept: 'Identifiers disagree: taken as it is',
  },
  by: (who: string, when: string) => (who === '' ? when : `${who}, ${when}`),
  undo: 'Take back',
} as const;
