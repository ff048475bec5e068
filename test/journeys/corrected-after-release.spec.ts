// Approved under the wrong patient and sent: corrected afterwards, by keyboard. The archive holds both and a note.
import { AxeBuilder } from '@axe-core/playwright';
import { enter, expect, field, heldBy, send, test } from './support/house.ts';

test('an exam that left under the wrong patient is corrected, and the archive is told', async ({
  page,
  station,
  archive,
  cache,
}) => {
  const axe = async () => expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  const open = async () => {
    await expect(page.getByRole('row', { name: /1 image/ })).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page.locator('canvas[data-drawn]')).toBeVisible();
  };
  await send(station, 'US1', 'colour');
  await enter(page, station);
  await open();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Approved: 1 image leaves')).toBeVisible();
  await expect.poll(async () => (await heldBy(archive)).length, { timeout: 60_000 }).toBe(1);

  await page.keyboard.press('F2');
  for (let n = 0; n < 3; n++) await page.keyboard.press('ArrowRight');
  await open();
  await expect(page.getByText('Is something wrong in it?')).toBeVisible();
  await page.keyboard.press('e');
  await expect(field(page, 'Family name')).toBeFocused();
  await page.keyboard.type('Right', { delay: 60 });
  await field(page, 'Patient ID').focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('R-1', { delay: 60 });
  await expect(page.getByText('RIGHT, US1')).toBeVisible();
  await expect(page.getByText('in a new study, because it is another patient or order')).toBeVisible();
  await axe();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('1 corrected image waits for your approval in a new study.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Approve 1' })).toBeVisible();
  await page.keyboard.press('Control+Enter');
  await expect.poll(async () => (await heldBy(archive)).length, { timeout: 60_000 }).toBe(3);

  await page.keyboard.press('F6');
  await expect(page.getByRole('row', { name: /RIGHT, US1/ })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page.getByText('Image 1, corrected, Archive')).toBeVisible();
  await axe();

  const held = await heldBy(archive);
  const right = held.filter(({ PatientID }) => PatientID === 'R-1');
  expect(right).toHaveLength(1);
  expect(right[0]?.['PatientName']).toMatch(/^Right\^/);
  expect(new Set(right.map(({ StudyInstanceUID }) => StudyInstanceUID)).size).toBe(1);
  const [note, ...more] = held.filter(({ Modality }) => Modality === 'KO');
  expect(more).toEqual([]);
  expect(note?.['PatientID']).not.toBe('R-1');
  expect(note?.['SeriesDescription']).toBe('Incorrect Modality Worklist Entry');
  expect(cache.port).toBeGreaterThan(0);
});
