// Everything that is drawn and measured on pictures, without a mouse: kept, undone, and seen in a second window.
import AxeBuilder from '@axe-core/playwright';
import { expect, test, type Page } from '@playwright/test';
import type { MarkupsOfExam } from '../../src-main/contract/shapes/markup.ts';
import { enter, send } from './support/house.ts';
import { settingsFor, startStation, type RunningStation } from './support/station.ts';

const press = async (page: Page, ...keys: readonly string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};

const faults = async (page: Page) => {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
};

const right = ['Shift+ArrowRight', 'Shift+ArrowRight'];
const down = ['Shift+ArrowDown', 'Shift+ArrowDown'];
const up = down.map((key) => key.replace('Down', 'Up'));
const left = right.map((key) => key.replace('Right', 'Left'));

/** What the station keeps of the only exam. */
async function kept(station: RunningStation): Promise<MarkupsOfExam> {
  const { exams } = (await station.ask('/api/exams?filter=all')) as { exams: readonly { id: string }[] };
  return (await station.ask(`/api/exams/${exams[0]?.id}/markups`)) as MarkupsOfExam;
}

test('every drawing tool is used by keyboard alone, kept, undone, and seen in a second window', async ({ page }) => {
  const station = await startStation(settingsFor());
  try {
    await send(station, 'CR1', 'cr-typed-wrong');
    await enter(page, station);
    await page.getByRole('row').nth(1).dblclick();
    await expect(page.locator('canvas[data-drawn]')).toHaveCount(1);
    const drawn = (kind: string) => page.locator(`[data-drawn-kind="${kind}"]`);
    await press(page, 'Shift+G');
    await expect(page.getByRole('toolbar', { name: 'Drawing tools' })).toBeVisible();

    // Points by arrows and Enter; a value stands beside what measures.
    await press(page, ...left, ...left, 'd', 'Enter', ...right, 'Enter');
    await expect(drawn('distance')).toContainText(/^\d+\.\d (mm|px)/);
    await press(page, 'a', 'Enter', ...down, 'Enter', ...right, 'Enter');
    await expect(drawn('angle')).toContainText('90.0°');
    await press(page, 'c', 'Enter', ...right, 'Enter', ...down, 'Enter', ...right, ...down, 'Enter');
    await expect(drawn('cobb')).toContainText('45.0°');
    await press(page, 'e', 'Enter', ...left, ...up, 'Enter');
    await expect(drawn('ellipse')).toContainText(/Mean -?\d+.*SD.*Min.*max.*Area/);
    await press(page, ...up, ...up, 'b', 'Enter', ...left, ...up, 'Enter');
    await expect(drawn('rectangle')).toContainText(/Mean -?\d+.*Area/);
    await press(
      page,
      'w',
      'Enter',
      ...left,
      'ArrowUp',
      'Enter',
      'f',
      'Enter',
      'Shift+ArrowUp',
      'Shift+ArrowLeft',
      'Enter',
    );
    await expect(drawn('freehand')).toHaveCount(1);
    await press(page, 't', 'Enter');
    await page.getByLabel('Text', { exact: true }).fill('Screw');
    await press(page, 'Enter', ...up, 'l', 'Enter');
    await expect(drawn('text')).toHaveText('Screw');
    await expect(drawn('marker')).toHaveText(/L\s*AW/);
    await press(page, 'm', 'Enter', ...right, 'Enter');
    await page.getByLabel('Length in mm').fill('20');
    await press(page, 'Enter');
    // Arrows go by pixels of the screen, and the picture may have been given another size since the first line.
    await expect.poll(async () => (await kept(station))[0]?.markup.calibrationMm ?? null).not.toBeNull();
    const { calibrationMm, annotations } = (await kept(station))[0]?.markup ?? {};
    const [from, to] = annotations?.find(({ kind }) => kind === 'distance')?.points ?? [];
    const millimetres =
      Math.hypot((to?.[0] ?? 0) - (from?.[0] ?? 0), (to?.[1] ?? 0) - (from?.[1] ?? 0)) * (calibrationMm ?? 0);
    expect(Math.abs(millimetres - 20)).toBeLessThan(4);
    await expect(drawn('distance')).toContainText(`${millimetres.toFixed(1)} mm, calibrated by hand`);

    // What covers: a shutter, a crop, a black box.
    await press(page, 'g', 'Enter', ...left, ...left, ...left, 'Enter', ...down, ...down, 'Enter', 'Enter');
    await expect(drawn('shutter')).toHaveCount(1);
    await press(page, 's', 'Enter', ...right, ...right, ...right, ...right, ...right, ...up, ...up, ...up, 'Enter');
    await press(page, 'x', 'Enter', ...left, ...left, ...left, ...left, ...down, ...down, 'Enter');
    await press(page, 'k', 'Enter', ...right, ...up, 'Enter', 'v');
    for (const kind of ['shutter', 'crop', 'redaction']) await expect(drawn(kind)).toHaveCount(1);
    await expect
      .poll(async () => (await kept(station))[0]?.markup)
      .toMatchObject({ redactionsCoverAll: true, shutter: { kind: 'rectangle' } });
    expect((await kept(station))[0]?.markup.annotations).toHaveLength(9);
    expect(await faults(page)).toEqual([]);

    // Gone to by Tab, moved, edited, taken away.
    await press(page, 'Tab');
    await expect(drawn('distance')).toBeFocused();
    const [before] = (await kept(station))[0]?.markup.annotations[0]?.points ?? [];
    await press(page, 'Shift+ArrowDown', 'h', 'ArrowRight');
    await expect
      .poll(async () => (await kept(station))[0]?.markup.annotations[0]?.points[0]?.[1])
      .toBeGreaterThan(before?.[1] ?? 0);
    await press(page, 'Delete');
    await expect(drawn('distance')).toHaveCount(0);
    await press(page, 'Control+z');
    await expect(drawn('distance')).toHaveCount(1);
    await drawn('marker').focus();
    await press(page, 'Enter');
    await page.getByLabel('Initials beside the marker').fill('BK');
    await press(page, 'Enter');
    await expect(drawn('marker')).toHaveText(/L\s*BK/);

    // Onto the whole series, and everything undone and done again, also across images.
    await press(page, 'y');
    await expect.poll(async () => (await kept(station)).length).toBe(2);
    await press(page, 'Escape', 'i', 'Control+z', 'Control+z');
    await expect.poll(async () => (await kept(station)).length).toBe(1);
    await press(page, 'Control+y');
    await expect.poll(async () => (await kept(station)).length).toBe(2);
    await expect(page.getByRole('navigation').getByText(/^9 drawings, a shutter, cropped/)).toHaveCount(2);

    // A second window, and this one after a crash, show the same.
    const other = await page.context().newPage();
    await enter(other, station);
    await other.goto(page.url());
    await expect(other.locator('[data-drawn-kind="marker"]')).toHaveText(/L\s*BK/);
    await other.keyboard.press('Shift+G');
    await press(other, 'Shift+Delete', 'Enter');
    const signs = page.getByRole('navigation').getByText(/^9 drawings/);
    await expect(signs).toHaveCount(1);
    await page.reload();
    await expect(signs).toHaveCount(1);
  } finally {
    await station.close();
  }
});
