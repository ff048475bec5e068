// A destination that is down changes nothing but the time: it is said, the copies wait, and leave by themselves.
import type { WebSocketRoute } from '@playwright/test';
import { startStorescp } from '../peers/programs/index.ts';
import { countFiles, enter, expect, heldBy, send, test } from './support/house.ts';

test('an outage of the cache is seen and survived', async ({ page, station, archive, cachePort }) => {
  test.setTimeout(300_000);
  await send(station, 'MR1', 'mr-series');
  await enter(page, station);
  await page.getByRole('row', { name: /MR, 12 images/ }).dblclick();
  await page.getByRole('button', { name: 'Approve 12 images' }).click();
  await expect(page.getByText('Approved: 12 images')).toBeVisible();
  await page.keyboard.press('F6');

  const line = page.getByRole('row', { name: /12 images/ });
  await expect(line.getByText(/^proved/)).toBeVisible({ timeout: 60_000 });
  await expect(line).toContainText(/Waiting for Cache since \d\d:\d\d: it does not answer\. .*nothing to do\./, {
    timeout: 60_000,
  });
  const pane = page.getByRole('region', { name: 'Selected exam' });
  await expect(pane).toContainText(/CACHE at 127\.0\.0\.1:\d+; .*nothing listens at that address and port/);
  const card = page.locator('article[data-destination=cache]');
  await expect(card).toContainText('no answer since');
  await expect(card).toContainText('Nothing listens at that address and port.');
  await expect(page.getByRole('contentinfo')).toContainText('Cache: no answer since');
  expect(await heldBy(archive)).toHaveLength(12);

  const cache = await startStorescp([], { port: cachePort });
  try {
    await expect(line).toContainText('Everywhere, proved.', { timeout: 200_000 });
    await expect(page.getByRole('contentinfo')).not.toContainText('no answer');
    expect(await countFiles(cache)).toBe(12);
  } finally {
    await cache.close();
  }
});

test('a lost connection to the station is said, and what happened meanwhile is there when it is back', async ({
  page,
  station,
}) => {
  let cut = false;
  const open: WebSocketRoute[] = [];
  await page.routeWebSocket('**/api/socket', (socket) => {
    if (cut) return void socket.close();
    socket.connectToServer();
    open.push(socket);
  });
  await enter(page, station);
  await expect(page.getByText('Nothing needs you').first()).toBeVisible();

  cut = true;
  for (const socket of open) await socket.close();
  await expect(page.getByRole('alert')).toContainText('No connection to the station');
  await expect(page.getByRole('contentinfo')).not.toContainText('Listening as');
  await send(station, 'USROOM2', 'ultrasound-no-id');
  cut = false;
  await expect(page.getByRole('row', { name: /TEST, ROOM2/ })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.getByRole('contentinfo')).toContainText('Listening as');
});

test('what was asked when the line broke is asked again over the next one', async ({ page, station }) => {
  await send(station, 'USROOM2', 'ultrasound-no-id');
  let lines = 0;
  await page.routeWebSocket('**/api/socket', (socket) => {
    const server = socket.connectToServer();
    if (++lines > 1) return;
    // The first line brings the greeting and nothing else, then it breaks.
    server.onMessage((message) => {
      if (!String(message).includes('"hello"')) return;
      socket.send(message);
      setTimeout(() => void socket.close(), 500);
    });
  });
  await enter(page, station);
  await expect(page.getByRole('row', { name: /TEST, ROOM2/ })).toBeVisible();
  expect(lines).toBeGreaterThan(1);
});
