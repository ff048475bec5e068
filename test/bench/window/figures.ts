// The table of figures with their goals, and the arithmetic they need.
import os from 'node:os';

export type Figure = {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** The most that it may be. */
  readonly goal?: number;
  readonly note?: string;
};

export const quantile = (values: readonly number[], part: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

export const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), 0);

export const sayLoad = () =>
  `load ${os
    .loadavg()
    .slice(0, 2)
    .map((load) => load.toFixed(1))
    .join(' / ')} on ${os.availableParallelism()} cores`;

export function printFigures(title: string, figures: readonly Figure[]): void {
  console.log(`\n${title} (${sayLoad()})\n`);
  console.log('| figure | value | goal | reached | |');
  console.log('|---|---|---|---|---|');
  for (const { what, value, unit, goal, note } of figures) {
    const said = `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ${unit}`;
    const goals = goal === undefined ? ['', ''] : [`<= ${goal} ${unit}`, value <= goal ? 'yes' : 'no'];
    console.log(`| ${[what, said, ...goals, note ?? ''].join(' | ')} |`);
  }
}
