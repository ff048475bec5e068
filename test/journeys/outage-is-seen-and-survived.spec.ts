// A destination that is down changes nothing but the time: it is said, the copies wait, and leave by themselves.
import { startStorescp } from '../peers/programs/index.ts';
import { countFiles, enter, expect, heldBy, send, test } from './support/house.ts';

test('an outage of the cache is seen and survived', async ({ page, station, archive, cachePort }) => {
  test.setTimeout(180_000);
  await send(station, 'MR1', 'mr-series');
  await enter(page, station);
  await page.getByRole('row', { name: /MR, 12 images/ }).dblclick();
  await page.getByRole('button', { name: 'Approve 12 images' }).click();
  await expect(page.getByText('Approved: 12 images')).toBeVisible();
  await page.keyboard.press('F6');

  const line = page.getByRole('row', { name: /12 images/ });
  await expect(line.getByText(/^proved/)).toBeVisible({ timeout: 60_000 });
  await expect(line).toContainText('Cache does not answer: its copies wait here and leave by themselves.', {
    timeout: 60_000,
  });
  const card = page.locator('article[data-destination=cache]');
  await expect(card).toContainText('no answer since');
  await expect(card).toContainText('Nothing listens at that address and port.');
  await expect(page.getByRole('contentinfo')).toContainText('Cache: no answer since');
  expect(await heldBy(archive)).toHaveLength(12);

  const cache = await startStorescp([], { port: cachePort });
  try {
    await expect(line).toContainText('Everywhere, proved.', { timeout: 90_000 });
    await expect(page.getByRole('contentinfo')).not.toContainText('no answer');
    expect(await countFiles(cache)).toBe(12);
  } finally {
    await cache.close();
  }
});

test('a lost connection to the station is said and comes back by itself', async ({ page, station, context }) => {
  await enter(page, station);
  await expect(page.getByRole('contentinfo')).toContainText('Listening as');
  await context.setOffline(true);
  await page.evaluate(() => window.dispatchEvent(new Event('offline')));
  await context.setOffline(false);
  await expect(page.getByRole('contentinfo')).toContainText('Listening as');
});
