// What is said of objects that are no pictures, and of headers.
import { sayDate, sayMany, saySize } from './formats.ts';
import { nameOfUid } from './standard-names.ts';
import type { HeaderLine, Paper, ReportLine, Channel } from '#contract/shapes/documents.ts';

/** 'PatientBirthDate' is 'Patient Birth Date'. */
export const sayKeyword = (keyword: string): string =>
  keyword.replace(/([a-z0-9])([A-Z])/g, '$1 $2').replace(/([A-Z])([A-Z][a-z])/g, '$1 $2');

const relationships: Readonly<Record<string, string>> = {
  'HAS PROPERTIES': 'with',
  'HAS CONCEPT MOD': 'more exactly',
  'HAS OBS CONTEXT': 'context',
  'HAS ACQ CONTEXT': 'acquired with',
  'INFERRED FROM': 'inferred from',
  'SELECTED FROM': 'selected from',
};

const lacks: Readonly<Record<string, string>> = {
  'modality-lut': 'its own table or scale of values, which is damaged: that of the image is used',
  'voi-lut': 'its table of grey values, which is damaged',
  window: 'a window: that of the image is used',
  'presentation-lut': 'its presentation table, which is damaged',
  masks: 'subtraction of a mask',
  overlays: 'overlay planes',
  palette: 'its palette of colours',
  blending: 'blending of two images',
  'displayed-area': 'the part of the image it wants in view',
  'display-graphics': 'drawings placed on the screen rather than on the image',
  'compound-graphics': 'compound graphics',
  'broken-graphics': 'drawings that are damaged or of an unknown kind',
  'more-graphics': 'drawings beyond the first 500',
  shutter: 'a shutter that is not fully described',
  'bitmap-shutter': 'a shutter made of an overlay',
  'broken-off': 'what comes after the place where its file breaks off',
};

const stops: Readonly<Record<string, string>> = {
  'too-many': 'It is longer than this station shows; the rest is in the object.',
  'too-deep': 'It is nested deeper than anybody nests; reading ended there.',
  truncated: 'The file ends early; this is what came before.',
};

const others: Readonly<Record<string, readonly [string, string]>> = {
  'no-pixels': ['It has no picture', 'It is of a kind that has pixels, but there are none in it.'],
  'class-not-shown': [
    'This station does not draw it',
    'It has no picture of its own; other programs show what it means.',
  ],
  'document-missing': ['The document is not in it', 'It should hold a document, but there are no bytes of one.'],
  'document-not-shown': ['This kind of document is not shown', 'It is kept as it came.'],
  'header-broken': ['Its header is damaged', 'Nothing of it could be read.'],
};

const codings = { mpeg2: 'MPEG-2', h264: 'H.264', hevc: 'H.265', unknown: 'an unknown coding' } as const;
const containers = {
  mp4: 'an MP4 file',
  'transport-stream': 'a transport stream',
  'program-stream': 'a program stream',
  bare: 'a bare stream',
} as const;

/** Units as people write them; those of UCUM that nobody writes. */
const units: Readonly<Record<string, string>> = {
  "[hnsf'U]": 'HU',
  ...{ mm2: 'mm²', cm2: 'cm²', mm3: 'mm³', cm3: 'cm³', um: 'µm', deg: '°', Cel: '°C' },
};
export const sayUnit = (unit: string): string => units[unit] ?? unit.replace(/^\{(.*)\}$/, '$1');

const waveTroubles: Readonly<Record<string, string>> = {
  'no-channels': 'It has no channels or no samples.',
  'too-many-channels': 'It claims more channels than any device has.',
  'length-lies': 'Its number of samples and its bytes do not fit together.',
  'kind-unknown': 'Its samples are of a kind this station does not know.',
  'no-frequency': 'It does not say how many samples there are in a second.',
};

const seconds = (s: number) => (s >= 90 ? `${Math.floor(s / 60)} min ${Math.round(s % 60)} s` : `${s.toFixed(1)} s`);
const time = (value: string) => (/^\d{4}/.test(value) ? `${value.slice(0, 2)}:${value.slice(2, 4)}` : '');

export const documentTexts = {
  reading: 'Reading it',
  forwarded: 'It is kept as it came and can be approved and sent like an image.',
  scroll: 'Tab to it, then ↑ ↓ scroll',
  region: (title: string) => `Document: ${title}`,
  rejected: 'Rejected',

  report: 'Report',
  keyObjects: 'Key object note',
  untitled: 'Without a title',
  complete: { COMPLETE: 'Complete', PARTIAL: 'Not complete' } as Readonly<Record<string, string>>,
  verified: { VERIFIED: 'Verified', UNVERIFIED: 'Not verified' } as Readonly<Record<string, string>>,
  verifiedBy: (name: string, at: string) => `Verified by ${name}${at === '' ? '' : `, ${at}`}`,
  written: (date: string, at: string) => `${date === '' ? '' : sayDate(date)} ${time(at)}`.trim(),
  pointsTo: (place: string) => `see ${place}`,
  unknownContent: (type: string) => `of a kind that is not shown (${type})`,
  noContent: 'empty',
  emptyReport: 'There is nothing in it.',
  toImage: (n: number, frames: readonly number[]) =>
    `Show image ${n}${frames.length === 0 ? '' : `, ${frames.length === 1 ? 'frame' : 'frames'} ${frames.slice(0, 6).join(', ')}${frames.length > 6 ? ' …' : ''}`}`,
  inOtherExam: (kind: string) => `${kind} of another exam on this station`,
  notHeld: (kind: string) => `${kind}, not held here`,
  kindOf: (uid: string) => nameOfUid(uid) ?? 'An object of unknown kind',
  stopped: (why: string) => (why === '' ? '' : (stops[why] ?? 'The file is damaged; this is what could be read.')),

  presentation: 'Presentation state',
  presentationMore: 'It says how images are to be shown; it is no picture itself.',
  by: (name: string) => `By ${name}`,
  /** What a series or an exam has: '3 images', '1 document', '12 images, 1 document'. */
  contents: (objects: readonly { readonly drawable: boolean; readonly frames: number }[]) => {
    const documents = objects.filter(({ drawable, frames }) => !drawable && frames <= 1).length;
    const images = objects.length - documents;
    return [images === 0 ? '' : sayMany(images, 'image'), documents === 0 ? '' : sayMany(documents, 'document')]
      .filter((part) => part !== '')
      .join(', ');
  },
  /** The button, where not everything that leaves is an image. */
  approve: (leave: number, hasImages: boolean) =>
    hasImages
      ? `Approve ${sayMany(leave, 'image or document', 'images and documents')}`
      : `Approve ${sayMany(leave, 'document')}`,
  forImages: (n: number) => `For ${sayMany(n, 'image')}`,
  contains: (shows: Extract<Paper, { kind: 'presentation' }>['shows']) =>
    [
      ...shows.voi
        .slice(0, 3)
        .map(({ width, center, table }) =>
          table === null ? `window ${Math.round(width)} / ${Math.round(center)}` : 'a table of grey values',
        ),
      shows.voi.length > 3 ? sayMany(shows.voi.length - 3, 'more window') : '',
      shows.modality === null ? '' : 'a scale of values by a table',
      shows.presentationLut === null ? '' : 'a presentation table',
      shows.inverted ? 'inverted' : '',
      shows.rotation === 0 ? '' : `turned ${shows.rotation}°`,
      shows.flipped ? 'flipped' : '',
      shows.shutters.length === 0 ? '' : 'a shutter',
      shows.graphics.length === 0 ? '' : sayMany(shows.graphics.length, 'drawing'),
    ]
      .filter(Boolean)
      .join(', ') || 'nothing that changes the picture',
  containsLabel: 'Says',
  lacksLabel: 'Not shown here',
  lack: (key: string) => lacks[key] ?? key,
  showWith: 'Show its image this way',
  shownWith: (title: string) => `As presentation state ${title} says`,
  shownPartly: 'in part',
  endShowing: 'As before',

  enclosed: 'Document',
  pdf: 'PDF document',
  pdfSize: (bytes: number) => saySize(bytes),
  pdfBroken: 'Its bytes do not begin as a PDF does, so it is not opened here.',
  pdfNoViewer: 'This program has no viewer for PDF. Open a copy to read it.',
  openCopy: 'Save a copy',
  copyHint: 'A copy leaves this station’s care: the patient’s data is in it.',
  textCut: 'It is longer; this is the beginning.',

  video: 'Video',
  videoSays: (coding: keyof typeof codings, container: keyof typeof containers) =>
    `${codings[coding]} in ${containers[container]}`,
  videoSize: (columns: number, rows: number, frames: number, length: number | null) =>
    [`${columns} × ${rows}`, `${sayMany(frames, 'frame')}`, length === null ? '' : seconds(length)]
      .filter(Boolean)
      .join(', '),
  videoNot: (coding: keyof typeof codings, container: keyof typeof containers) =>
    coding === 'mpeg2' || coding === 'unknown'
      ? `Browsers do not play ${codings[coding]}.`
      : `It lies in ${containers[container]}; only an MP4 file is played here.`,
  videoFailed: 'This program could not play it. The bytes are kept as they came.',
  videoLabel: 'Video of the exam',

  waveform: 'Waveform',
  ecgScale: (mmPerSecond: number, mmPerUnit: string) => `${mmPerSecond} mm/s, ${mmPerUnit}`,
  notCalibrated: 'Millimetres are those of an ordinary screen',
  group: (n: number, of: number, label: string) => `Group ${n} of ${of}: ${label}`,
  groups: 'Groups',
  samples: (samples: number, hz: number) =>
    `${seconds(samples / Math.max(hz, 1e-9))}, ${Math.round(hz)} samples a second`,
  filters: ({ highPassHz, lowPassHz, notchHz }: Channel) =>
    [
      highPassHz === null || highPassHz === 0 ? '' : `from ${highPassHz} Hz`,
      lowPassHz === null || lowPassHz === 0 ? '' : `to ${lowPassHz} Hz`,
      notchHz === null || notchHz === 0 ? '' : `without ${notchHz} Hz`,
    ]
      .filter(Boolean)
      .join(' '),
  filtersLabel: (said: string) => (said === '' ? 'No filter is told' : `Filtered ${said}`),
  channelsCut: (shown: number, of: number) => `${shown} of ${of} channels are drawn`,
  waveLabel: (names: readonly string[], from: number, to: number) =>
    `Waveform of ${names.slice(0, 16).join(', ')}; ${seconds(from)} to ${seconds(to)}`,
  waveTrouble: (key: string) => waveTroubles[key] ?? '',
  derived: 'Derived by the device',
  notes: 'Written by the device',

  other: (reason: string) => others[reason] ?? others['class-not-shown'] ?? ['', ''],
  isA: (uid: string) => nameOfUid(uid) ?? uid,

  header: 'Header',
  headerTitle: (n: number) => `Header of image ${n}`,
  search: 'Search',
  searchHint: 'Name, tag such as 0010,0010, or value',
  columns: { tag: 'Tag', vr: 'VR', name: 'Name', received: 'Received', leaves: 'Leaves' },
  item: (n: number) => `Item ${n}`,
  private: (creator: string) => (creator === '' ? 'Private' : `Private (${creator})`),
  groupLength: 'Length of the group',
  unknownTag: 'Not in the standard',
  length: (bytes: number) => saySize(bytes),
  cut: (bytes: number | null) => (bytes === null ? 'not shown' : `… ${saySize(bytes)} in all`),
  removed: 'does not leave',
  added: 'not received',
  found: (found: number, total: number) =>
    found === total ? sayMany(total, 'line') : `${found} of ${sayMany(total, 'line')}`,
  more: (n: number) => `Show ${n} more`,
  stage: {
    left: 'Compared with what left.',
    'would-leave':
      'Compared with what is corrected by now; an order and the marks of this station come with the approval.',
  },
  changedOnly: 'Only what leaves otherwise',
  close: 'Close',
} as const;

export const sayHeaderName = ({ keyword, creator, tag, item }: HeaderLine): string =>
  item !== null
    ? documentTexts.item(item)
    : keyword !== ''
      ? sayKeyword(keyword)
      : (parseInt(tag.slice(3, 4), 16) & 1) === 1
        ? documentTexts.private(creator)
        : tag.endsWith('0000')
          ? documentTexts.groupLength
          : documentTexts.unknownTag;

export const sayTag = (tag: string): string => `(${tag.slice(0, 4)},${tag.slice(4)})`;

export const sayRelationship = ({ relationship }: ReportLine): string => relationships[relationship] ?? '';
