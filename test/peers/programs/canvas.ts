// The pixels of the window's own canvas, as Chromium holds them, when it says itself that it is painted as is waited for.
import type { Page } from 'playwright';
import type { Grey } from './states-drawn.ts';

/** Waits until the picture on screen was painted by such a look; `said` is what the canvas says of it. */
export async function untilPainted(page: Page, said: RegExp): Promise<void> {
  await page.waitForFunction(
    ([source]) =>
      new RegExp(source).test(document.querySelector<HTMLCanvasElement>('canvas[data-drawn]')?.dataset['look'] ?? ''),
    [said.source] as const,
  );
}

/** The picture at one device pixel for each of its own, without the ground around it. `said` as for untilPainted. */
export async function readCanvas(
  page: Page,
  { width, height }: Pick<Grey, 'width' | 'height'>,
  said: RegExp,
): Promise<Uint8Array> {
  await untilPainted(page, said);
  await page.locator('canvas[data-drawn]').focus();
  await page.keyboard.press('1');
  await page.locator('canvas[data-drawn][data-zoom="1"]').waitFor();
  const found = await page.evaluate(
    ([across, down]) => {
      const canvas = document.querySelector('canvas[data-drawn]') as HTMLCanvasElement;
      const [left, top] = [Math.floor((canvas.width - across) / 2), Math.floor((canvas.height - down) / 2)];
      const { data } = (canvas.getContext('2d') as CanvasRenderingContext2D).getImageData(left, top, across, down);
      return Array.from({ length: across * down }, (_, n) => data[n * 4] ?? 0);
    },
    [width, height] as const,
  );
  return Uint8Array.from(found);
}

/** Levels between two pictures where they differ most; 255 when they are not of one size. */
export const furthest = (a: Uint8Array, b: Uint8Array): number =>
  a.length === b.length ? a.reduce((most, value, n) => Math.max(most, Math.abs(value - (b[n] ?? 0))), 0) : 255;
