// The main job: a device that knows no patient sends, a person says who it is, both destinations have it, proved.
import { countFiles, enter, expect, field, heldBy, send, test } from './support/house.ts';

test('an ultrasound without patient ID gets its patient and goes to archive and cache', async ({
  page,
  station,
  archive,
  cache,
}) => {
  await enter(page, station);
  await expect(page.getByRole('heading', { name: 'Inbox' })).toBeVisible();
  await send(station, 'USROOM2', 'ultrasound-no-id');

  const row = page.getByRole('row', { name: /TEST, ROOM2/ });
  await expect(row).toContainText('US, 12 images');
  await expect(row).toContainText('No patient ID');
  await row.click();
  const pane = page.getByRole('region', { name: 'Selected exam' });
  await expect(pane).toContainText('Nobody will find these images in the archive.');
  await expect(pane.getByRole('img')).toHaveCount(12);
  await pane.getByRole('button', { name: 'Review' }).click();

  const banner = page.locator('header[data-exam]');
  await expect(banner).toContainText('TEST, ROOM2');
  await expect(page.locator('canvas[data-drawn]')).toBeVisible();
  await field(page, 'Family name').fill('Brandt');
  await field(page, 'Given name').fill('Ute');
  await field(page, 'Patient ID').fill('118843');
  await field(page, 'Born').fill('2 Jan 1970');
  await field(page, 'Sex').selectOption('Female');
  await expect(banner).toContainText('BRANDT, Ute');
  await expect(banner).toContainText('118843');
  await expect(page.locator('#forecast')).toContainText('12 images leave for Archive and Cache now.');
  await page.getByRole('button', { name: 'Approve 12 images' }).click();
  await expect(page.getByText('Approved: 12 images leave for Archive and Cache.')).toBeVisible();

  await page.getByRole('button', { name: 'Outbox' }).click();
  await expect(page.getByRole('row', { name: /BRANDT, Ute/ })).toContainText('Everywhere, proved.', {
    timeout: 60_000,
  });
  const held = await heldBy(archive);
  expect(held).toHaveLength(12);
  for (const tags of held)
    expect(tags).toMatchObject({ PatientName: 'Brandt^Ute', PatientID: '118843', PatientSex: 'F' });
  expect(await countFiles(cache)).toBe(12);
});
