// What is said about figures: how many of how many, since when, how often, and what nobody knows.
import type { Axis, Counts, ExposureOfDevice, KeptBack, Point, TimeUnit } from '#contract/shapes/statistics.ts';
import { sayCount, sayDate, sayMany } from './formats.ts';
import { sayReason } from './reasons.ts';

/** Fewer say little. */
const few = 20;

export const statisticsCommands = {
  'go-statistics': 'Statistics',
  'span-today': 'Today',
  'span-7-days': '7 days',
  'span-30-days': '30 days',
  'span-month': 'A month',
  'span-from-to': 'From … to',
  'span-12-months': '12 months',
  'as-tables': 'As tables',
  'count-again': 'Count again',
  'save-report': 'Save report',
  'save-table': 'Save table',
  'to-kept-back': 'To the images behind it',
  'every-group': 'All that were kept back',
} as const;

export const statisticsTexts = {
  title: 'Statistics',
  spans: 'Which days',
  month: 'Month',
  from: 'First day',
  to: 'Last day',
  unit: 'Steps in time',
  units: { auto: 'as fits', hour: 'hours', day: 'days', week: 'weeks', month: 'months' },
  counting: 'Counting…',
  asCharts: 'As charts',
  nothing: 'Nothing came in these days.',
  nothingMore: 'Choose other days, or come back when images have arrived.',
  none: 'None.',
  shareLegend: 'Filled: rejected. Hatched: to be repeated. Share of what was received.',
  judgedLegend: 'Filled: rejected. Hatched: to be repeated. Share of what this person judged.',
  reasonLegend: 'Filled: rejected. Hatched: to be repeated. Share of all images received.',
  few: 'few',
  fewMore: `Fewer than ${few} images: the share says little.`,
  hidden: 'Nobody is named here: the station is set up so.',
  axes: {
    reason: 'By reason',
    device: 'By device',
    technologist: 'By technologist',
    bodyPart: 'By body part',
    modality: 'By modality',
    shift: 'By shift',
  } satisfies Record<Axis, string>,
  inTime: (unit: TimeUnit) => `Kept back by ${unit}`,
  arrivals: (unit: TimeUnit) => `Arrived by ${unit}`,
  hours: 'Kept back by hour of the day',
  exposure: 'Exposure',
  exposureNone: 'No image said how far it lies from its target exposure.',
  exposureLegend:
    'Line: median deviation index. Bars: nine of ten images. Grey band: −0.5 to +0.5, where nothing is to be done.',
  sending: 'Sending',
  outages: 'Outages',
  noOutage: 'Every destination answered all the time.',
  sentNone: 'Nothing was sent.',
  outageStates: { silent: 'No answer', refusing: 'Refused us' },
  lasts: 'lasts',
  columns: {
    name: 'What',
    received: 'Received',
    judged: 'Judged',
    accepted: 'Accepted',
    repeated: 'To be repeated',
    rejected: 'Rejected',
    share: 'Kept back',
    when: 'When',
    exams: 'Exams',
    images: 'Images',
    median: 'Median',
    spread: 'Nine of ten',
    inBand: 'In the band',
    below: 'Below',
    above: 'Above',
    destination: 'Destination',
    sent: 'Sent',
    waited: 'Waited (median)',
    longest: 'Longest',
    waiting: 'Waits now',
    state: 'What',
    since: 'Since',
    until: 'Until',
    lasted: 'How long',
  },
  pane: 'Images behind it',
  paneAll: 'All that were kept back',
  paneLead: (total: number) =>
    total === 0 ? 'None.' : `${sayMany(total, 'image')}, newest first. Enter opens Review.`,
  paneMore: 'Show more',
  purged: 'Picture no longer on this disk',
  verdicts: { rejected: 'Rejected', repeated: 'To be repeated' },
  saved: (name: string) => `Saved: ${name}.`,
  saveTitle: 'Save a table',
  saveLead: 'CSV for a spreadsheet, of the days on screen. Nothing in it says who a patient is.',
  tables: {
    groups: 'Reasons, devices, people, body parts, shifts',
    time: 'In time',
    hours: 'By hour of the day',
    exposure: 'Exposure',
    sending: 'Sending and outages',
    images: 'The images behind it',
  },
  patients: 'Say also whose images they are (patient ID and name); that is kept in the trail',
  setup: 'Statistics',
  setupMore: 'How rejects and repeats are counted, and what is said about people.',
  hide: 'Name no technologist in figures, tables and reports',
  shifts: 'Shifts',
  shiftsHint: 'One a line: name; full hour at which it begins. It lasts until the next one.',
  shiftsFault: (line: number) => `Line ${line} is not like “Early; 6”.`,
  paper: 'Paper of the report',
  papers: { a4: 'A4', letter: 'Letter' },
  mark: 'Tables begin with the mark by which a spreadsheet knows UTF-8',
};

/** '1 Nov 2026' of '2026-11-01', with its hour if it has one. */
export function sayPoint(at: string, unit: TimeUnit): string {
  const day = sayDate(at.slice(0, 10).replaceAll('-', ''));
  if (unit === 'hour') return `${day}, ${at.slice(11)}`;
  if (unit === 'week') return `week of ${day}`;
  return unit === 'month' ? day.replace(/^\d+ /, '') : day;
}

export const sayDays = ({ firstDay, lastDay }: { readonly firstDay: string; readonly lastDay: string }): string =>
  firstDay === lastDay ? sayPoint(firstDay, 'day') : `${sayPoint(firstDay, 'day')} to ${sayPoint(lastDay, 'day')}`;

export const keptBack = ({ repeated, rejected }: Counts): number => repeated + rejected;
const against = ({ received, judged }: Counts): number => received ?? judged;

/** In per cent; null where there is nothing to count against. */
export const shareOf = (counts: Counts): number | null =>
  against(counts) > 0 ? (keptBack(counts) / against(counts)) * 100 : null;

export const isFew = (counts: Counts): boolean => against(counts) > 0 && against(counts) < few;

/** '12 of 240 (5.0 %)'. */
export function sayShare(counts: Counts): string {
  const share = shareOf(counts);
  const part = `${sayCount(keptBack(counts))} of ${sayCount(against(counts))}`;
  return share === null ? part : `${part} (${share.toFixed(1)} %)`;
}

/** The group by the name that people know it by. */
export function sayGroup(axis: Axis, { key, name }: { readonly key: string; readonly name: string }): string {
  if (key === '*') return 'All others';
  if (axis === 'reason') return name === '' ? sayReason(key) : name;
  if (axis === 'device') return deviceNames[key] ?? (name === '' ? key : name);
  if (axis === 'technologist') return key === '' ? 'Nobody known' : key;
  return key === '' ? 'Not said' : key;
}
const deviceNames: Readonly<Record<string, string>> = { file: 'Files', picture: 'Pictures', '': 'Not known' };

export function sayTotals(totals: Counts, points: readonly Point[]): string {
  const exams = points.reduce((sum, point) => sum + point.exams, 0);
  return `${sayMany(totals.received ?? 0, 'image')} of ${sayMany(exams, 'exam')}, ${sayCount(totals.judged)} judged.`;
}

/** '+0.4', '−1.2'. */
export const sayIndex = (value: number | null): string =>
  value === null ? '' : `${value > 0 ? '+' : value < 0 ? '−' : ''}${Math.abs(value).toFixed(1)}`;

export const saySpread = ({ low, high }: Pick<ExposureOfDevice, 'low' | 'high'>): string =>
  low === null ? '' : `${sayIndex(low)} to ${sayIndex(high)}`;

export const sayExposures = (spread: Omit<ExposureOfDevice, 'key' | 'name' | 'points'>): string =>
  spread.images === 0
    ? 'no image'
    : `median ${sayIndex(spread.median)}, nine of ten ${saySpread(spread)}, ${sayMany(spread.images, 'image')}, ${Math.round((spread.inBand / spread.images) * 100)} % in the band`;

export const sayKeptBack = (image: KeptBack): string =>
  [image.reasonName === '' ? sayReason(image.reason) : image.reasonName, image.text]
    .filter((part) => part !== '')
    .join(': ');
