// What each table holds, one row a group, a point in time, a device, a destination or an image. Pure.
import { axes, type Counts, type KeptBack, type Statistics } from '#contract/shapes/statistics.ts';
import { findRejectReason } from '#contract/shapes/reject-reasons.ts';
import type { Cell } from './csv.ts';
import { splitReason } from './sums.ts';

export const tableNames = ['groups', 'time', 'hours', 'exposure', 'sending', 'images'] as const;
export type TableName = (typeof tableNames)[number];
type Rows = readonly (readonly Cell[])[];

/** Who a picture is of; only where somebody asked for it. */
export type WithPatient = KeptBack & { readonly PatientID?: string; readonly PatientName?: string };

const countColumns = ['received', 'judged', 'accepted', 'repeated', 'rejected', 'keptBackShare', 'shareOf'];

/** What a share is counted against: images received, or judged where nobody knows whose it was before. */
export const countedAgainst = ({ received, judged }: Counts): number => received ?? judged;
export const keptBackOf = ({ repeated, rejected }: Counts): number => repeated + rejected;

function counts(of: Counts): Cell[] {
  const against = countedAgainst(of);
  const share = against > 0 ? Math.round((keptBackOf(of) / against) * 10_000) / 10_000 : null;
  const { received, judged, accepted, repeated, rejected } = of;
  return [received, judged, accepted, repeated, rejected, share, received === null ? 'judged' : 'received'];
}

/** The words of PS3.16 for a reason, or the site's own. */
export function nameOfReason(key: string): string {
  const [code, ownLabel] = splitReason(key);
  return ownLabel !== '' ? ownLabel : (findRejectReason(code)?.meaning ?? code);
}

export function tableOf(name: Exclude<TableName, 'images'>, figures: Statistics): Rows {
  switch (name) {
    case 'groups':
      return [
        ['by', 'key', 'name', ...countColumns],
        ['all', '', '', ...counts(figures.totals)],
        ...axes.flatMap((axis) =>
          figures.groups[axis].map((group) => [
            ...[axis, group.key, axis === 'reason' ? nameOfReason(group.key) : group.name || group.key],
            ...counts(group),
          ]),
        ),
      ];
    case 'time':
      return [
        ['from', 'unit', 'exams', ...countColumns],
        ...figures.points.map((point) => [point.at, figures.unit, point.exams, ...counts(point)]),
      ];
    case 'hours':
      return [['hour', ...countColumns], ...figures.hours.map((one) => [one.hour, ...counts(one)])];
    case 'exposure':
      return [
        ['device', 'from', 'images', 'median', 'low5', 'high95', 'inBand', 'below', 'above'],
        ...figures.exposure.flatMap(({ key, name, points, ...whole }) =>
          [{ ...whole, at: 'all' }, ...points].map(({ at, images, median, low, high, inBand, below, above }) => [
            ...[name || key, at, images, median, low, high, inBand, below, above],
          ]),
        ),
      ];
    case 'sending':
      return [
        [
          'what',
          'destination',
          'state',
          'since',
          'until',
          'seconds',
          'sent',
          'medianSeconds',
          'longestSeconds',
          'waiting',
          'oldestWaitingSince',
        ],
        ...figures.sending.map((one) => [
          ...['sending', one.name, '', '', '', null, one.sent, one.medianSeconds, one.longestSeconds, one.waiting],
          one.oldestWaitingSince,
        ]),
        ...figures.outages.map((one) => [
          ...[
            'outage',
            one.name,
            one.state,
            one.since,
            one.until,
            Math.round(one.seconds),
            null,
            null,
            null,
            null,
            null,
          ],
        ]),
      ];
  }
}

export function tableOfImages(images: readonly WithPatient[], withPatients: boolean): Rows {
  return [
    [
      ...['at', 'verdict', 'reason', 'reasonName', 'text', 'device', 'technologist', 'modality', 'bodyPart'],
      ...['deviationIndex', 'examId', 'objectId', 'purgedAt'],
      ...(withPatients ? ['PatientID', 'PatientName'] : []),
    ],
    ...images.map((one) => [
      ...[one.at, one.verdict, one.reason, one.reasonName || nameOfReason(one.reason), one.text, one.device],
      ...[one.technologist, one.modality, one.bodyPart, one.deviationIndex, one.examId, one.objectId, one.purgedAt],
      ...(withPatients ? [one.PatientID ?? '', one.PatientName ?? ''] : []),
    ]),
  ];
}
