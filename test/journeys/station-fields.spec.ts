// Where, by whom and of what: chosen from the station's lists by the beginning of a word, for images and for the exam.
import { AxeBuilder } from '@axe-core/playwright';
import { enter, expect, field, heldBy, send, test } from './support/house.ts';

test('a department of the list is chosen for the exam, and body part and view for its images, by keyboard', async ({
  page,
  station,
  archive,
}) => {
  await enter(page, station);
  const axe = async () => expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.keyboard.press('F8');
  await field(page, 'Departments').fill('Magnetic resonance\nUltrasound');
  await field(page, 'List').selectOption('Body parts');
  await expect(field(page, 'Body parts')).toHaveValue(/^Abdomen; ABDOMEN; 113345001; SCT; Abdomen$/m);
  await field(page, 'Body parts').fill('Head; HEAD\nBrain; brain');
  await expect(page.getByText('Line 2 cannot be read.')).toBeVisible();
  await field(page, 'Body parts').fill('Head; HEAD; 69536005; SCT; Head\nBrain; BRAIN');
  await axe();
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Saved.', { exact: true })).toBeVisible();

  await send(station, 'MR1', 'mr-series');
  await page.keyboard.press('F2');
  await page.getByRole('row', { name: /Regression/ }).dblclick();
  await expect(page.locator('canvas[data-drawn]')).toBeVisible();
  await page.keyboard.press('Alt+b');
  const dialog = page.getByRole('dialog', { name: 'Body part, side and view of this image' });
  await expect(dialog.getByLabel('Body part')).toBeFocused();
  await page.keyboard.type('hea', { delay: 50 });
  await expect(dialog.getByText('Head', { exact: true })).toBeVisible();
  await axe();
  await page.keyboard.press('Enter');
  await expect(page.getByText('Recorded for 1 image.')).toBeVisible();

  const department = field(page, 'Department');
  await expect(department).toHaveAttribute('list', /./);
  await expect(page.locator('datalist option[value="Magnetic resonance"]')).toHaveCount(1);
  await department.fill('Magnetic resonance');
  await page.keyboard.press('Control+Enter');
  await expect.poll(async () => (await heldBy(archive)).length, { timeout: 60_000 }).toBeGreaterThan(0);
  const [held] = await heldBy(archive);
  expect(held).toMatchObject({ BodyPartExamined: 'HEAD', InstitutionalDepartmentName: 'Magnetic resonance' });
});
