// What is said on and around the pictures: presets, layouts, the ruler, and whose picture stands beside whose.
import { sayMany } from './formats.ts';

const round = (value: number) =>
  Number.isInteger(value) || Math.abs(value) >= 1000 ? String(Math.round(value)) : value.toFixed(2);

export const viewingTexts = {
  more: 'More view tools',
  moreShort: 'More',
  presets: 'Windows',
  /** By the id of a preset; `object` is what the device named itself. */
  presetNames: {
    object: 'As the device says',
    soft: 'Soft tissue',
    lung: 'Lung',
    bone: 'Bone',
    brain: 'Brain',
    abdomen: 'Abdomen',
    vessels: 'Vessels',
    whole: 'Whole range',
  },
  layout: 'Pictures side by side',
  layoutOf: (columns: number, rows: number) => `${columns} × ${rows}`,
  viewport: (n: number, of: number) => `Picture ${n} of ${of} on screen`,
  empty: 'No further image',
  linked: 'Linked',
  turned: (degrees: number) => `Turned ${degrees}°`,
  flipped: 'Flipped',
  speed: (times: number) => `Cine × ${times}`,
  rounds: { loop: 'Loop', sway: 'There and back', once: 'Once' },
  probe: (column: number, row: number, values: readonly number[], unit: string) =>
    `Column ${column}, row ${row}: ${values.map(round).join(', ')}${unit === '' ? '' : ` ${unit}`}`,
  outside: 'Outside the picture',
  ruler: (mm: number) => (mm >= 10 ? `${mm / 10} cm` : `${mm} mm`),
  rulerAtDetector: (mm: number) => `${mm >= 10 ? `${mm / 10} cm` : `${mm} mm`} at the detector`,
  orientation: (left: string, right: string, top: string, bottom: string) =>
    `Patient: left ${left || '?'}, right ${right || '?'}, top ${top || '?'}, bottom ${bottom || '?'}`,
  notCalibrated: 'Screen not calibrated',
  notCalibratedMore:
    'Pictures are drawn for an ordinary screen. This program does not calibrate it to the greyscale standard display function (DICOM PS3.14), so it is for checking pictures, not for reading them.',
  compare: 'Which exam is looked at beside this one?',
  compareHint: 'It is only looked at. Nothing of it changes and nothing of it is sent.',
  compareEnd: 'End comparing',
  likeness: { same: 'same patient', different: 'DIFFERENT PATIENT', unknown: 'MAY BE ANOTHER PATIENT' },
  likenessMore: {
    different: (one: string, other: string) => `Two patients are on screen: ${one} and ${other}`,
    unknown: (one: string, other: string) => `Not proved to be one patient: ${one} and ${other}`,
  },
  comparing: 'For comparison',
  fetching: 'Fetching the exam',
  judgeElsewhere:
    'The picture in front is of the exam for comparison. Go to a picture of this exam to decide about it.',
  approveInFull: 'Full screen has ended, so that you see what you approve. Press again to approve.',
  onScreen: (n: number) => `on screen in ${sayMany(n, 'place')}`,
} as const;
