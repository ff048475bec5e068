// Files that a person brings: a JPEG becomes DICOM, a DICOM file stays as it is, what is neither is refused with a reason.
import path from 'node:path';
import { enter, expect, field, heldBy, sampleFiles, test } from './support/house.ts';

test('an imported JPEG becomes an exam, gets its patient and is archived', async ({
  page,
  station,
  archive,
  cache,
}) => {
  await enter(page, station);
  await page.keyboard.press('F4');
  const pictures = await sampleFiles('pictures');
  const photo = pictures.find((file) => file.endsWith('.jpg')) ?? '';
  const notes = { name: 'shopping list.txt', mimeType: 'text/plain', buffer: Buffer.from('bread, milk') };
  await page.locator('input[type=file][multiple]').setInputFiles([photo]);
  const report = page.getByRole('article').filter({ hasText: '1 kept' });
  await expect(report).toBeVisible();
  await page.locator('input[type=file][multiple]').setInputFiles([notes]);
  await expect(page.getByRole('article').filter({ hasText: 'shopping list.txt' })).toContainText(/refused|left out/);

  await report.getByRole('button', { name: 'Review it' }).click();
  await expect(page.locator('canvas[data-drawn]')).toBeVisible();
  await field(page, 'Family name').fill('Haddad');
  await field(page, 'Given name').fill('Leila');
  await field(page, 'Patient ID').fill('118120');
  // It counts as arriving for a second more.
  await expect(page.locator('#forecast')).toContainText('1 image leaves for Archive and Cache now.');
  await page.getByRole('button', { name: 'Approve 1 image' }).click();
  await expect(page.getByText('Approved: 1 image leaves')).toBeVisible();
  await page.keyboard.press('F6');
  await expect(page.getByRole('row', { name: /HADDAD, Leila/ })).toContainText('Everywhere, proved.', {
    timeout: 60_000,
  });
  const held = await heldBy(archive);
  expect(held).toHaveLength(1);
  expect(held[0]).toMatchObject({ PatientName: 'Haddad^Leila', PatientID: '118120' });
  expect(path.extname(photo)).toBe('.jpg');
  expect(cache.port).toBeGreaterThan(0);
});
