// What is said on and around the pictures: presets, layouts, the ruler, and whose picture stands beside whose.
import { sayMany } from './formats.ts';

const round = (value: number) =>
  Number.isInteger(value) || Math.abs(value) >= 1000 ? String(Math.round(value)) : value.toFixed(2);

/** What is not drawn as the object says it. */
const lacks = {
  'voi-lut-broken': 'A table of grey values is damaged and not used',
  'window-unusable': 'A window of the object cannot be used',
  'rescale-unusable': 'The scale of its values cannot be used: values as stored',
  'overlay-broken': 'An overlay is damaged and not drawn',
  'orientation-lies': 'Its orientation contradicts itself',
  'palette-broken': 'Its palette is damaged: drawn in grey',
  'palette-by-values': 'Its palettes are mixed by values: drawn in grey',
} as const;

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
  /** In place of a window where a look-up table is shown. */
  table: 'Table',
  lack: (lack: keyof typeof lacks) => lacks[lack],
  /** What the object itself offers, by its own name where it gives one. */
  ownPreset: (number: number, name = '') => name || (number === 1 ? 'As the device says' : `Device’s no. ${number}`),
  ownPresets: (number: number, of: number, name = '') =>
    `Next of the device’s ${of} windows${number > 0 ? ` (now ${name || `no. ${number}`})` : ''}`,
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
