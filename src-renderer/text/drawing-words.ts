// What is said on and beside what is drawn on pictures: tools, what to do next, what was measured.
import { sayMeasure, sayRounded, type SaidMeasure } from '#contract/shapes/measured-words.ts';
import type { CommandId } from '#ui/commands/index.ts';
import { sayList, sayMany } from './formats.ts';

export const drawingCommandTexts = {
  'turn-presentation': 'Drawings: beside the images, or drawn into them',
  'undo-picture': 'Undo on the pictures',
  'redo-picture': 'Do again on the pictures',
  'black-out-again': 'Black out as remembered for this device',
  draw: 'Draw',
  'draw-distance': 'Distance',
  'draw-angle': 'Angle',
  'draw-cobb': 'Cobb angle',
  'draw-ellipse': 'Ellipse',
  'draw-rectangle': 'Box',
  'draw-arrow': 'Arrow',
  'draw-text': 'Text',
  'draw-freehand': 'Freehand',
  'draw-marker-left': 'Marker L',
  'draw-marker-right': 'Marker R',
  'draw-shutter-rectangle': 'Shutter',
  'draw-shutter-circle': 'Round shutter',
  'draw-shutter-polygon': 'Shutter by corners',
  'draw-crop': 'Crop',
  'draw-redaction': 'Black out',
  'draw-calibration': 'Calibrate',
  'covers-all': 'All text is covered',
  'place-point': 'Place a point, or edit what is chosen',
  'cross-left': 'To the left',
  'cross-right': 'To the right',
  'cross-up': 'Up',
  'cross-down': 'Down',
  'cross-left-far': 'Far to the left',
  'cross-right-far': 'Far to the right',
  'cross-up-far': 'Far up',
  'cross-down-far': 'Far down',
  'next-point': 'Next point of what is chosen',
  'delete-drawn': 'Delete what is chosen, or the last point',
  'copy-drawn': 'Copy to the series',
  'clear-drawn': 'Clear all',
  'next-drawing-image': 'Next image',
  'previous-drawing-image': 'Previous image',
  'end-drawing': 'End',
} as const satisfies Partial<Record<CommandId, string>>;

type MeasuredSaid =
  | Exclude<SaidMeasure, { readonly kind: 'area' }>
  | (Extract<SaidMeasure, { readonly kind: 'area' }> & {
      readonly unit: string;
      readonly statistics?: {
        readonly mean: number;
        readonly deviation: number;
        readonly min: number;
        readonly max: number;
      };
    });

/** The lines beside a drawing. */
export function sayMeasured(measured: MeasuredSaid): readonly string[] {
  if (measured.kind !== 'area' || measured.statistics === undefined) return [sayMeasure(measured)];
  const { statistics, unit } = measured;
  const inUnit = unit === '' ? '' : ` ${unit}`;
  return [
    `Mean ${sayRounded(statistics.mean)}${inUnit}, SD ${sayRounded(statistics.deviation)}`,
    `Min ${sayRounded(statistics.min)}, max ${sayRounded(statistics.max)}`,
    sayMeasure(measured),
  ];
}

type MadeSaid = {
  readonly way: 'state' | 'baked';
  readonly picturesWithState: number;
  readonly derived: number;
  readonly cropped: number;
  readonly redacted: number;
};

/** What is made of what was drawn when the exam is approved, in sentences. */
export function sayMade({ picturesWithState, derived, cropped, redacted }: MadeSaid): string {
  const why = [
    ...(cropped === 0 ? [] : [derived === 1 ? 'cropped' : `${cropped} cropped`]),
    ...(redacted === 0 ? [] : [derived === 1 ? 'text blacked out' : `${redacted} with text blacked out`]),
  ];
  return [
    picturesWithState === 0
      ? ''
      : `What was set and drawn on ${sayMany(picturesWithState, 'image')} leaves beside ${picturesWithState === 1 ? 'it' : 'them'} as a presentation state.`,
    derived === 0
      ? ''
      : `${sayMany(derived, 'new image')} ${derived === 1 ? 'leaves' : 'leave'} in place of ${derived === 1 ? 'one that stays' : 'those that stay'} here${why.length === 0 ? '' : ` (${sayList(why)})`}.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

type Drawn = {
  readonly annotations: readonly unknown[];
  readonly shutter: unknown;
  readonly crop: unknown;
  readonly redactions: readonly unknown[];
  readonly calibrationMm: number | null;
};

/** What is on a picture, for its sign in the list; '' when nothing is drawn. */
export function sayDrawn({ annotations, shutter, crop, redactions, calibrationMm }: Drawn): string {
  const parts = [
    ...(annotations.length === 0 ? [] : [sayMany(annotations.length, 'drawing')]),
    ...(shutter === null ? [] : ['a shutter']),
    ...(crop === null ? [] : ['cropped']),
    ...(redactions.length === 0 ? [] : [`${sayMany(redactions.length, 'box', 'boxes')} blacked out`]),
    ...(calibrationMm === null ? [] : ['calibrated by hand']),
  ];
  return parts.length === 0 ? '' : sayList(parts);
}

const sides = { L: 'left', R: 'right' } as const;

export const drawingTexts = {
  groups: { measuring: 'Measure', writing: 'Write on the picture', covering: 'Cover' },
  /** Where the group says the rest. */
  short: {
    cobb: 'Cobb',
    'shutter-circle': 'Round',
    'shutter-polygon': 'Corners',
  } as Readonly<Record<string, string>>,
  toolbar: 'Drawing tools',
  drawn: 'Drawn on the picture',
  kinds: {
    distance: 'Distance',
    angle: 'Angle',
    cobb: 'Cobb angle',
    ellipse: 'Ellipse',
    rectangle: 'Box',
    arrow: 'Arrow',
    text: 'Text',
    freehand: 'Freehand line',
    marker: 'Marker',
    shutter: 'Shutter',
    crop: 'Crop',
    redaction: 'Blacked out',
  },
  idle: 'Choose a tool by its key, or Tab to what is drawn. Arrows move the cross, Shift makes it quick.',
  /** What to do next with a tool of which `placed` points are placed. */
  next: {
    distance: ['Enter or click where it begins.', 'Enter or click where it ends.'],
    angle: ['Enter or click on the first arm.', 'Now the corner.', 'Now the other arm.'],
    cobb: ['Enter or click: the first line begins.', 'It ends here.', 'The second line begins.', 'It ends here.'],
    ellipse: ['Enter or click on one corner around it.', 'Now the opposite corner.'],
    rectangle: ['Enter or click on one corner.', 'Now the opposite corner.'],
    arrow: ['Enter or click where the arrow begins.', 'Now where it points.'],
    text: ['Enter or click where the text begins.'],
    freehand: ['Enter begins the line, or drag with the mouse.', 'Arrows draw. Enter ends the line.'],
    'marker-left': ['Enter or click where the L stands.'],
    'marker-right': ['Enter or click where the R stands.'],
    'shutter-rectangle': ['Enter or click on one corner of what stays to see.', 'Now the opposite corner.'],
    'shutter-circle': ['Enter or click on the middle of what stays to see.', 'Now its edge.'],
    'shutter-polygon': [
      'Enter or click on the first corner.',
      'Now the next corner.',
      'Next corner, or Enter twice to end.',
    ],
    crop: ['Enter or click on one corner of what is kept.', 'Now the opposite corner.'],
    redaction: ['Enter or click on one corner of what is made black.', 'Now the opposite corner.'],
    calibration: ['Enter or click where a known length begins.', 'Now where it ends.'],
  } as Readonly<Record<string, readonly string[]>>,
  chosen: (kind: string) => `${kind} chosen. Arrows move it, H takes its next point, Enter edits, Delete removes.`,
  point: (n: number, of: number) => `Point ${n} of ${of}. Arrows move it.`,
  typeText: 'Text',
  typeInitials: 'Initials beside the marker',
  typeLength: 'Length in mm',
  typeLengthFault: 'A length in mm, for example 25.4',
  typeHint: 'Enter keeps it, Esc leaves.',
  calibrated: (mm: string) => `Calibrated: ${mm} mm a pixel.`,
  tooSmall: 'Too small: nothing was drawn.',
  copied: (images: number) =>
    images === 0
      ? 'There is no further image of this size in the series.'
      : `Copied to ${sayMany(images, 'image')} of the series. Ctrl Z takes it back.`,
  copiedFrames: 'Now on all frames of this image. Ctrl Z takes it back.',
  cleared: 'All drawings of this image are cleared. Ctrl Z brings them back.',
  clearTitle: 'Clear everything drawn on this image?',
  clearMore: (what: string) => `On it: ${what}. Window and turn stay.`,
  clear: 'Clear all',
  nothingDrawn: 'Nothing is drawn on this image.',
  undone: 'Taken back.',
  redone: 'Done again.',
  nothingToUndo: 'There is nothing to undo on these pictures.',
  nothingToRedo: 'There is nothing to do again.',
  released: 'This image has left: nothing more can be drawn on it.',
  rejected: 'This image is rejected: nothing is drawn on it.',
  elsewhere: 'The picture in front is of the exam for comparison: nothing is drawn on it.',
  contradicts: (marker: 'L' | 'R', said: 'L' | 'R') =>
    `Marker says ${sides[marker].toUpperCase()}, the image says ${sides[said].toUpperCase()}`,
  contradictsMore: 'One of them is wrong. Move or delete the marker, or say the side of the image (Alt B).',
  remembered: (boxes: number, device: string) =>
    `${device === '' ? 'This device' : device}: ${sayMany(boxes, 'box', 'boxes')} to black out remembered`,
  applied: (boxes: number, images: number) =>
    `${sayMany(boxes, 'box', 'boxes')} blacked out on ${sayMany(images, 'image')}. Ctrl Z takes it back.`,
  coversAllSet: 'The picture leaves as free of burned-in text.',
  coversAllUnset: 'Whether burned-in text is left is not said.',
  coversNothing: 'First black out what is burned in.',
  ways: {
    state: { change: 'Draw it into new images instead' },
    baked: { change: 'Send it beside the images instead' },
  },
  unsaved: 'Not saved yet',
} as const;

export const drawingSetupTexts = {
  title: 'What is drawn on pictures',
  more: 'Crop and blacked-out text are always drawn into new images; the received ones stay here.',
  leaves: 'Windows, turns, shutters, marks and measurements',
  ways: {
    state: 'leave beside the images, as presentation states',
    baked: 'are drawn into new images',
  },
} as const;
