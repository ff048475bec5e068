// The whole errand without a mouse: find, look, correct, reject one, approve, see it arrive.
import { enter, expect, field, heldBy, send, test } from './support/house.ts';

test('the whole errand is done by keyboard alone', async ({ page, station, archive, cache }) => {
  await send(station, 'MR1', 'mr-series');
  await send(station, 'USROOM2', 'ultrasound-no-id');
  await enter(page, station);
  const { keyboard } = page;
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await keyboard.press(key);
  };
  await expect(page.getByRole('row', { name: /No patient ID/ })).toBeVisible();

  await press('/');
  await keyboard.type('ROOM2');
  await press('Enter');
  await expect(page.getByRole('row')).toHaveCount(2);
  await expect(page.getByRole('row', { name: /TEST, ROOM2/ })).toHaveAttribute('aria-selected', 'true');
  await press('h');
  await expect(page.getByText('Held. It stays under Held')).toBeVisible();
  await press('ArrowRight', 'ArrowRight');
  await expect(page.getByRole('row', { name: /TEST, ROOM2/ })).toHaveAttribute('aria-selected', 'true');
  await press('h');
  await expect(page.getByText('Taken back.')).toBeVisible();
  await press('ArrowLeft', 'ArrowLeft');
  await expect(page.getByRole('row', { name: /TEST, ROOM2/ })).toHaveAttribute('aria-selected', 'true');
  await press('Enter');

  const canvas = page.locator('canvas[data-drawn]');
  await expect(canvas).toBeVisible();
  const first = await canvas.getAttribute('data-drawn');
  await press('ArrowDown');
  await expect(canvas).not.toHaveAttribute('data-drawn', first ?? '');
  await press('w', 'Shift+ArrowRight', 'Shift+ArrowUp', '+', 'i');
  await expect(page.getByText('Inverted')).toBeVisible();
  await press('r', '1', '0');
  await expect(page.getByText('Inverted')).toBeHidden();

  await press('x', '3');
  await expect(page.getByText('Rejected: Under exposed')).toBeVisible();
  await press('e');
  await expect(field(page, 'Family name')).toBeFocused();
  await keyboard.type('Brandt');
  await press('Tab');
  await keyboard.type('Ute');
  await press('Tab');
  await keyboard.type('118843');
  await press('Tab', 'Tab');
  await keyboard.type('30 Feb 1970');
  await press('Control+Enter');
  await expect(field(page, 'Born')).toBeFocused();
  await expect(page.getByText('Must be a day that exists')).toBeVisible();
  await press('Control+a');
  await keyboard.type('2.1.1970');
  await expect(page.getByText('read as 2 Jan 1970')).toBeVisible();
  await press('Control+Enter');
  await expect(page.getByText('Approved: 11 images leave')).toBeVisible();

  // It goes on by itself to the exam that needs somebody next.
  await expect(page.locator('header[data-exam]')).toContainText('TEST, Regression');
  await expect(canvas).toBeVisible();
  await press('Escape');
  await expect(page.getByRole('heading', { name: 'Inbox' })).toBeVisible();
  await press('?');
  await expect(page.getByRole('dialog', { name: 'All keys' })).toBeVisible();
  await press('Escape', 'F6');
  await expect(page.getByRole('row', { name: /BRANDT, Ute/ })).toContainText('Everywhere, proved.', {
    timeout: 60_000,
  });
  await press('Enter');
  await expect(page.getByRole('heading', { name: 'Each image' })).toBeVisible();
  await press('Escape');
  const held = await heldBy(archive);
  expect(held).toHaveLength(11);
  expect(held.every((tags) => tags['PatientID'] === '118843' && tags['PatientBirthDate'] === '19700102')).toBe(true);
  expect(cache.port).toBeGreaterThan(0);
});

test('what was typed is still there after a reload', async ({ page, station }) => {
  await send(station, 'USROOM2', 'ultrasound-no-id');
  await enter(page, station);
  await page.getByRole('row', { name: /TEST, ROOM2/ }).dblclick();
  await field(page, 'Patient ID').fill('118843');
  await page.reload();
  await expect(field(page, 'Patient ID')).toHaveValue('118843');
  await expect(page.locator('header[data-exam]')).toContainText('118843');
});
