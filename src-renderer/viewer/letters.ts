// How wide letters are, and where the plate that they stand on goes.
import type { ScreenPoint } from './tools/outline.ts';

export const lineHeight = 17;
type Plate = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
type Room = { readonly width: number; readonly height: number };

export type WidthOf = (line: string, size: number) => number;

/** Gives what tells how wide a line is, in pixels of CSS, in the letters of the window. */
export function openWidths(): WidthOf {
  const pen = new OffscreenCanvas(1, 1).getContext('2d');
  return (line, size) => {
    if (pen === null) return line.length * size * 0.6;
    pen.font = `${size}px system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', sans-serif`;
    return pen.measureText(line).width;
  };
}

/** Where words stand, within the room that there is: beside the point furthest to the right, or within a frame. */
export function plateOf(
  points: readonly ScreenPoint[],
  lines: readonly string[],
  { inside, room, widthOf }: { readonly inside: boolean; readonly room: Room; readonly widthOf: WidthOf },
): Plate {
  const width = Math.max(...lines.map((line) => widthOf(line, 13))) + 10;
  const height = lines.length * lineHeight + 4;
  const [columns, rows] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const last = points.reduce((most, each) => (each.x > most.x ? each : most), points[0] ?? { x: 0, y: 0 });
  const x = inside ? Math.min(...columns) + 2 : last.x + 8;
  const y = inside ? Math.min(...rows) + 2 : last.y - 12;
  const left = !inside && x + width > room.width ? Math.min(...columns) - 8 - width : x;
  return {
    x: Math.max(2, Math.min(room.width - width - 2, left)),
    y: Math.max(2, Math.min(room.height - height - 2, y)),
    width,
    height,
  };
}
