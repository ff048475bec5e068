// A stat exam that waits too long is said on every screen until it is not so any more; nobody can put it away. What to do
// about it is done by keys alone: hold, take back, send elsewhere, each image with its tries.
import { freePort, startOrthanc } from '../peers/programs/index.ts';
import { enter, expect, field, send, test as base } from './support/house.ts';
import { settingsFor, startStation, type RunningStation } from './support/station.ts';

type Urgent = { readonly urgent: RunningStation };

const test = base.extend<Urgent>({
  urgent: async ({}, use) => {
    const archive = await startOrthanc({ aet: 'ARCHIVE' });
    const settings = settingsFor(
      { aeTitle: 'ARCHIVE', port: archive.dicomPort, confirm: 'query' },
      { aeTitle: 'CACHE', port: await freePort(), confirm: 'none' },
    ) as { station: object };
    const station = await startStation({
      ...settings,
      // Six seconds in place of fifteen minutes; disks of any size are well.
      station: {
        ...settings.station,
        alerts: { statMinutes: 0.1 },
        space: { amberPercent: 0, redPercent: 0, redBytes: 0, redInodePercent: 0, amberHours: 0 },
      },
      devices: [{ id: 'mr', name: 'MR', aeTitle: 'MR1', priority: 'stat' }],
    });
    await use(station);
    await station.close();
    await archive.close();
  },
});

test('a stat exam that waits too long stays said until it waits no more', async ({ page, urgent }) => {
  test.setTimeout(300_000);
  await send(urgent, 'MR1', 'mr-series');
  await enter(page, urgent);
  await page.getByRole('row', { name: /MR, 12 images/ }).dblclick();
  await expect(page.getByRole('button', { name: 'Approve 12 images' })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Approved: 12 images')).toBeVisible();

  const alerts = page.getByRole('region', { name: 'Alerts' });
  await expect(alerts).toContainText('1 stat exam waits too long for Cache.', { timeout: 60_000 });
  await expect(page).toHaveTitle('(1) Safelight');
  for (const key of ['F2', 'F4', 'F7', 'F8', 'F6']) {
    await page.keyboard.press(key);
    await expect(alerts).toContainText('1 stat exam waits too long for Cache.');
  }
  await page.reload();
  await expect(alerts).toContainText('1 stat exam waits too long for Cache.');

  await page.keyboard.press('F9');
  await expect(field(page, 'Your name')).toHaveValue('Anna Weber');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('dialog')).toContainText('acknowledged by Anna Weber');
  await page.keyboard.press('Escape');
  await expect(page).toHaveTitle('Safelight');
  await expect(alerts).toContainText('1 stat exam waits too long for Cache.');
  await expect(alerts).toContainText('acknowledged by Anna Weber');

  await page.keyboard.press('F6');
  const line = page.getByRole('row', { name: /12 images/ });
  await expect(line).toContainText('stat');
  await expect(line).toContainText(/Waiting for Cache since/);
  await page.keyboard.press('h');
  await expect(line).toContainText('Held for Cache: it leaves when you release it.');
  await page.keyboard.press('Control+z');
  await expect(page.getByText('Taken back.')).toBeVisible();
  await expect(line).toContainText(/Waiting for Cache since/);

  await page.keyboard.press('Enter');
  const pane = page.getByRole('region', { name: 'Selected exam' });
  await pane.getByRole('button', { name: /^Image 1, Archive/ }).press('Enter');
  await expect(pane.getByRole('list', { name: 'Tries of image 1 for Archive' })).toContainText(
    'taken; it took the image (stored)',
  );
  await pane.getByRole('button', { name: /^Image 1, Archive/ }).blur();

  await page.keyboard.press('g');
  await expect(field(page, 'In place of')).toHaveValue('cache');
  await expect(field(page, 'To')).toHaveValue('archive');
  await field(page, 'Reason').fill('the cache is being replaced');
  await page.keyboard.press('Control+Enter');
  await expect(line).toContainText('In Archive, proved.');
  await expect(line).toContainText('Cancelled for Cache');
  await expect(alerts).not.toContainText('waits too long');
});

test('what is done to many is done by marks, and a paused destination says so', async ({ page, urgent }) => {
  await send(urgent, 'MR1', 'mr-series');
  await enter(page, urgent);
  await page.getByRole('row', { name: /MR, 12 images/ }).dblclick();
  await expect(page.getByRole('button', { name: 'Approve 12 images' })).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Approved: 12 images')).toBeVisible();
  await page.keyboard.press('F6');
  const line = page.getByRole('row', { name: /12 images/ });
  await expect(line).toBeVisible();
  await page.keyboard.press('p');
  await expect(line).toContainText('sending is paused. It leaves when somebody goes on.');
  await page.keyboard.press(' ');
  await expect(page.getByText('1 exam marked.')).toBeVisible();
  await page.keyboard.press('u');
  await page.getByLabel('Priority').selectOption('backlog');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText(/^Priority set:/)).toBeVisible();
  await expect(line.getByText('stat', { exact: true })).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(line.getByText('stat', { exact: true })).toBeVisible();
});
