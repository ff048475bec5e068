// The hospital changes its mind while an exam is open: what came from somebody else, and an order that says something new,
// each wait for one key; and the site sets in Setup how exams and orders come together.
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { message, say } from '../station/orders/hl7/feed.ts';
import { enter, expect, field, send, test as base } from './support/house.ts';
import { settingsFor, startStation, type RunningStation } from './support/station.ts';

const test = base.extend({
  station: async ({}, use) => {
    const station = await startStation({
      ...settingsFor({ aeTitle: 'ARCHIVE', port: 1, confirm: 'none' }),
      hl7: {
        listen: { enabled: true, host: '127.0.0.1', port: 0 },
        feeds: [{ id: 'ris', name: 'RIS', application: 'RIS' }],
      },
    });
    await use(station);
    await station.close();
  },
});

const axe = async (page: Page) => expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

/** As another window of the station would. */
async function giveTheOnlyOrder({ ask, url, token }: RunningStation): Promise<void> {
  const { exams } = (await ask('/api/exams?limit=1')) as { readonly exams: readonly { readonly id: string }[] };
  const { orders } = (await ask('/api/orders?limit=1')) as { readonly orders: readonly { readonly id: string }[] };
  const given = await fetch(new URL(`/api/exams/${exams[0]?.id}/order`, url), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ orderId: orders[0]?.id }),
  });
  expect(given.status).toBe(200);
}

test('a value of the former patient and a changed order wait for one key each, and a wristband is tried in Setup', async ({
  page,
  station,
}) => {
  await page.addInitScript(() => localStorage.setItem('safelight-look', 'light'));
  const { port } = (await station.ask('/api/hl7')) as { readonly port: number };
  const tellOrder = (born: string, sex: string) =>
    say(
      port,
      message('ORM^O01', [
        `PID|1||118843^^^HOSP^MR||Brandt^Ute||${born}|${sex}`,
        'ORC|NW|P1^RIS|26-118-0442^RIS',
        'OBR|1|P1^RIS|26-118-0442^RIS|T1^Leg^L',
      ]),
    );
  await tellOrder('19700102', '');
  await send(station, 'CR1', 'cr-typed-wrong');
  await enter(page, station);
  await page.getByRole('row', { name: /SMITH JOHN/ }).dblclick();
  await expect(page.locator('canvas[data-drawn]')).toBeVisible();
  await giveTheOnlyOrder(station);
  const former = page.getByText('The order of BRANDT, Ute (118843) does not say this: Sex.');
  await expect(former).toBeVisible();
  await expect(page.getByRole('button', { name: 'Leave it blank' })).toHaveAttribute('aria-keyshortcuts', 'Alt+n');
  await axe(page);
  await page.locator('header[data-exam]').click();
  await page.keyboard.press('Alt+n');
  await expect(former).toBeHidden();

  await tellOrder('19700103', '');
  const changed = page.getByText('the order was changed (Born).');
  await expect(changed).toBeVisible();
  await expect(page.getByRole('button', { name: 'Keep the exam as it is' })).toBeVisible();
  await axe(page);
  await page.keyboard.press('Alt+o');
  await expect(changed).toBeHidden();
  await expect(page.locator('header[data-exam]')).toContainText('3 Jan 1970');
  await tellOrder('19700104', '');
  await expect(changed).toBeVisible();
  await page.keyboard.press('Alt+a');
  await expect(changed).toBeHidden();
  await expect(page.locator('header[data-exam]')).toContainText('3 Jan 1970');

  await page.keyboard.press('F8');
  await page.getByLabel('Give an order by rule').check();
  await field(page, 'Pattern of the wristband').fill('\\^(?<id>\\d+');
  await expect(page.getByText('This is not a regular expression.')).toBeVisible();
  await field(page, 'Pattern of the wristband').fill('\\^(?<id>\\d+)\\^');
  await field(page, 'Try it: scan or type a code').fill(']C1^118843^X');
  await expect(page.getByText('Read as 118843')).toBeVisible();
  await field(page, 'Words that name nobody here').fill('AAAA\nDUMMY');
  await axe(page);
  await page.keyboard.press('Control+Enter');
  await expect(page.getByText('Saved.', { exact: true })).toBeVisible();
  const { settings } = (await station.ask('/api/setup')) as { readonly settings: { readonly station: object } };
  expect(settings.station).toMatchObject({
    matching: { applyAlone: 'sure', placeholders: ['AAAA', 'DUMMY'], scanner: { pattern: '\\^(?<id>\\d+)\\^' } },
  });
});
