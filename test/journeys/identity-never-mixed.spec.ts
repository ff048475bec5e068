// The patient-change guard: whatever is pressed and however slowly pictures come, the picture of one exam never stands
// under the banner of another.
import type { Page } from '@playwright/test';
import { enter, expect, send, test } from './support/house.ts';

type Watched = { __mixed: string[]; __seen: Set<string> };

/** Looks at every frame of the screen and notes each in which banner, picture, form and thumbnails are not of one exam. */
async function watch(page: Page): Promise<void> {
  await page.evaluate(() => {
    const watched = window as unknown as Watched;
    watched.__mixed = [];
    watched.__seen = new Set();
    const look = () => {
      const banner = document.querySelector<HTMLElement>('header[data-exam]')?.dataset['exam'];
      const picture = document.querySelector<HTMLElement>('canvas')?.dataset['owner'];
      const bar = document.querySelector<HTMLElement>('.bar[data-exam]')?.dataset['exam'];
      if (picture !== undefined) watched.__seen.add(picture);
      if (picture !== undefined && picture !== banner) watched.__mixed.push(`picture ${picture}, banner ${banner}`);
      if (bar !== undefined && bar !== banner) watched.__mixed.push(`decision ${bar}, banner ${banner}`);
      requestAnimationFrame(look);
    };
    look();
  });
}

test('a picture is never shown under the name of another exam', async ({ page, station }) => {
  await send(station, 'MR1', 'mr-series');
  await send(station, 'USROOM2', 'ultrasound-no-id');
  await send(station, 'USROOM4', 'cine');
  await enter(page, station);
  await expect(page.getByRole('row')).toHaveCount(4);
  // Frames come late and out of order.
  let turn = 0;
  await page.route('**/frames/*', async (route) => {
    turn += 1;
    const late = (turn * 37) % 160;
    await new Promise((resolve) => setTimeout(resolve, late));
    await route.continue().catch(() => undefined);
  });
  await watch(page);
  await page.keyboard.press('Enter');
  for (let round = 0; round < 24; round += 1) {
    await page.keyboard.press(round % 3 === 2 ? 'ArrowDown' : 'Control+ArrowDown');
    await page.waitForTimeout((round * 53) % 220);
  }
  // However slow the station was, there are two steps to go back.
  const banner = page.locator('header[data-exam]');
  for (let n = 0; n < 2; n += 1) {
    const exam = (await banner.getAttribute('data-exam')) ?? '';
    await page.keyboard.press('Control+ArrowDown');
    await expect(banner).not.toHaveAttribute('data-exam', exam);
  }
  await page.goBack();
  await page.goBack();
  const picture = page.locator('canvas[data-drawn]');
  await expect(picture).toBeVisible();
  // However slow the machine was, pictures of more than one exam have been on screen in the end.
  const before = await picture.getAttribute('data-owner');
  await page.keyboard.press('Control+ArrowDown');
  await expect(picture).not.toHaveAttribute('data-owner', before ?? '');
  await expect(picture).toBeVisible();
  const { mixed, seen } = await page.evaluate(() => {
    const watched = window as unknown as Watched;
    return { mixed: watched.__mixed, seen: watched.__seen.size };
  });
  expect(mixed).toEqual([]);
  expect(seen).toBeGreaterThan(1);
});
