// A C-arm was not closed between two patients: the station says so, one key makes two exams of one, each leaves under its
// own patient, and until then it can be taken back. By keyboard alone.
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { convert, runDcmsend, temporaryFolder } from '../peers/programs/index.ts';
import { enter, expect, heldBy, sampleFiles, test, untilComplete } from './support/house.ts';

test('two patients in one exam become two exams with one key, and each leaves under its own name', async ({
  page,
  station,
  archive,
}) => {
  const folder = await temporaryFolder('two-patients');
  try {
    const device = { port: station.dicomPort, called: station.aeTitle, calling: 'CARM1' };
    const files = (await sampleFiles('mr-series')).slice(0, 6);
    for (const [n, file] of files.entries()) {
      const sent = path.join(folder.path, `${n}.dcm`);
      await copyFile(file, sent);
      const [name, id] = n < 3 ? ['Lovelace^Ada', '0012305'] : ['Hopper^Grace', '0077120'];
      await convert('dcmodify', ['-nb', '-i', `PatientName=${name}`, '-i', `PatientID=${id}`, sent]);
      expect((await runDcmsend(device, [sent])).code).toBe(0);
    }
    await untilComplete(station);

    await enter(page, station);
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await expect(page.getByRole('row', { name: /Two patients/ })).toBeVisible();
    await press('ArrowDown', 'Enter');
    await expect(page.getByText('3 images of LOVELACE, Ada; 3 images of HOPPER, Grace')).toBeVisible();
    const images = page.getByRole('navigation', { name: /images/i }).getByRole('listitem');
    await expect(images).toHaveCount(6);

    await press('q');
    await expect(page.getByText('3 images split off to a new exam of HOPPER, Grace.')).toBeVisible();
    await expect(images).toHaveCount(3);
    const shots = process.env['SAFELIGHT_SHOTS'];
    if (shots) await page.screenshot({ path: path.join(shots, 'split.png') });
    await press('Alt+z');
    await expect(page.getByText('Taken back: 3 images are where they were.')).toBeVisible();
    await expect(images).toHaveCount(6);
    await press('q');
    await expect(images).toHaveCount(3);

    // A picked image would go to another patient: that takes a word, and Escape leaves all as it was.
    await press('.', 'Control+Shift+ArrowDown');
    await expect(page.getByText('2 images picked')).toBeVisible();
    await press('g');
    const picker = page.getByRole('dialog', { name: 'Where do 2 images go?' });
    await expect(picker.getByRole('button', { name: /HOPPER, Grace/ })).toBeVisible();
    if (shots) await page.screenshot({ path: path.join(shots, 'picker.png') });
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    await press('Enter');
    await expect(page.getByRole('dialog', { name: 'Another patient' })).toContainText('Lovelace^Ada (0012305)');
    if (shots) await page.screenshot({ path: path.join(shots, 'word.png') });
    await press('Escape');
    await expect(images).toHaveCount(3);

    await page.getByText('What was done').click();
    await expect(page.getByText('3 images split off to another exam')).toHaveCount(2);
    await expect(page.getByText('Taken back: 3 images where they were before')).toBeVisible();
    if (shots) await page.screenshot({ path: path.join(shots, 'history.png') });
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

    for (const [name, count] of [
      ['LOVELACE', 3],
      ['HOPPER', 6],
    ] as const) {
      await expect(page.locator('header[data-exam]')).toContainText(name);
      await expect(page.locator('#forecast')).toContainText('3 images leave');
      await press('Control+Enter');
      await expect.poll(async () => (await heldBy(archive)).length, { timeout: 60_000 }).toBe(count);
    }
    const held = await heldBy(archive);
    const studies = Map.groupBy(held, (tags) => tags['StudyInstanceUID']);
    expect(studies.size).toBe(2);
    for (const objects of studies.values()) {
      expect(new Set(objects.map((tags) => tags['PatientID'])).size).toBe(1);
      expect(new Set(objects.map((tags) => tags['SeriesInstanceUID'])).size).toBe(1);
    }
    expect(new Set(held.map((tags) => tags['SOPInstanceUID'])).size).toBe(6);
  } finally {
    await folder.close();
  }
});
