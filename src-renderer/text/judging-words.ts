// Words for judging images: accepted, taken again, rejected; exposure and its bands; what checks noticed.
import type { CheckCode, Exposure, ExposureBand, Hint, Judgement } from '#contract/shapes/judging.ts';
import { saySigned } from '#contract/shapes/measured-words.ts';
import { sayCount, sayMany } from './formats.ts';
import { sayReason } from './reasons.ts';

const whole = (n: number) => (Math.abs(n) >= 10 ? String(Math.round(n)) : n.toFixed(1));

/** What a band asks for, after AAPM report 116. */
const bands: Readonly<Record<ExposureBand, { readonly name: string; readonly more: string }>> = {
  'far-under': { name: 'far under exposed', more: 'Far below what was wanted: look whether it has to be taken again.' },
  under: { name: 'under exposed', more: 'Below what was wanted: ask the reader whether noise hides something.' },
  near: { name: 'near the target', more: 'Near what was wanted. Nothing has to be done.' },
  target: { name: 'on target', more: 'What was wanted.' },
  over: {
    name: 'over exposed',
    more: 'Above what was wanted: take it again only if something to be seen is burned out.',
  },
  'far-over': {
    name: 'far over exposed',
    more: 'Far above what was wanted: more dose than needed. Take it again only if something to be seen is burned out, and tell who looks after dose.',
  },
};

const checks: Readonly<Record<CheckCode, { readonly name: string; readonly say: (hint: Hint) => string }>> = {
  'nearly-black': {
    name: 'Nearly black',
    say: ({ numbers }) =>
      numbers['reach'] === undefined
        ? `${numbers['percent'] ?? 0} % of the picture is black as shown.`
        : `Hardly anything is recorded: the values use ${numbers['reach']} % of their range.`,
  },
  'nearly-white': {
    name: 'Nearly white',
    say: ({ numbers }) => `${numbers['percent'] ?? 0} % of the picture is white as shown.`,
  },
  clipped: {
    name: 'Values cut off',
    say: ({ numbers }) =>
      `${numbers['percent'] ?? 0} % of the picture, inside it, is at the ${numbers['high'] === 1 ? 'highest' : 'lowest'} value there is.`,
  },
  blurred: {
    name: 'Blur as by movement',
    say: ({ numbers }) =>
      `Edges are soft in the direction of ${numbers['degrees'] ?? 0}° (${numbers['along'] ?? 0}) and sharper across it (${numbers['across'] ?? 0}).`,
  },
  'no-marker': {
    name: 'No side marker',
    say: ({ numbers }) =>
      `The header says no side, and nothing like a letter of ${numbers['smallest'] ?? 0} to ${numbers['largest'] ?? 0} pixels stands out on the picture.`,
  },
  'burned-in-text': {
    name: 'Text in the picture',
    say: ({ numbers }) =>
      `What looks like ${sayMany(numbers['letters'] ?? 0, 'letter')} in ${sayMany(numbers['lines'] ?? 0, 'line')}, and the header does not say so. It may name the patient.`,
  },
  photometric: {
    name: 'Shown inside out',
    say: ({ numbers }) =>
      numbers['border'] === undefined
        ? `${numbers['percent'] ?? 0} % of the picture has ${numbers['teal'] === 1 ? 'the teal' : 'the green'} that black becomes when colours are written otherwise than the header says.`
        : `The border is light (${numbers['border']}) and the middle dark (${numbers['centre'] ?? 0}): light and dark may be exchanged.`,
  },
  duplicate: { name: 'The same picture twice', say: () => 'Its pixels are those of another image, value for value.' },
};

export const judgingTexts = {
  accept: 'Accept',
  keep: 'Keep',
  accepted: 'accepted',
  repeat: 'Repeat',
  repeated: 'repeat',
  of: (accepted: number, images: number) => `${sayCount(accepted)} of ${sayCount(images)} accepted`,
  repeatOf: (n: number) => `Repeat of image ${n}`,
  repeatedBy: (n: number) => `Taken again as image ${n}`,
  waits: 'Waits for its new image',
  notLinked: 'Not that image',
  chooseRepeat: (n: number) => (n === 1 ? 'Why is it taken again?' : `Why are ${n} images taken again?`),
  chooseRepeatMore:
    'The image stays here and is kept for statistics. The next image of this exam that fits is linked to it as its repeat.',
  undo: 'Take back',
  undone: 'Taken back.',
  nothingToUndo: 'Nothing to take back.',
  bar: 'Quality of this image',
  bandName: (band: ExposureBand) => bands[band].name,
  bandMore: (band: ExposureBand) => bands[band].more,
  scale: 'Deviation index from −4 to +4',
  disagrees: (exposure: Exposure) =>
    `The device says ${saySigned(exposure.DeviationIndex ?? 0)}; its own numbers give ${saySigned(exposure.deviation ?? 0)}.`,
  hint: 'To look at',
  hintIsNoVerdict: 'A program noticed this. It decides nothing.',
  checkName: (code: CheckCode) => checks[code].name,
  sayHint: (hint: Hint) => checks[hint.code].say(hint),
  lookedAt: 'Looked at',
  sameAs: (n: number) => `It is image ${n} of this exam.`,
  sameElsewhere: 'The other one is in another exam.',
  toOther: 'Show it',
  // Set-up
  title: 'Judging images',
  lead: 'Reasons as your site says them, what is asked before images leave, and what checks may point at.',
  acceptFirst: 'Every image is accepted before an exam is approved',
  ownReasons: 'Own reasons, offered first',
  ownReasonsHint:
    'One on each line, in the order in which they are offered: what people read; the code of the reason it counts as.',
  badLine: (line: number) => `Line ${line} cannot be read. It needs words, a semicolon and one of the codes below.`,
  offered: 'Reasons in our words',
  look: 'Say a deviation index beyond',
  act: 'Say it loudly beyond',
  checks: 'What checks may point at',
} as const;

export const checkCodes = Object.keys(checks) as CheckCode[];

/** 'EI 420, target 250' with what is there. */
export function sayExposure({ ExposureIndex, TargetExposureIndex }: Exposure): string {
  const parts = [
    ExposureIndex === null ? '' : `EI ${whole(ExposureIndex)}`,
    TargetExposureIndex === null ? '' : `target ${whole(TargetExposureIndex)}`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}

export const sayDeviation = ({ deviation }: Exposure): string =>
  deviation === null ? 'no deviation index' : `DI ${saySigned(deviation)}`;

/** A reason as the site says it, or by our words. */
export const sayReasonOf = ({ reason, ownLabel }: Pick<Judgement, 'reason' | 'ownLabel'>): string =>
  ownLabel === '' ? sayReason(reason) : ownLabel;
