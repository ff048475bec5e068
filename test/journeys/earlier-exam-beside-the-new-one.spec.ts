// By keyboard alone: earlier exams of the patient that only the archive has, beside the new one, and nothing of them leaves.
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { convert, runDcmsend, startOrthanc, temporaryFolder, type Orthanc } from '../peers/programs/index.ts';
import { enter, expect, heldBy, sampleFiles, send, test } from './support/house.ts';
import { settingsFor, startStation } from './support/station.ts';

/** Puts an exam of one image into the archive: that of a sample, of another day. */
async function archived(archive: Orthanc, copy: string, change: readonly string[]): Promise<void> {
  const [sample = ''] = await sampleFiles('mr-series');
  await copyFile(sample, copy);
  await convert('dcmodify', ['-nb', '-gst', '-gse', '-gin', ...change.flatMap((one) => ['-i', one]), copy]);
  const sent = await runDcmsend({ port: archive.dicomPort, called: archive.aet }, [copy]);
  expect(sent.code, sent.output).toBe(0);
}

test('an earlier exam from the archive stands beside the new one by one key, marked as what it is, and stays there', async ({
  page,
}) => {
  const archive = await startOrthanc({ aet: 'ARCHIVE', configuration: { DicomAlwaysAllowGet: true } });
  const folder = await temporaryFolder('earlier-exams');
  const settings = settingsFor({ aeTitle: 'ARCHIVE', port: archive.dicomPort, confirm: 'query' }) as {
    readonly destinations: readonly object[];
  };
  const station = await startStation({
    ...settings,
    destinations: settings.destinations.map((one) => ({ ...one, priors: 'on-request' })),
  });
  try {
    await archived(archive, path.join(folder.path, 'one.dcm'), ['StudyDate=20170503', 'StudyDescription=Head before']);
    await archived(archive, path.join(folder.path, 'two.dcm'), ['StudyDate=20160712', 'PatientName=Okafor^Chidi']);
    await send(station, 'MR1', 'mr-series');
    const images = (await sampleFiles('mr-series')).length;
    await enter(page, station);
    await expect(page.getByRole('row', { name: /Regression/ })).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('Enter');

    const strip = page.getByRole('region', { name: 'Earlier exams' });
    await expect(strip.getByRole('button', { name: /3 May 2017.*from Archive/ })).toBeVisible();
    await expect(strip.getByRole('button', { name: /12 Jul 2016.*May be another patient/ })).toBeVisible();

    await page.keyboard.press('Shift+E');
    const beside = page.locator('[data-viewport="other"]');
    await expect(beside).toContainText('EARLIER EXAM, 3 May 2017, from Archive');
    await expect(beside.getByRole('img', { name: /^EARLIER EXAM.*image 1 of 1/i })).toBeVisible();
    await expect(beside).not.toContainText('Fetching');
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

    await page.keyboard.press('Shift+E');
    await expect(beside).toContainText('12 Jul 2016');
    await expect(beside).toContainText('DIFFERENT PATIENT');
    await expect(beside).toContainText('May be another patient: another name');
    await expect(page.getByRole('alert')).toContainText('Two patients are on screen');
    await page.keyboard.press('Shift+Q');
    await page.keyboard.press('Shift+Q');
    await expect(beside).toHaveCount(0);

    await page.keyboard.press('Control+Enter');
    await expect.poll(async () => (await heldBy(archive)).length).toBe(images + 2);
    expect(await station.ask('/api/exams?limit=10')).toMatchObject({ total: 1 });
  } finally {
    await station.close();
    await folder.close();
    await archive.close();
  }
});
