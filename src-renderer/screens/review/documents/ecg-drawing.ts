// Draws a stretch of a waveform on paper of millimetres: 25 mm a second, 10 mm a millivolt, channels below each other.
// What is in another unit than volts gets a scale of its own, which is told.
import type { Channel } from '#contract/shapes/documents.ts';

export const mmPerSecond = 25;
/** Of an ordinary screen: nobody has measured this one. */
export const pixelsPerMm = 96 / 25.4;
export const channelMm = 22;
const mmPerMillivolt = 10;
const volts: Readonly<Record<string, number>> = { V: 1000, mV: 1, uV: 0.001, µV: 0.001, nV: 1e-6 };
/** Steps in which a scale is chosen, millimetres a unit. */
const steps = [1, 2, 5];

/** Millimetres for one unit of a channel, and the value that lies on its base line. */
export type Scale = { readonly mmPerUnit: number; readonly middle: number; readonly told: string };

export function scaleOf({ unit }: Channel, samples: Float32Array): Scale {
  const millivolts = volts[unit];
  if (millivolts !== undefined)
    return { mmPerUnit: mmPerMillivolt * millivolts, middle: 0, told: `${mmPerMillivolt} mm/mV` };
  let [least, most] = [Infinity, -Infinity];
  for (const value of samples) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const range = most - least;
  if (!(range > 0) || !Number.isFinite(range))
    return { mmPerUnit: 1, middle: Number.isFinite(least) ? least : 0, told: '' };
  const wanted = (channelMm * 0.8) / range;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const mmPerUnit = power * (steps.findLast((step) => step * power <= wanted) ?? 1);
  const told = `${Number(mmPerUnit.toPrecision(3))} mm/${unit === '' ? 'step' : unit}`;
  return { mmPerUnit, middle: (least + most) / 2, told };
}

export type Ink = {
  readonly paper: string;
  readonly fine: string;
  readonly coarse: string;
  readonly trace: string;
  readonly words: string;
};

export type Stretch = {
  readonly channels: readonly Channel[];
  readonly scales: readonly Scale[];
  readonly hz: number;
  /** Number of the first sample in `samples`. */
  readonly from: number;
  /** Channel after channel, each of the same length. */
  readonly samples: Float32Array;
};

/** The part of the whole strip that begins at `left`, `top` (CSS pixels), as large as the canvas. */
export function drawStrip(
  canvas: HTMLCanvasElement,
  place: { readonly left: number; readonly top: number; readonly ratio: number },
  { ink, stretch }: { readonly ink: Ink; readonly stretch: Stretch | undefined },
): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const { left, top, ratio } = place;
  const [width, height] = [canvas.width / ratio, canvas.height / ratio];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = ink.paper;
  context.fillRect(0, 0, width, height);
  drawGrid(context, { left, top, width, height }, ink);
  if (stretch === undefined) return;
  const { channels, scales, hz, from, samples } = stretch;
  const each = Math.floor(samples.length / Math.max(1, channels.length));
  const pixelsPerSample = (mmPerSecond * pixelsPerMm) / hz;
  context.lineWidth = 1.3;
  context.font = '600 13px system-ui, sans-serif';
  channels.forEach((channel, n) => {
    const base = (n + 0.5) * channelMm * pixelsPerMm - top;
    if (base < -channelMm * pixelsPerMm * 2 || base > height + channelMm * pixelsPerMm * 2) return;
    const scale = scales[n] ?? { mmPerUnit: 1, middle: 0 };
    context.strokeStyle = ink.trace;
    context.beginPath();
    let isDrawing = false;
    const first = Math.max(0, Math.floor(left / pixelsPerSample) - from - 1);
    const last = Math.min(each, Math.ceil((left + width) / pixelsPerSample) - from + 2);
    for (let at = first; at < last; at += 1) {
      const value = samples[n * each + at] ?? NaN;
      if (Number.isNaN(value)) {
        isDrawing = false;
        continue;
      }
      const x = (from + at) * pixelsPerSample - left;
      const y = Math.max(-1e4, Math.min(1e4, base - (value - scale.middle) * scale.mmPerUnit * pixelsPerMm));
      if (isDrawing) context.lineTo(x, y);
      else context.moveTo(x, y);
      isDrawing = true;
    }
    context.stroke();
    const said = channel.name;
    const y = base - channelMm * pixelsPerMm * 0.5 + 15;
    context.fillStyle = ink.paper;
    context.fillRect(4, y - 12, context.measureText(said).width + 8, 16);
    context.fillStyle = ink.words;
    context.fillText(said, 8, y);
  });
}

function drawGrid(
  context: CanvasRenderingContext2D,
  {
    left,
    top,
    width,
    height,
  }: { readonly left: number; readonly top: number; readonly width: number; readonly height: number },
  ink: Ink,
): void {
  for (const [mm, color] of [
    [1, ink.fine],
    [5, ink.coarse],
  ] as const) {
    const step = mm * pixelsPerMm;
    context.strokeStyle = color;
    context.lineWidth = mm === 5 ? 1 : 0.5;
    context.beginPath();
    for (let x = -(left % step); x < width; x += step) {
      context.moveTo(x, 0);
      context.lineTo(x, height);
    }
    for (let y = -(top % step); y < height; y += step) {
      context.moveTo(0, y);
      context.lineTo(width, y);
    }
    context.stroke();
  }
}
