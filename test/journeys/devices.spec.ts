// Devices by keyboard alone: a new one is let in with one key; what is set for it is set in place; late images follow the
// decision before, say so, and can be taken back.
import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from '@playwright/test';
import { convert, runDcmsend, temporaryFolder } from '../peers/programs/index.ts';
import { enter, expect, field, heldBy, sampleFiles, test as base, untilComplete } from './support/house.ts';
import { settingsFor, startStation, type RunningStation } from './support/station.ts';

/** A station that lets nobody in who is not listed, this machine included. */
const test = base.extend<{ strict: RunningStation }>({
  strict: async ({ archive }, use) => {
    const settings = settingsFor({ aeTitle: 'ARCHIVE', port: archive.dicomPort, confirm: 'query' }) as {
      station: object;
    };
    const station = await startStation({ ...settings, station: { ...settings.station, allowLoopback: false } });
    await use(station);
    await station.close();
  },
});

const press = async (page: Page, ...keys: readonly string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};
/** The cards take no key in their first moments, so that none of them is meant for the one before. */
const settle = (page: Page) => page.waitForTimeout(700);

test('a new device is let in with one key, and its images arrive', async ({ page, strict }) => {
  const files = await sampleFiles('ultrasound-no-id');
  const send = (calling: string) => runDcmsend({ port: strict.dicomPort, called: strict.aeTitle, calling }, files);
  await enter(page, strict);
  expect((await send('USROOM2')).code).not.toBe(0);
  const card = page.getByRole('region', { name: 'A new device wanted to send' });
  await expect(card).toContainText('USROOM2 at 127.0.0.1 was turned away 1 time');
  expect((await send('NOISE')).code).not.toBe(0);
  await expect(card).toContainText('1 other after it');
  await expect(card).toContainText('USROOM2');

  await settle(page);
  await press(page, 'a');
  await expect(page.getByText('USROOM2 at 127.0.0.1 may send now.')).toBeVisible();
  expect((await send('USROOM2')).code).toBe(0);
  await expect(page.getByRole('row', { name: /TEST, ROOM2/ })).toBeVisible();

  await press(page, 'F7');
  await expect(page.getByRole('heading', { name: 'Devices', exact: true })).toBeVisible();
  await expect(card).toContainText('NOISE');
  await settle(page);
  await press(page, 'b');
  await expect(page.getByText('NOISE at 127.0.0.1 is blocked.')).toBeVisible();
  await expect(card).toBeHidden();
  await expect(page.getByRole('row', { name: /USROOM2.*Allowed.*12/ })).toBeVisible();
  expect((await send('NOISE')).code).not.toBe(0);
  await page.reload();
  await expect(page.getByRole('row', { name: /NOISE.*Blocked.*Turned away 2 times/ })).toBeVisible();

  await press(page, 'ArrowUp', 'Enter');
  await expect(field(page, 'Name')).toBeFocused();
  await field(page, 'Expected modality').focus();
  await page.keyboard.type('cr');
  await press(page, 'Tab');
  await page.keyboard.type('Ultrasound');
  await press(page, 'Tab');
  await expect(page.getByText('USROOM2 is changed.')).toBeVisible();
  const usRoom2 = { aeTitle: 'USROOM2', modality: 'CR', department: 'Ultrasound' };
  await expect
    .poll(() => strict.ask('/api/setup'))
    .toMatchObject({ settings: { devices: expect.arrayContaining([expect.objectContaining(usRoom2)]) as unknown } });
});

test('late images follow the same decision, say so, and wait for a word once it is undone', async ({
  page,
  station,
  archive,
}) => {
  const folder = await temporaryFolder('late-images');
  try {
    const device = { port: station.dicomPort, called: station.aeTitle, calling: 'USROOM2' };
    const all: string[] = [];
    for (const [n, sample] of (await sampleFiles('ultrasound-no-id')).slice(0, 4).entries()) {
      const file = path.join(folder.path, `${n}.dcm`);
      await copyFile(sample, file);
      await convert('dcmodify', ['-nb', '-i', 'PatientID=11884O', '-m', 'PatientName=Brand^Ute', file]);
      all.push(file);
    }
    const [first = '', second = '', ...late] = all;
    expect((await runDcmsend(device, [first, second])).code).toBe(0);
    await enter(page, station);
    await expect(page.getByRole('row', { name: /BRAND, Ute/ })).toBeVisible();
    await untilComplete(station);
    await press(page, 'Enter');
    await expect(page.locator('header[data-exam]')).toContainText('BRAND, Ute');
    await press(page, 'e');
    await field(page, 'Patient ID').fill('118843');
    await press(page, 'Control+Enter');
    await expect(page.getByText('Approved: 2 images')).toBeVisible();

    expect((await runDcmsend(device, late)).code).toBe(0);
    await press(page, 'F2');
    await expect(page.getByRole('row', { name: /US, 4 images.*Same correction as before/ })).toBeVisible();
    // While images may still come an approval is refused for that, and for nothing else.
    await untilComplete(station);
    await press(page, 'Enter');
    const cards = page.getByRole('group', { name: /look at/i });
    await expect(cards).toContainText('was applied to 2 images that came late');
    await expect(cards).toContainText('It is remembered until');
    await press(page, 'u');
    await expect(cards).toContainText('Late images wait for your word');
    await press(page, 'Control+Enter');
    await expect(page.locator('.notice')).toContainText('Late images wait for your word');
    await expect(page.locator('#forecast')).toContainText('Late images wait for your word');
    await expect.poll(async () => (await heldBy(archive)).length).toBe(2);

    await press(page, 'm');
    await expect(page.locator('#forecast')).toContainText('2 images leave for Archive');
    await press(page, 'Control+Enter');
    await expect.poll(async () => (await heldBy(archive)).length, { timeout: 60_000 }).toBe(4);
    expect(new Set((await heldBy(archive)).map(({ PatientID }) => PatientID))).toEqual(new Set(['118843']));

    await press(page, 'F7');
    const remembered = page.getByRole('region', { name: 'Remembered decisions' });
    await expect(remembered).toContainText('USROOM2 said BRAND, Ute, 11884O');
    await remembered.getByRole('button', { name: /Delete/ }).focus();
    await press(page, 'Enter');
    await expect(remembered).toBeHidden();
  } finally {
    await folder.close();
  }
});
