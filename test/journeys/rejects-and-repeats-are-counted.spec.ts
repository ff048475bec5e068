// What was rejected and has to be repeated is counted against what came, by keyboard alone; the pictures behind a figure,
// the tables and the report are a key away.
import { readFile } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import { test, type Page } from '@playwright/test';
import { enter, expect, send } from './support/house.ts';
import { settingsFor, startStation } from './support/station.ts';

async function saved(
  page: Page,
  ...keys: readonly string[]
): Promise<{ readonly name: string; readonly text: string }> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    (async () => {
      for (const key of keys) await page.keyboard.press(key);
    })(),
  ]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

test('rejects and repeats are counted, looked at and saved by keyboard', async ({ page }) => {
  const station = await startStation(settingsFor());
  try {
    await send(station, 'MR1', 'mr-series');
    await enter(page, station);
    const { keyboard } = page;
    const press = async (...keys: readonly string[]) => {
      for (const key of keys) await keyboard.press(key);
    };
    await expect(page.getByRole('row', { name: /MR, 12 images/ })).toBeVisible();
    await press('Enter');
    await expect(page.locator('canvas[data-drawn]')).toBeVisible();
    await press('x', '2');
    await expect(page.getByText('Rejected: Motion blur').first()).toBeVisible();
    await press('ArrowDown', 'Shift+x', '1');
    await expect(page.getByRole('button', { name: /Approve 10/ })).toBeVisible();

    // An image counts some seconds after it came.
    await expect
      .poll(() => station.ask('/api/statistics?span=today'))
      .toMatchObject({ totals: { received: 12, judged: 2, repeated: 1, rejected: 1 } });
    await press('F10');
    await expect(page.getByRole('heading', { name: 'Statistics' })).toBeVisible();
    await expect(page.getByText('2 of 12 (16.7 %)').first()).toBeVisible();
    await press('1');
    await expect(page.getByRole('slider', { name: 'Kept back by hour', exact: true })).toBeVisible();
    await page.getByRole('slider', { name: 'Kept back by hour of the day' }).focus();
    await press('Home');
    await expect(page.getByText(/^00:00: /)).toBeVisible();

    const reasons = page.getByRole('region', { name: 'By reason' });
    await reasons.getByRole('button').first().focus();
    await press('End', 'Home', 'Enter');
    const behind = page.getByRole('region', { name: 'Images behind it' });
    await expect(behind.getByRole('status')).toContainText('1 image');
    await expect(behind.locator('[data-kept-back]')).toHaveCount(1);

    const examine = async (how: string) => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${how}: ${id}: ${nodes[0]?.target.join(' ')}`)).toEqual([]);
    };
    await examine('dark, charts');
    await page.evaluate(() => (document.documentElement.dataset['theme'] = 'light'));
    await examine('light, charts');
    await press('t');
    await examine('light, tables');
    await press('t');
    await press('Escape');
    await expect(behind.getByRole('status')).toContainText('2 images');

    const table = await saved(page, 'e', '6');
    expect(table.name).toMatch(/^safelight-images-.*\.csv$/);
    expect(table.text).toMatch(/^\ufeffat,verdict,reason/);
    expect(table.text.split('\r\n')).toHaveLength(4);
    expect(table.text).not.toContain('Regression');
    const report = await saved(page, 'p');
    expect(report.name).toMatch(/^safelight-report-.*\.pdf$/);
    expect(report.text).toMatch(/^%PDF-/);

    await press('g', 'ArrowDown', 'Enter');
    await expect(page.locator('header[data-exam]')).toContainText('TEST, Regression');
    await expect(page.getByText('Rejected: Motion blur').first()).toBeVisible();
  } finally {
    await station.close();
  }
});
