// People who never were, each with words that nobody else has: where one of these words stands in an object, it speaks of
// that person. And small pictures of them, as devices make them.
import { createHash } from 'node:crypto';
import { encodeElements, explicitLittleEndian, type NewElement } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import type { Random } from '../../faults/random.ts';
import { imagePixelElements } from '../../support/image-pixel.ts';

export const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';
export const syntax: string = explicitLittleEndian;
export const side = 24;

const identityKeywords = ['PatientID', 'PatientName', 'PatientBirthDate', 'AccessionNumber'] as const;
export type Keyword = (typeof identityKeywords)[number];
export type Identity = Readonly<Record<Keyword, string>>;
export { identityKeywords };

export type Person = { readonly word: string; readonly birth: string; readonly sex: 'F' | 'M' };

const words = [
  ...['Zebrawood', 'Quillfern', 'Moonraker', 'Thistledw', 'Foxgloven', 'Harbourne', 'Juniperry', 'Velvetine'],
  ...['Oxbowlake', 'Kestrelby', 'Wintermyr', 'Damsonfld', 'Ploverton', 'Umberlane', 'Brackenly', 'Gooseberg'],
];

export const people: readonly Person[] = words.map((word, n) => ({
  word,
  birth: `19${20 + 3 * n}0${1 + (n % 9)}${11 + n}`,
  sex: n % 2 === 0 ? 'F' : 'M',
}));

export const person = (n: number): Person => people[n % people.length] ?? { word: '', birth: '', sex: 'F' };
export const patientIdOf = ({ word }: Person): string => `ID-${word}`;

export const identityOf = (who: Person, accession: string): Identity => ({
  PatientID: patientIdOf(who),
  PatientName: `${who.word}^Ada`,
  PatientBirthDate: who.birth,
  AccessionNumber: accession,
});

/** Words and birth dates of everybody who is not in this identity. */
export function wordsOfOthers(identity: Identity): string[] {
  const said = Object.values(identity).join(' ');
  return people.flatMap(({ word, birth }) => (said.includes(word) ? [] : [word, birth]));
}

export type Picture = {
  readonly SOPInstanceUID: string;
  readonly StudyInstanceUID: string;
  readonly SeriesInstanceUID: string;
  readonly received: Identity;
  readonly bytes: Buffer;
  /** Of the data set. */
  readonly sha256: string;
  /** Of the pixels alone. */
  readonly pixelSha256: string;
};

export type PictureWish = {
  readonly random: Random;
  readonly who: Person;
  readonly accession: string;
  readonly SOPInstanceUID?: string;
  readonly StudyInstanceUID?: string;
  readonly SeriesInstanceUID?: string;
  readonly number?: number;
};

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Names its patient and its order in more than one place, as devices do. */
export function makePicture(wish: PictureWish): Picture {
  const { random, who, accession, number = 1 } = wish;
  const SOPInstanceUID = wish.SOPInstanceUID ?? newUid();
  const StudyInstanceUID = wish.StudyInstanceUID ?? newUid();
  const SeriesInstanceUID = wish.SeriesInstanceUID ?? newUid();
  const received = identityOf(who, accession);
  const pixels = random.bytes(side * side).map((value) => Math.max(1, value));
  const step = `STEP-${random.below(1000)}`;
  const elements: NewElement[] = [
    { keyword: 'SOPClassUID', value: secondaryCapture },
    { keyword: 'SOPInstanceUID', value: SOPInstanceUID },
    { keyword: 'StudyDate', value: '20261123' },
    { keyword: 'StudyTime', value: '080000' },
    { keyword: 'AccessionNumber', value: received.AccessionNumber },
    { keyword: 'Modality', value: 'OT' },
    { keyword: 'ConversionType', value: 'WSD' },
    { keyword: 'ReferringPhysicianName', value: '' },
    { keyword: 'PatientName', value: received.PatientName },
    { keyword: 'PatientID', value: received.PatientID },
    { keyword: 'PatientBirthDate', value: received.PatientBirthDate },
    { keyword: 'PatientSex', value: who.sex },
    { keyword: 'StudyInstanceUID', value: StudyInstanceUID },
    { keyword: 'SeriesInstanceUID', value: SeriesInstanceUID },
    { keyword: 'StudyID', value: '1' },
    { keyword: 'SeriesNumber', value: '1' },
    { keyword: 'InstanceNumber', value: String(number) },
    ...imagePixelElements({ rows: side, columns: side, bitsStored: 8 }),
    {
      keyword: 'RequestAttributesSequence',
      items: [
        [
          { keyword: 'AccessionNumber', value: received.AccessionNumber },
          { keyword: 'RequestedProcedureID', value: step },
          { keyword: 'ScheduledProcedureStepID', value: step },
        ],
      ],
    },
    { keyword: 'PixelData', vr: 'OB', value: Buffer.from(pixels) },
  ];
  const bytes = encodeElements(elements, { explicit: true, littleEndian: true, characterSet: [] });
  return {
    ...{ SOPInstanceUID, StudyInstanceUID, SeriesInstanceUID, received, bytes },
    ...{ sha256: digest(bytes), pixelSha256: digest(Buffer.from(pixels)) },
  };
}
