// An image that is rejected stays here with its reason; the others leave.
import { enter, expect, heldBy, send, test } from './support/house.ts';

test('a rejected image stays, and can be kept again before', async ({ page, station, archive, cache }) => {
  await send(station, 'MR1', 'mr-series');
  await enter(page, station);
  await page.getByRole('row', { name: /MR, 12 images/ }).dblclick();
  await expect(page.locator('canvas[data-drawn]')).toBeVisible();

  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('x');
  await expect(page.getByRole('dialog')).toContainText('Why is it kept back?');
  await page.keyboard.press('2');
  await expect(page.getByText('Rejected: Motion blur')).toBeVisible();
  await expect(page.locator('#forecast')).toContainText('1 stays here: motion blur.');
  await page.keyboard.press('k');
  await expect(page.getByText('Rejected: Motion blur')).toBeHidden();

  await page.keyboard.press('x');
  await page.keyboard.press('1');
  await expect(page.getByRole('button', { name: 'Approve 11, reject 1' })).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Approved: 11 images leave')).toBeVisible();
  await page.keyboard.press('F6');
  await expect(page.getByRole('row', { name: /11 images/ })).toContainText('Everywhere, proved.', { timeout: 60_000 });
  expect(await heldBy(archive)).toHaveLength(11);
  expect(cache.port).toBeGreaterThan(0);
});
