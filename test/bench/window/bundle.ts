// What the window loads before a picture is opened: every script and style sheet that the page asked for, gzipped.
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright';
import type { Figure } from './figures.ts';

export async function measureBundle(page: Page): Promise<Figure> {
  const texts = await page.evaluate(async () => {
    const entries = performance.getEntriesByType('resource').map(({ name }) => name);
    const files = [...new Set(entries)].filter((name) => /\.(js|css)$/.test(new URL(name).pathname));
    return Promise.all(files.map(async (file) => (await fetch(file)).text()));
  });
  const value = texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0) / 1000;
  return { what: 'scripts and styles before the viewer, gzipped', value, unit: 'kB', goal: 120 };
}
