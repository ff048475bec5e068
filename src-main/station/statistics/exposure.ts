// How exposures of a device lie around their target, as a whole and in time. Pure.
//
// A Deviation Index of 0 is the target, +1 about a quarter more, -1 about a fifth less (IEC 62494-1). The band in which
// nothing is to be done is -0.5 to +0.5 (AAPM TG-116).
import type { ExposureOfDevice } from '#contract/shapes/statistics.ts';
import type { Named } from './sums.ts';

/** Exposures of one source in the time that a point covers, alike in tenths. */
export type DeviationRow = {
  readonly at: string;
  readonly sourceId: string;
  readonly deviation: number;
  readonly images: number;
  /** Of them, those below and above the target band as they are, not as rounded. */
  readonly below: number;
  readonly above: number;
};

export const targetBand = { low: -0.5, high: 0.5 } as const;

/** Those with the most exposures: titles that nobody has listed come from strangers. */
const mostDevices = 100;

type Values = Pick<DeviationRow, 'deviation' | 'images' | 'below' | 'above'>[];
type Spread = ExposureOfDevice['points'][number];

/** Devices with the most exposures first, 100 at most; only those that say how they lie. `times` are the points, in order. */
export function exposureOf(
  rows: readonly DeviationRow[],
  { times, deviceOf }: { readonly times: readonly string[]; readonly deviceOf: (sourceId: string) => Named },
): ExposureOfDevice[] {
  const devices = new Map<string, { name: string; all: Values; byTime: Map<string, Values> }>();
  for (const row of rows) {
    const { key, name } = deviceOf(row.sourceId);
    let device = devices.get(key);
    if (!device) devices.set(key, (device = { name, all: [], byTime: new Map(times.map((at) => [at, []])) }));
    device.all.push(row);
    device.byTime.get(row.at)?.push(row);
  }
  const imagesOf = ({ all }: { readonly all: Values }) => all.reduce((sum, { images }) => sum + images, 0);
  return [...devices]
    .sort(([aKey, a], [bKey, b]) => imagesOf(b) - imagesOf(a) || (aKey < bKey ? -1 : 1))
    .slice(0, mostDevices)
    .map(([key, { name, all, byTime }]) => ({
      ...{ key, name },
      ...spread(all),
      points: [...byTime].map(([at, values]): Spread => ({ at, ...spread(values) })),
    }));
}

function spread(values: Values): Omit<Spread, 'at'> {
  const inOrder = values.toSorted((a, b) => a.deviation - b.deviation);
  const sum = (name: 'images' | 'below' | 'above') => values.reduce((total, value) => total + value[name], 0);
  const [images, below, above] = [sum('images'), sum('below'), sum('above')];
  return {
    images,
    median: quantile(inOrder, images, 0.5),
    low: quantile(inOrder, images, 0.05),
    high: quantile(inOrder, images, 0.95),
    inBand: images - below - above,
    below,
    above,
  };
}

/** The least value that so great a share of the images does not exceed; the mean of two for an even median. */
function quantile(inOrder: Values, images: number, share: number): number | null {
  if (images === 0) return null;
  const at = (rank: number): number => {
    let passed = 0;
    for (const { deviation, images: n } of inOrder) {
      passed += n;
      if (passed >= rank) return deviation;
    }
    return inOrder.at(-1)?.deviation ?? 0;
  };
  if (share === 0.5 && images % 2 === 0) return (at(images / 2) + at(images / 2 + 1)) / 2;
  return at(Math.max(1, Math.ceil(images * share)));
}
