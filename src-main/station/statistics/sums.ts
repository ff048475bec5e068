// The sums of a span, from the sums of its days. Pure.
//
// An image belongs to the hour in which it arrived, whenever it was judged, so that no group can have more judged than
// received. What a judgement says of an image (its body part once corrected) counts over what the device said.
import type { Axis, Counts, Group, Point, Shift, Statistics, TimeUnit } from '#contract/shapes/statistics.ts';
import { shiftOfHours } from './shifts.ts';
import { hoursOfDay, pointOf, pointsOf, type Span } from './spans.ts';

type Verdicts = { readonly accepted: number; readonly repeated: number; readonly rejected: number };
/** One hour of one day. */
export type HourRow = Verdicts & { readonly day: string; readonly hour: number; readonly received: number };
/** One group of an axis over the whole span; of a source instead of a device. */
export type KeyRow = Verdicts & {
  readonly axis: 'source' | 'modality' | 'bodyPart' | 'technologist' | 'reason';
  readonly key: string;
  readonly received: number;
};

export type Named = { readonly key: string; readonly name: string };

export type SumsOptions = {
  readonly span: Span;
  readonly unit: TimeUnit;
  readonly shifts: readonly Shift[];
  readonly deviceOf: (sourceId: string) => Named;
  readonly hideTechnologists: boolean;
};

export type Summed = Pick<Statistics, 'totals' | 'groups' | 'points' | 'hours'>;

/** Of one axis no more groups are told apart: names come from strangers. The rest is one group, `otherGroups`. */
const mostGroups = 100;
export const otherGroups = '*';

type Tally = { received: number; judged: number; accepted: number; repeated: number; rejected: number };
type Groups = Map<string, Tally & { name: string }>;

const tally = (): Tally => ({ received: 0, judged: 0, accepted: 0, repeated: 0, rejected: 0 });

function add(to: Tally, { received, accepted, repeated, rejected }: Verdicts & { readonly received: number }): void {
  to.received += received;
  to.judged += accepted + repeated + rejected;
  to.accepted += accepted;
  to.repeated += repeated;
  to.rejected += rejected;
}

export function sumUp(hourRows: readonly HourRow[], keyRows: readonly KeyRow[], options: SumsOptions): Summed {
  const { span, unit, shifts, deviceOf, hideTechnologists } = options;
  const shiftOf = shiftOfHours(shifts);
  const totals = tally();
  const points = new Map(pointsOf(unit, span).map((at) => [at, tally()]));
  const hours = hoursOfDay.map(tally);
  const axes: Readonly<Record<Axis, Groups>> = {
    ...{ reason: new Map(), device: new Map(), technologist: new Map() },
    ...{ bodyPart: new Map(), modality: new Map(), shift: new Map() },
  };

  for (const row of hourRows) {
    const point = points.get(pointOf(unit, row.day, row.hour));
    const ofHour = hours[row.hour];
    for (const one of [totals, point, ofHour, groupOf(axes.shift, shiftOf[row.hour] ?? '')]) if (one) add(one, row);
  }
  for (const row of keyRows) {
    const { axis, key } = row;
    if (axis === 'technologist' && hideTechnologists) continue;
    if (axis === 'source') {
      const device = deviceOf(key);
      add(groupOf(axes.device, device.key, device.name), row);
    } else {
      const [, ownLabel = ''] = axis === 'reason' ? splitReason(key) : [];
      add(groupOf(axes[axis], key, ownLabel), row);
    }
  }

  // A reason is a part of all images: what it is counted against is all of them.
  const ofReason = ({ repeated, rejected }: Tally): Counts => ({ ...totals, repeated, rejected });
  const ofTechnologist = (counts: Tally): Counts => ({ ...counts, received: null });
  const shiftNames = shifts.map(({ name }) => name);
  return {
    totals,
    groups: {
      reason: listed(axes.reason, ofReason),
      device: listed(axes.device),
      technologist: listed(axes.technologist, ofTechnologist),
      bodyPart: listed(axes.bodyPart),
      modality: listed(axes.modality),
      shift: listed(axes.shift).sort((a, b) => shiftNames.indexOf(a.key) - shiftNames.indexOf(b.key)),
    },
    points: [...points].map(([at, counts]): Point => ({ at, ...counts, exams: 0 })),
    hours: hours.map((counts, hour) => ({ hour, ...counts })),
  };
}

/** Code of a reason and what the site calls it, '' by our own words. */
export function splitReason(key: string): readonly [code: string, ownLabel: string] {
  const at = key.indexOf(':');
  return at < 0 ? [key, ''] : [key.slice(0, at), key.slice(at + 1)];
}

function groupOf(groups: Groups, key: string, name = ''): Tally {
  let group = groups.get(key);
  if (!group) groups.set(key, (group = { ...tally(), name }));
  return group;
}

const keptBack = ({ repeated, rejected }: Tally): number => repeated + rejected;

/** Those with most kept back first; groups of nothing are left out. */
function listed(groups: Groups, shape = (counts: Tally): Counts => counts): Group[] {
  const inOrder = [...groups]
    .filter(([, { received, judged }]) => received + judged > 0)
    .sort(
      ([aKey, a], [bKey, b]) =>
        keptBack(b) - keptBack(a) || b.received - a.received || b.judged - a.judged || (aKey < bKey ? -1 : 1),
    );
  const rest = { ...tally(), name: '' };
  for (const [, group] of inOrder.slice(mostGroups)) add(rest, group);
  const shown = inOrder.length > mostGroups ? [...inOrder.slice(0, mostGroups), [otherGroups, rest] as const] : inOrder;
  return shown.map(([key, { name, ...counts }]) => ({ key, name, ...shape(counts) }));
}
