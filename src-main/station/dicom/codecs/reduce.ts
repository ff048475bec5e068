// A smaller picture of a frame: the mean of what falls into each new pixel.
import type { RawFrame } from '#station/model/raw-frame.ts';
import { viewSamples } from './samples.ts';

/** Not more than so many values are looked at for one new pixel and direction. */
const mostPerSide = 6;

/** The frame with its longer side at most `longestSide`. Windows and range stay those of the whole frame; tables and planes go. */
export function reduceFrame(whole: RawFrame, longestSide: number): RawFrame {
  const {
    attached: _tables,
    luts: _luts,
    overlays: _planes,
    supplemental: _palette,
    stored: _stored,
    ...frame
  } = whole;
  const scale = Math.max(frame.rows, frame.columns) / Math.max(1, Math.floor(longestSide));
  if (scale <= 1) return frame;
  const rows = Math.max(1, Math.round(frame.rows / scale));
  const columns = Math.max(1, Math.round(frame.columns / scale));
  const from = view(frame, frame.bytes);
  const bytes = new Uint8Array(rows * columns * frame.samples * (frame.bitsAllocated / 8));
  const to = view(frame, bytes);
  const across = pickSources(frame.columns, columns);
  const down = pickSources(frame.rows, rows);
  let at = 0;
  for (const lines of down) {
    for (const places of across) {
      for (let sample = 0; sample < frame.samples; sample++) {
        let sum = 0;
        for (const y of lines) for (const x of places) sum += from[(y * frame.columns + x) * frame.samples + sample]!;
        const mean = sum / (lines.length * places.length);
        to[at++] = frame.float ? mean : Math.round(mean);
      }
    }
  }
  return { ...frame, rows, columns, bytes };
}

function view(frame: Pick<RawFrame, 'bitsAllocated' | 'signed' | 'float'>, bytes: Uint8Array<ArrayBuffer>) {
  if (frame.float) return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return viewSamples(bytes, frame.bitsAllocated, frame.signed);
}

function pickSources(length: number, wanted: number): number[][] {
  return Array.from({ length: wanted }, (_, i) => {
    const start = Math.floor((i * length) / wanted);
    const end = Math.max(start + 1, Math.floor(((i + 1) * length) / wanted));
    const step = Math.max(1, (end - start) / mostPerSide);
    const picked: number[] = [];
    for (let place = start; place < end; place += step) picked.push(Math.floor(place));
    return picked;
  });
}
