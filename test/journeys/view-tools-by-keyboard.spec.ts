// Everything that is done to look at pictures, without a mouse; and that nobody takes one patient's picture for another's.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '@playwright/test';
import { enter, send } from './support/house.ts';
import { settingsFor, startStation } from './support/station.ts';

const press = async (page: Page, ...keys: readonly string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};

const faults = async (page: Page) => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
};

test('pictures are looked at with every tool by keyboard alone, also beside somebody else’s', async ({ page }) => {
  const station = await startStation(settingsFor());
  try {
    await send(station, 'MR1', 'mr-series');
    await send(station, 'US1', 'cine');
    await enter(page, station);
    await page.getByRole('row', { name: /Regression/i }).dblclick();
    const drawn = page.locator('canvas[data-drawn]');
    await expect(drawn).toHaveCount(1);
    await expect(page.getByText('Screen not calibrated')).toBeVisible();
    const patient = (left: string, right: string) =>
      page.getByRole('img', { name: new RegExp(`left ${left}, right ${right}`) });
    await expect(patient('R', 'L')).toBeVisible();

    // Turned, flipped, and back: the letters follow.
    await press(page, 'Shift+H');
    await expect(patient('L', 'R')).toBeVisible();
    await expect(page.getByText('Flipped')).toBeVisible();
    await press(page, 'Shift+H', 'Shift+R');
    await expect(patient('P', 'A')).toBeVisible();
    await expect(page.getByText('Turned 90°')).toBeVisible();
    await press(page, 'Shift+T');
    await expect(patient('R', 'L')).toBeVisible();
    await press(page, 'Shift+V');
    await expect(page.getByText('Turned 180°')).toBeVisible();
    await press(page, 'r');
    await expect(page.getByText('Turned')).toBeHidden();

    // A value by keys, the lens, windows, zoom.
    await press(page, 'Shift+W', 'Shift+ArrowRight', 'Shift+M');
    await expect(page.getByText(/Column \d+, row \d+: \d+/)).toBeVisible();
    await expect(page.locator('canvas.lens')).toBeVisible();
    await press(page, 'Shift+M');
    const window = page.getByText(/^W \d+ +L -?\d+$/);
    const own = await window.textContent();
    await press(page, 'w', 'Shift+ArrowRight', 'Shift+ArrowUp');
    await expect(window).not.toHaveText(own ?? '');
    await press(page, '2');
    await expect(window).toHaveText(own ?? '');
    await press(page, '1');
    await expect(page.getByText('Zoom 100 %')).toBeVisible();
    await press(page, '0', 'Shift+D');
    await expect(page.getByText(/^Zoom \d+ %$/)).toBeHidden();
    await press(page, 'Shift+D');

    // Cine, and back to where it stood.
    await press(page, 'Shift+A', 'Shift+B', ' ');
    await expect(page.getByText('Cine × 2')).toBeVisible();
    await press(page, ' ', 'Home');
    await expect(page.getByText('Image 1 of 12')).toBeVisible();

    // Four side by side, linked: what is zoomed and scrolled in one is in all.
    await press(page, 'Control+ArrowRight', 'Control+ArrowRight');
    await expect(drawn).toHaveCount(4);
    const zooms = page.getByText(/^Zoom \d+ %$/);
    await expect(zooms).toHaveCount(4);
    const zoomed = async () => (await zooms.allTextContents()).map((text) => Number(/\d+/.exec(text)?.[0]));
    // The first was larger, and takes its new size when it is drawn again: until nothing changes any more.
    let before = await zoomed();
    await expect
      .poll(async () => {
        const last = before;
        before = await zoomed();
        return before.join() === last.join();
      })
      .toBe(true);
    await press(page, 'Shift+L', 'Shift+N', '+', '+');
    await expect.poll(async () => (await zoomed()).every((zoom, n) => zoom > 1.4 * (before[n] ?? 0))).toBe(true);
    await press(page, 'Shift+Y');
    await expect(page.getByRole('toolbar', { name: 'More view tools' })).toBeVisible();
    expect(await faults(page)).toEqual([]);
    await press(page, 'Shift+Y', 'Control+ArrowLeft', 'Control+ArrowLeft');
    await expect(drawn).toHaveCount(1);

    // Another patient's exam beside this one: said, and nothing is decided about what is only compared.
    await press(page, 'Shift+C');
    await expect(page.getByRole('dialog').getByText('DIFFERENT PATIENT')).toBeVisible();
    await press(page, 'Enter');
    await expect(drawn).toHaveCount(2);
    await expect(page.getByRole('alert').filter({ hasText: 'Two patients are on screen' })).toBeVisible();
    const other = page.locator('[data-viewport="other"]');
    await expect(other).toContainText('DIFFERENT PATIENT');
    const owners = await drawn.evaluateAll((all) => all.map((canvas) => (canvas as HTMLElement).dataset['owner']));
    expect(new Set(owners).size).toBe(2);
    await press(page, 'Shift+N', 'x');
    await expect(page.getByText('The picture in front is of the exam for comparison')).toBeVisible();
    await expect(page.getByRole('dialog')).toBeHidden();

    // Alone on the screen the banner stays, and nothing is approved unseen.
    await press(page, 'Shift+P', 'Shift+F');
    await expect(page.getByRole('button', { name: /^Approve/ })).toBeHidden();
    await expect(page.locator('header[data-exam]')).toContainText('Regression');
    await press(page, 'Control+Enter');
    await expect(page.getByText('Press again to approve')).toBeVisible();
    await expect(page.getByRole('button', { name: /^Approve/ })).toBeVisible();

    // At 200 % the pictures and the warning are still there.
    await page.setViewportSize({ width: 800, height: 500 });
    await expect(other.locator('canvas[data-drawn]')).toBeVisible();
    await expect
      .poll(async () => (await other.locator('canvas[data-drawn]').boundingBox())?.height ?? 0)
      .toBeGreaterThan(120);
    expect(await faults(page)).toEqual([]);
  } finally {
    await station.close();
  }
});
