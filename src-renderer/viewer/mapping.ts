// Where a point of the picture is on the screen, and back: zoom, pan, rotation and flip in one place, so that what is
// drawn over a picture (tools, overlays, letters at the edge) lies exactly where the painter put the pixels.
//
// Image points are [column, row] with sub-pixel resolution: the top left corner of the top left pixel is [0, 0]
// (PS3.3 C.10.5, PIXEL). Turned first (clockwise), then flipped from side to side (PS3.3 C.10.6).

export type Point = readonly [column: number, row: number];
export type Rotation = 0 | 90 | 180 | 270;
export type Turn = { readonly rotation: Rotation; readonly flipped: boolean };

/** Where the picture lies: the screen point of its centre, and how many screen pixels one image column takes. */
export type View = { readonly zoom: number; readonly x: number; readonly y: number };

/** Size in image pixels; `pixelAspect` is the height of a pixel divided by its width. */
export type Extent = { readonly width: number; readonly height: number; readonly pixelAspect: number };

/** Whether columns run along the screen's height, and which way the picture's axes run along the screen's. */
export type Axes = { readonly swapped: boolean; readonly alongX: 1 | -1; readonly alongY: 1 | -1 };

export type Mapping = {
  /** In the screen pixels that the view was given in. */
  toScreen(point: Point): { readonly x: number; readonly y: number };
  /** Also outside the picture. */
  toImage(x: number, y: number): Point;
};

const upright: Turn = { rotation: 0, flipped: false };

export function axesOf({ rotation, flipped }: Turn): Axes {
  const swapped = rotation === 90 || rotation === 270;
  const turned = rotation === 0 || rotation === 270 ? 1 : -1;
  return {
    swapped,
    alongX: flipped ? (-turned as 1 | -1) : turned,
    alongY: rotation === 0 || rotation === 90 ? 1 : -1,
  };
}

/** The extent as it stands on the screen, at zoom 1. */
export function standing(extent: Extent, turn: Turn): { readonly width: number; readonly height: number } {
  const { width, height } = { width: extent.width, height: extent.height * extent.pixelAspect };
  return axesOf(turn).swapped ? { width: height, height: width } : { width, height };
}

export function mappingOf(extent: Extent, view: View, turn: Turn = upright): Mapping {
  const { swapped, alongX, alongY } = axesOf(turn);
  const zoomRow = view.zoom * extent.pixelAspect;
  const [midColumn, midRow] = [extent.width / 2, extent.height / 2];
  return {
    toScreen: ([column, row]) => {
      const across = (column - midColumn) * view.zoom;
      const down = (row - midRow) * zoomRow;
      return { x: view.x + alongX * (swapped ? down : across), y: view.y + alongY * (swapped ? across : down) };
    },
    toImage: (x, y) => {
      const first = alongX * (x - view.x);
      const second = alongY * (y - view.y);
      const [across, down] = swapped ? [second, first] : [first, second];
      return [across / view.zoom + midColumn, down / zoomRow + midRow];
    },
  };
}

/** The same view in other screen pixels: from device pixels to those of CSS with `1 / devicePixelRatio`. */
export const scaled = (view: View, by: number): View => ({ zoom: view.zoom * by, x: view.x * by, y: view.y * by });
