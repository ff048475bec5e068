// Light where it should be dark, or colours that were written in another way than the header says. Pure.
import { isProjection, percent, type PictureCheck } from './about.ts';
import type { ShownPicture } from './shown-picture.ts';

/** Of the pixels at the border of a radiograph so many are light when it is shown inside out. */
const lightBorder = 0.75;
const dark = 24;
const mostDark = 0.05;
const tealOrGreen = 0.1;

export const checkPhotometric: PictureCheck = (picture, about) => {
  if (picture.colour !== null) return checkColour(picture);
  if (!isProjection(about) || Math.min(picture.columns, picture.rows) < 64) return null;
  const { border, centre, part } = measureBorder(picture);
  // What the beam did not pass is black, and what it passed freely too: only tissue is light.
  if (part < lightBorder || centre > border - 40) return null;
  // A collimator that is left white has the black of free air beside it; inside out there is none.
  if (countDark(picture) > picture.grey.length * mostDark) return null;
  return {
    numbers: { border: Math.round(border), centre: Math.round(centre), percent: percent(part, 1) },
    place: null,
  };
};

function countDark({ grey }: ShownPicture): number {
  let count = 0;
  for (const value of grey) if (value <= dark) count++;
  return count;
}

/** Mean shade of the border and of the middle, and how much of the border is light. */
function measureBorder({ grey, columns, rows }: ShownPicture) {
  const band = Math.max(1, Math.round(Math.min(columns, rows) * 0.03));
  let [borderSum, borderCount, light, centreSum, centreCount] = [0, 0, 0, 0, 0];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) {
      const value = grey[y * columns + x]!;
      if (x < band || y < band || x >= columns - band || y >= rows - band) {
        borderSum += value;
        borderCount++;
        if (value > 200) light++;
      } else if (x > columns / 4 && x < (3 * columns) / 4 && y > rows / 4 && y < (3 * rows) / 4) {
        centreSum += value;
        centreCount++;
      }
    }
  return {
    border: borderSum / Math.max(1, borderCount),
    centre: centreSum / Math.max(1, centreCount),
    part: light / Math.max(1, borderCount),
  };
}

/**
 * Black is where the two ways differ most: YBR taken for RGB shows it teal (0, 128, 128), RGB taken for YBR green
 * (0, 135, 0).
 */
function checkColour({ colour, grey }: ShownPicture) {
  if (colour === null) return null;
  let [teal, green] = [0, 0];
  for (let at = 0; at < colour.length; at += 3) {
    const [r, g, b] = [colour[at]!, colour[at + 1]!, colour[at + 2]!];
    if (r > 24 || Math.abs(g - 130) > 14) continue;
    if (Math.abs(b - 128) <= 10) teal++;
    else if (b <= 24) green++;
  }
  const most = Math.max(teal, green);
  if (most < grey.length * tealOrGreen) return null;
  return { numbers: { percent: percent(most, grey.length), teal: teal >= green ? 1 : 0 }, place: null };
}
