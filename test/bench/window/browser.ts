// A Chromium without a GPU that shows the window of a station.
import { chromium, type Page } from 'playwright';
import type { StartedStation } from '../processes.ts';

export type OpenWindow = { readonly page: Page; close(): Promise<void> };

/** With nothing remembered from a window before. The caller closes it. */
export async function openWindow(station: Pick<StartedStation, 'url' | 'token'>): Promise<OpenWindow> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-quic', '--no-first-run'],
  });
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
  await page.goto(`${station.url}#token=${station.token}`);
  await page.getByRole('contentinfo').getByText('Listening as').waitFor();
  return { page, close: () => browser.close() };
}

/** Until the list says that it holds this many rows; the head is one of them. */
export async function untilListed(page: Page, exams: number): Promise<void> {
  await page.waitForFunction(
    (rows) => Number(document.querySelector('[role="grid"]')?.getAttribute('aria-rowcount')) === rows,
    exams + 1,
    { timeout: 120_000 },
  );
  await page.locator('tr[data-id]').first().waitFor();
}
