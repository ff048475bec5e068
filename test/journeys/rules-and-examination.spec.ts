// By keyboard alone: a rule is written, tried on the exams that are there, saved, and decides; a destination is examined.
import { countFiles, enter, expect, heldBy, send, test } from './support/house.ts';

test('a rule says where an exam goes, before it is saved and when it is approved', async ({
  page,
  station,
  archive,
  cache,
}) => {
  await send(station, 'USROOM2', 'ultrasound-no-id');
  await send(station, 'MR1', 'mr-series');
  await enter(page, station);
  const { keyboard } = page;
  await keyboard.press('F8');
  await page.getByRole('button', { name: 'Add a rule' }).focus();
  await keyboard.press('Enter');
  const rule = page.getByRole('group', { name: 'Rule 1' });
  await expect(rule).toBeVisible();
  await page.getByLabel('Name of the rule').focus();
  await keyboard.press('Control+a');
  await keyboard.type('MR to archive');
  await page.getByLabel('have the modality').focus();
  await keyboard.type('MR, CT');
  await page.getByRole('group', { name: 'MR to archive' }).getByLabel('Cache').focus();
  await keyboard.press('ArrowUp');
  await page.getByRole('button', { name: 'Try on the last exams' }).focus();
  await keyboard.press('Enter');
  const preview = page.getByRole('table', { name: 'Try on the last exams' });
  await expect(preview.getByRole('row', { name: /MR1/ })).toContainText('Archive, required: rule “MR to archive”');
  await expect(preview.getByRole('row', { name: /MR1/ })).toContainText('Cache: no rule names it');
  await expect(preview.getByRole('row', { name: /USROOM2/ })).toContainText('Nowhere: it could not be approved');
  await page.screenshot({ path: 'test-results/rules.png', fullPage: true });
  const far = page.getByRole('group', { name: 'Cache', exact: true });
  const form = far.getByLabel('When an image is refused as it is stored');
  await far.locator('summary', { hasText: 'How it is sent to' }).focus();
  await keyboard.press('Enter');
  await expect(form).toHaveValue('lossless');
  await form.focus();
  await keyboard.press('End');
  await expect(form).toHaveValue('never');
  await keyboard.press('Control+Enter');
  await expect(page.getByText('Saved.', { exact: true })).toBeVisible();
  expect(await station.ask('/api/setup')).toMatchObject({
    settings: { destinations: [expect.not.objectContaining({ transcode: 'never' }), { transcode: 'never' }] },
  });

  await keyboard.press('F2');
  await page.getByRole('row', { name: /MR, 12 images/ }).click();
  await keyboard.press('Enter');
  await expect(page.locator('#forecast')).toContainText('Not to Cache (no rule names it).');
  await page.screenshot({ path: 'test-results/rules-forecast.png' });
  await keyboard.press('Control+Enter');
  await expect(page.getByText('Approved: 12 images leave')).toBeVisible();
  await expect.poll(async () => (await heldBy(archive)).length, { timeout: 60_000 }).toBe(12);
  expect(await countFiles(cache)).toBe(0);

  // It goes on to the other exam, for which there is no rule.
  await expect(page.locator('header[data-exam]')).toContainText('ROOM2');
  await expect(page.locator('aside, main').getByText('No rule sends this exam on').first()).toBeVisible();
});

test('a destination is examined, and what it says is kept', async ({ page, station, archive, cache }) => {
  await send(station, 'MR1', 'mr-series');
  await enter(page, station);
  const { keyboard } = page;
  await keyboard.press('F8');
  const group = page.getByRole('group', { name: 'Archive', exact: true });
  await group.getByRole('button', { name: 'Examine Archive' }).focus();
  await keyboard.press('Enter');
  await expect(group.getByText('All is well.')).toBeVisible({ timeout: 60_000 });
  await group.getByText('Report').focus();
  await keyboard.press('Enter');
  await expect(group.getByText('It answers queries.')).toBeVisible();
  await expect(group.getByText('It takes every kind of image that is held here (1).')).toBeVisible();
  expect(await heldBy(archive)).toEqual([]);

  await group.getByLabel('Send one test image as well').focus();
  await keyboard.press('Space');
  await group.getByRole('button', { name: 'Examine Archive' }).focus();
  await keyboard.press('Enter');
  await expect(group.getByText('The test image is there')).toBeVisible({ timeout: 60_000 });
  await expect(group.getByLabel('Send one test image as well')).not.toBeChecked();
  await page.screenshot({ path: 'test-results/examined.png', fullPage: true });
  expect((await heldBy(archive)).map((tags) => tags['PatientName'])).toEqual(['SAFELIGHT^TEST']);
  await page.reload();
  await expect(page.getByRole('contentinfo')).toContainText('Listening as');
  await keyboard.press('F8');
  await expect(group.getByText(/Examined/)).toBeVisible();
  expect(cache.port).toBeGreaterThan(0);
});
