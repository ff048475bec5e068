// What the hospital expects is a list that is there when the network is not; an order is found as one types, and given to
// the exam at hand without a mouse.
import { AxeBuilder } from '@axe-core/playwright';
import { enter, expect, send, test as base } from './support/house.ts';
import { settingsFor, startStation } from './support/station.ts';
import { startWorklist } from './support/worklist.ts';

const dayFrom = (days: number) => {
  const day = new Date();
  day.setDate(day.getDate() + days);
  const two = (number: number) => String(number).padStart(2, '0');
  return `${day.getFullYear()}${two(day.getMonth() + 1)}${two(day.getDate())}`;
};
const ultrasound = { Modality: 'US', station: 'USROOM2', PatientSex: 'F', PatientBirthDate: '19700102' };

const test = base.extend<{ ris: Awaited<ReturnType<typeof startWorklist>> }>({
  ris: async ({}, use) => {
    const worklist = await startWorklist([
      {
        ...{ PatientName: 'Brandt^Ute', PatientID: '118843', AccessionNumber: '26-118-0442' },
        ...{ description: 'US abdomen complete', scheduledFor: `${dayFrom(0)}083000`, ...ultrasound },
      },
      {
        ...{ PatientName: 'Hoffmann^Karl', PatientID: '471190', AccessionNumber: '26-118-0443' },
        ...{
          description: 'CT thorax',
          scheduledFor: `${dayFrom(0)}091500`,
          ...ultrasound,
          Modality: 'CT',
          station: 'CT1',
        },
      },
      {
        ...{ PatientName: 'Ferner^Lea', PatientID: '99123', AccessionNumber: '26-118-0500' },
        ...{ description: 'US thyroid', scheduledFor: `${dayFrom(10)}100000`, ...ultrasound },
      },
    ]);
    await use(worklist);
    await worklist.close();
  },
  station: async ({ ris }, use) => {
    const worklist = { id: 'ris', name: 'RIS', aeTitle: 'RIS', host: '127.0.0.1', port: ris.port };
    const station = await startStation({ ...settingsFor(), worklists: [worklist] });
    await use(station);
    await station.close();
  },
});

test('orders are listed, searched as one types, kept through an outage, and given by keyboard alone', async ({
  page,
  station,
  ris,
}) => {
  const examine = async (where: string) => {
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map(({ html }) => html).join()}`)).toEqual([]);
  };
  await send(station, 'USROOM2', 'ultrasound-no-id');
  await enter(page, station);
  await expect(page.getByRole('row', { name: /TEST, ROOM2/ })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(page.locator('header[data-exam]')).toBeVisible();

  await page.keyboard.press('F5');
  const pane = page.getByRole('region', { name: 'The order', exact: true });
  const sources = page.getByRole('region', { name: 'Where the orders come from' });
  await expect(page.getByRole('row', { name: /BRANDT, Ute/ })).toHaveAttribute('aria-selected', 'true');
  await expect(page.getByRole('row', { name: /HOFFMANN, Karl/ })).toBeVisible();
  await expect(page.getByRole('row', { name: /FERNER/ })).toHaveCount(0);
  await expect(sources).toContainText(/RIS: list of \d\d:\d\d, \w/);
  await expect(pane).toContainText('On screen in Review: the exam of');
  await page.screenshot({ path: test.info().outputPath('orders.png') });
  await examine('Orders');

  // Somebody of another day is only on the worklist itself, and is found there as soon as the typing rests.
  await page.keyboard.press('/');
  await page.keyboard.type('fern', { delay: 30 });
  await expect(page.getByRole('row', { name: /FERNER, Lea/ })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: 'RIS has 1 order.' })).toBeVisible();
  await page.keyboard.press('Escape');

  await ris.close();
  await page.keyboard.press('r');
  await expect(sources).toContainText(/RIS does not answer since \d\d:\d\d: nothing listens .* Shown is its list of/);
  await page.keyboard.press('/');
  await page.keyboard.type('hoffm');
  await expect(page.getByRole('row', { name: /HOFFMANN, Karl/ })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('row', { name: /BRANDT, Ute/ })).toBeVisible();

  await page.keyboard.press('Home');
  await expect(pane).toContainText('BRANDT, Ute');
  await page.keyboard.press('Enter');
  await expect(page.locator('header[data-exam]')).toContainText('BRANDT, Ute');
  await page.keyboard.press('Escape');
  await page.keyboard.press('F5');
  await expect(page.getByRole('row', { name: /BRANDT, Ute/ })).toContainText('Used');
  await page.evaluate(() => localStorage.setItem('safelight-look', 'light'));
  await page.reload();
  await expect(pane).toContainText('An exam here belongs to this order.');
  await page.screenshot({ path: test.info().outputPath('orders-light.png') });
  await examine('Orders, light');
  await page.keyboard.press('o');
  await expect(page.locator('header[data-exam]')).toContainText('BRANDT, Ute');
  await page.keyboard.press('F8');
  await page.getByRole('button', { name: 'Test RIS' }).click();
  await expect(page.getByText('No list: nothing listens at that address and port.')).toBeVisible();
  await page.screenshot({ path: test.info().outputPath('setup.png'), fullPage: true });
  await examine('Setup');
});
