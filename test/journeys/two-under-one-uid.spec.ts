// A device sends another picture under a UID that it used before: both are kept, seen side by side, and decided by key.
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { convert, runDcmsend, temporaryFolder } from '../peers/programs/index.ts';
import { enter, expect, heldBy, sampleFiles, test, untilComplete } from './support/house.ts';

test('two pictures under one UID are seen side by side and both leave, by keyboard alone', async ({
  page,
  station,
  archive,
}) => {
  const folder = await temporaryFolder('two-under-one-uid');
  try {
    const device = { port: station.dicomPort, called: station.aeTitle, calling: 'MR1' };
    const [first = ''] = await sampleFiles('mr-series');
    const second = path.join(folder.path, 'second.dcm');
    await copyFile(first, second);
    await convert('dcmodify', ['-nb', '-i', 'StudyDescription=Knee, second reading', second]);
    const bytes = await readFile(second);
    for (let at = bytes.length - 4096; at < bytes.length - 2048; at += 2) bytes.writeUInt16LE(900, at);
    await writeFile(second, bytes);
    // And the first again in another encoding: that is nothing new.
    const again = path.join(folder.path, 'again.dcm');
    await convert('dcmcrle', [first, again]);
    for (const file of [first, second, again]) expect((await runDcmsend(device, [file])).code).toBe(0);

    await enter(page, station);
    const press = (key: string) => page.keyboard.press(key);
    await expect(page.getByRole('row', { name: /Same UID, different picture/ })).toBeVisible();
    // While images may still come an approval is refused for that first.
    await untilComplete(station);
    await press('ArrowDown');
    await press('Enter');
    const card = page.getByRole('region', { name: 'Two under one identifier' });
    await expect(card).toContainText('Same UID, different picture');
    await expect(card).toContainText('The pictures are not the same.');
    await expect(card).toContainText('Knee, second reading');
    await expect(card.getByRole('img')).toHaveCount(2);
    if (process.env['SAFELIGHT_SHOTS']) await page.screenshot({ path: process.env['SAFELIGHT_SHOTS'] });
    await expect(page.getByRole('navigation', { name: /images/i }).getByRole('listitem')).toHaveCount(2);

    await press('Control+Enter');
    await expect(page.locator('.notice')).toContainText('Same UID, different picture');
    await expect(page.locator('#forecast')).toContainText('Same UID, different picture');
    expect(await heldBy(archive)).toHaveLength(0);

    await press('n');
    await expect(page.getByText('Two under one UID: the second is used')).toBeVisible();
    await press('Alt+u');
    await expect(card).toBeVisible();
    await press('b');
    await expect(card).toBeHidden();
    await expect(page.getByText('Same UID: one got a new identifier')).toBeVisible();
    await expect(page.locator('#forecast')).toContainText('2 images leave for Archive');
    await press('Control+Enter');
    await expect.poll(async () => (await heldBy(archive)).length, { timeout: 60_000 }).toBe(2);
    const uids = (await heldBy(archive)).map((tags) => tags['SOPInstanceUID'] ?? '');
    expect(new Set(uids).size).toBe(2);
    expect(uids.filter((uid) => uid.startsWith('2.25.')).length).toBeGreaterThan(0);
  } finally {
    await folder.close();
  }
});
