// An image comes after the patient was chosen, in the same study, and names another person: it does not follow by itself.
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { convert, runDcmsend, temporaryFolder } from '../peers/programs/index.ts';
import { enter, expect, field, heldBy, sampleFiles, send, test, untilComplete } from './support/house.ts';

test('a late image of somebody else stops the exam until a person has looked', async ({ page, station, archive }) => {
  const folder = await temporaryFolder('late-image');
  try {
    await send(station, 'USROOM2', 'ultrasound-no-id');
    await enter(page, station);
    await page.getByRole('row', { name: /TEST, ROOM2/ }).dblclick();
    await field(page, 'Family name').fill('Brandt');
    await field(page, 'Given name').fill('Ute');
    await field(page, 'Patient ID').fill('118843');
    await page.keyboard.press('Control+Enter');
    await expect(page.getByText('Approved: 12 images')).toBeVisible();
    await expect.poll(async () => (await heldBy(archive)).length).toBe(12);

    const late = path.join(folder.path, 'late.dcm');
    const [sample = ''] = await sampleFiles('ultrasound-no-id');
    await copyFile(sample, late);
    await convert('dcmodify', ['-nb', '-gin', '-i', 'PatientID=881204', '-m', 'PatientName=Okafor^Chidi', late]);
    const device = { port: station.dicomPort, called: station.aeTitle, calling: 'USROOM2' };
    expect((await runDcmsend(device, [late])).code).toBe(0);

    await page.keyboard.press('F2');
    await expect(page.getByRole('row', { name: /US, 13 images/ })).toBeVisible();
    // While images may still come an approval is refused for that first.
    await untilComplete(station);
    await page.getByRole('row', { name: /US, 13 images/ }).dblclick();
    const form = page.getByRole('group', { name: /look at/i });
    await expect(form).toContainText('A late image says somebody else');
    await expect(form).toContainText('OKAFOR, Chidi (881204)');
    await expect(page.locator('#forecast')).toContainText('A late image says somebody else');
    await page.keyboard.press('Control+Enter');
    await expect(page.locator('.notice')).toContainText('A late image says somebody else');
    expect(await heldBy(archive)).toHaveLength(12);

    await page.getByRole('button', { name: 'It is this patient' }).click();
    await expect(page.locator('#forecast')).toContainText('1 image leaves for Archive');
    await page.keyboard.press('Control+Enter');
    await expect.poll(async () => (await heldBy(archive)).length, { timeout: 60_000 }).toBe(13);
    const patients = new Set((await heldBy(archive)).map(({ PatientID }) => PatientID));
    expect([...patients]).toEqual(['118843']);
  } finally {
    await folder.close();
  }
});
