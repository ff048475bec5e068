// axe finds nothing on any screen, dark or light, empty or full.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { enter, expect, field, send, test } from './support/house.ts';
import { startStation } from './support/station.ts';

async function examine(page: Page, where: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const said = violations.map(
    ({ id, nodes }) => `${where}: ${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`,
  );
  expect(said).toEqual([]);
}

for (const look of ['dark', 'light'] as const) {
  test(`no screen has a violation in the ${look} look`, async ({ page, station, cache }) => {
    await page.addInitScript((name) => localStorage.setItem('safelight-look', name), look);
    await send(station, 'USROOM2', 'ultrasound-no-id');
    await send(station, 'MR1', 'mr-series');
    await enter(page, station);
    await expect(page.getByRole('row')).toHaveCount(3);
    await page.getByRole('row', { name: /TEST, ROOM2/ }).click();
    await expect(page.getByRole('region', { name: 'Selected exam' }).getByRole('img')).toHaveCount(12);
    await examine(page, 'Inbox');
    await page.keyboard.press('Enter');
    await expect(page.locator('canvas[data-drawn]')).toBeVisible();
    await field(page, 'Born').fill('yesterday');
    await field(page, 'Patient ID').fill('118843');
    await examine(page, 'Review');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Shift+Y');
    await expect(page.getByRole('toolbar', { name: 'More view tools' })).toBeVisible();
    await examine(page, 'More view tools');
    await page.keyboard.press('Shift+Y');
    await page.keyboard.press('x');
    await expect(page.getByRole('dialog')).toBeVisible();
    await examine(page, 'Reject');
    await page.keyboard.press('Escape');
    await page.keyboard.press('F4');
    await page
      .locator('input[type=file][multiple]')
      .setInputFiles([{ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.from('no') }]);
    await expect(page.getByRole('article')).toBeVisible();
    await examine(page, 'Import');
    await page.keyboard.press('F2');
    await page.getByRole('row', { name: /MR, 12 images/ }).dblclick();
    await page.getByRole('button', { name: 'Approve 12 images' }).click();
    await page.keyboard.press('F6');
    await expect(page.getByRole('row', { name: /12 images/ })).toBeVisible();
    await examine(page, 'Outbox');
    await page.keyboard.press('F7');
    await expect(page.getByRole('row', { name: /USROOM2/ })).toBeVisible();
    await page.getByRole('row', { name: /USROOM2/ }).click();
    await page.getByRole('button', { name: 'List it' }).click();
    await expect(field(page, 'Expected modality')).toBeVisible();
    await examine(page, 'Devices');
    await page.keyboard.press('F8');
    await expect(page.getByRole('heading', { name: 'Setup' })).toBeVisible();
    await examine(page, 'Setup');
    await page.getByRole('button', { name: 'Add a rule' }).click();
    await page.getByRole('button', { name: 'Try on the last exams' }).click();
    await expect(page.getByRole('table', { name: 'Try on the last exams' })).toBeVisible();
    await page.getByRole('button', { name: 'Examine Archive' }).click();
    await page.locator('summary', { hasText: 'Report' }).first().click();
    await examine(page, 'Rules and examination');
    await page.keyboard.press('F1');
    await expect(page.getByRole('dialog', { name: 'All keys' })).toBeVisible();
    await examine(page, 'Keys');
    expect(cache.port).toBeGreaterThan(0);
  });
}

test('the first start has no violation', async ({ page }) => {
  const station = await startStation();
  try {
    await enter(page, station);
    await page.getByLabel('There is an archive').check();
    await examine(page, 'First start');
  } finally {
    await station.close();
  }
});
