// The first start: a short set-up with a test for each destination, then the Inbox, and after a reload the Inbox again.
import { freePort } from '../peers/programs/index.ts';
import { enter, expect, test } from './support/house.ts';
import { startStation } from './support/station.ts';

test('a new station is set up in one form and opens its Inbox', async ({ page, archive }) => {
  const station = await startStation();
  try {
    await enter(page, station);
    await expect(page.getByRole('heading', { name: 'Set up this station' })).toBeVisible();
    await page.getByLabel('AE title').first().fill('ROOM2');
    await page.getByLabel('Operator').fill('Anna Weber');

    await page.getByLabel('There is an archive').check();
    const group = page.getByRole('group', { name: 'Archive' });
    await group.getByLabel('AE title').fill('ARCHIVE');
    await group.getByLabel('Host or address').fill('127.0.0.1');
    await group.getByLabel('Port').fill(String(await freePort()));
    await group.getByRole('button', { name: 'Test' }).click();
    await expect(group.getByText('No good: nothing listens at that address and port.')).toBeVisible();
    await group.getByLabel('Port').fill(String(archive.dicomPort));
    await group.getByRole('button', { name: 'Test' }).click();
    await expect(group.getByText('Answers as it should')).toBeVisible();

    await page.getByLabel('There is a department cache').check();
    await page.getByLabel('There is a department cache').uncheck();
    await page.getByRole('button', { name: 'Save and open the Inbox' }).click();
    await expect(page.getByRole('heading', { name: 'Inbox' })).toBeVisible();
    const first = page.getByRole('region', { name: 'Nothing has arrived yet' });
    await expect(first).toContainText(`AE title ROOM2, port ${station.dicomPort}`);
    await expect(first).toContainText('What you approve goes to Archive.');
    const strip = page.getByRole('contentinfo');
    await expect(strip).toContainText('Listening as ROOM2');
    await expect(strip).toContainText('Archive');
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Inbox' })).toBeVisible();
  } finally {
    await station.close();
  }
});

test('a window without the key says so and shows nothing', async ({ page, station }) => {
  await page.goto(station.url);
  await expect(page.getByRole('alert')).toContainText('This window needs its key');
  await expect(page.getByRole('row')).toHaveCount(1);
});
