// From the address to a list that is drawn and takes keys, in a browser that has never seen the window.
import { openWindow, untilListed } from './browser.ts';
import { most, quantile, type Figure } from './figures.ts';
import type { StartedStation } from '../processes.ts';

/** The page itself notes when the first frame with rows was due; this is since the navigation began. */
export async function measureStarting(station: StartedStation, exams: number, starts: number): Promise<Figure[]> {
  const times: number[] = [];
  const { page, close } = await openWindow(station);
  try {
    await page.addInitScript(() => {
      const look = () => {
        const row = document.querySelector('tr[data-id]');
        if (row === null || document.activeElement?.getAttribute('role') !== 'grid') return requestAnimationFrame(look);
        return requestAnimationFrame(() => (document.documentElement.dataset['usable'] = String(performance.now())));
      };
      requestAnimationFrame(look);
    });
    for (let n = 0; n < starts; n += 1) {
      await page.reload();
      await untilListed(page, exams);
      const usable = await page.waitForFunction(() => document.documentElement.dataset['usable']);
      times.push(Number(await usable.jsonValue()));
    }
  } finally {
    await close();
  }
  const what = `window start to usable Inbox, ${exams} exams`;
  return [
    { what: `${what}: median`, value: quantile(times, 0.5), unit: 'ms', goal: 1000, note: `${starts} starts` },
    { what: `${what}: slowest`, value: most(times), unit: 'ms' },
  ];
}
