// What is written beside a drawing: what the window showed of it, or, where nobody showed it, what it measures. Pure.
import { sayMeasure } from '#contract/shapes/measured-words.ts';
import { measureDrawn, type PixelSizes } from '#contract/shapes/measuring.ts';
import type { Annotation } from '#contract/shapes/markup.ts';

export type Measured = PixelSizes & { readonly calibrationMm: number | null };

/** Lines from top to bottom; empty where a drawing says nothing. */
export function wordsOf(drawn: Annotation, measured: Measured): string[] {
  if (drawn.kind === 'marker') return [[drawn.side ?? '', drawn.initials ?? ''].filter((one) => one !== '').join(' ')];
  const own = drawn.text.trim() === '' ? [] : linesOf(drawn.text);
  const label = drawn.label?.trim() ?? '';
  if (label !== '') return [...own, ...linesOf(label)];
  const measure = measureDrawn(drawn, measured, measured.calibrationMm);
  return measure === undefined ? own : [...own, sayMeasure(measure)];
}

const linesOf = (text: string): string[] => text.split(/\r\n|\r|\n/);
