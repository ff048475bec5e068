// Pixels that hang together. Iterative, one pass with a stack of its own: the shape of a picture cannot exhaust anything. Pure.

export type Component = {
  readonly pixels: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly touchesEdge: boolean;
};

/** Groups of set pixels of a mask, by their four neighbours; at most `most` of them, the first from the top. */
export function findComponents(mask: Uint8Array, columns: number, rows: number, most = 20_000): Component[] {
  const left = mask.slice();
  const stack = new Int32Array(columns * rows);
  const found: Component[] = [];
  for (let start = 0; start < left.length && found.length < most; start++) {
    if (left[start] === 0) continue;
    let depth = 0;
    stack[depth++] = start;
    left[start] = 0;
    let [pixels, minX, maxX, minY, maxY] = [0, columns, 0, rows, 0];
    while (depth > 0) {
      const at = stack[--depth]!;
      const x = at % columns;
      const y = (at - x) / columns;
      pixels++;
      if (x < minX) minX = x;
      if (x > maxX) maxX = x;
      if (y < minY) minY = y;
      if (y > maxY) maxY = y;
      if (x > 0 && left[at - 1] !== 0) push(at - 1);
      if (x < columns - 1 && left[at + 1] !== 0) push(at + 1);
      if (y > 0 && left[at - columns] !== 0) push(at - columns);
      if (y < rows - 1 && left[at + columns] !== 0) push(at + columns);
    }
    const touchesEdge = minX === 0 || minY === 0 || maxX === columns - 1 || maxY === rows - 1;
    found.push({ pixels, left: minX, top: minY, right: maxX, bottom: maxY, touchesEdge });
    function push(next: number): void {
      left[next] = 0;
      stack[depth++] = next;
    }
  }
  return found;
}

/** Mean of a square of `2 * radius + 1` pixels around each pixel, in time that does not depend on the radius. */
export function boxMean(grey: Uint8Array, columns: number, rows: number, radius: number): Float32Array {
  const across = new Float32Array(grey.length);
  for (let y = 0; y < rows; y++) {
    let sum = 0;
    for (let x = -radius; x < columns; x++) {
      if (x + radius < columns) sum += grey[y * columns + x + radius]!;
      if (x - radius - 1 >= 0) sum -= grey[y * columns + x - radius - 1]!;
      if (x >= 0) across[y * columns + x] = sum / (Math.min(columns - 1, x + radius) - Math.max(0, x - radius) + 1);
    }
  }
  const mean = new Float32Array(grey.length);
  for (let x = 0; x < columns; x++) {
    let sum = 0;
    for (let y = -radius; y < rows; y++) {
      if (y + radius < rows) sum += across[(y + radius) * columns + x]!;
      if (y - radius - 1 >= 0) sum -= across[(y - radius - 1) * columns + x]!;
      if (y >= 0) mean[y * columns + x] = sum / (Math.min(rows - 1, y + radius) - Math.max(0, y - radius) + 1);
    }
  }
  return mean;
}
