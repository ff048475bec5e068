// The shell's own bundles, run on Chromium by the stand-in: what is wired to what. What only Electron itself can show
// (its sandbox, fuses, menus, dialogs) is not shown here; electron.test.ts does where its program is present.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { words } from '../../src-main/electron/words.ts';
import { runStorescu, temporaryFolder, type TemporaryFolder } from '../peers/programs/index.ts';
import { launchStandIn, projectFolder, startStandIn, type Shell } from './launch-shell.ts';

/** How long to wait for what comes soon, on a machine that has much to do. */
const soon = { timeout: 40_000 };
const otherSample = path.join(projectFolder, 'resources/samples/mr-series/slice-01.dcm');
const sample = path.join(projectFolder, 'resources/samples/cr-typed-wrong/CR000001.dcm');

/** A home whose station takes any free port. */
async function makeHome(): Promise<TemporaryFolder> {
  const home = await temporaryFolder('shell');
  const settings = { station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 1 } };
  await writeFile(path.join(home.path, 'settings.json'), JSON.stringify({ configured: true, settings }));
  return home;
}

const closing: (() => Promise<void>)[] = [];
async function launch(environment: Record<string, string> = {}): Promise<Shell> {
  const home = await makeHome();
  const shell = await launchStandIn({ home: home.path, environment });
  closing.push(shell.close, home.close);
  return shell;
}

beforeAll(() => {
  if (!existsSync(path.join(projectFolder, 'dist/main/electron.js'))) throw new Error('run "npm run build" first');
});
afterAll(async () => {
  for (const close of closing) await close();
});

/** The port that the station said it listens on, the last time it said so. */
async function dicomPortOf(shell: Shell): Promise<number> {
  const read = () => [...shell.output().matchAll(/"event":"listening".*?"port":(\d+)/g)].at(-1)?.[1];
  await expect.poll(read, soon).toBeDefined();
  return Number(read());
}

describe('the window', () => {
  let shell: Shell;
  beforeAll(async () => {
    shell = await launch();
  });

  it('shows an exam that a device sends, with its picture', async () => {
    const port = await dicomPortOf(shell);
    expect((await runStorescu({ port }, [sample])).code).toBe(0);
    const picture = shell.page.locator('img[src*="/thumbnail"]').first();
    await picture.waitFor(soon);
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth), soon).toBeGreaterThan(0);
  });

  it('gets from the preload two functions and nothing else', async () => {
    const given = await shell.page.evaluate(() =>
      Object.entries((window as unknown as { safelight: object }).safelight).map(
        ([name, it]) => `${name}: ${typeof it}`,
      ),
    );
    expect(given).toEqual(['connect: function', 'pathsOf: function']);
    const reached = await shell.page.evaluate(() =>
      ['require', 'process', 'module', 'Buffer'].filter((name) => name in window),
    );
    expect(reached).toEqual([]);
  });

  it('gets a received object byte for byte by its address', async () => {
    const source = await shell.page.locator('img[src*="/thumbnail"]').first().getAttribute('src');
    const size = await shell.page.evaluate(
      async (address) => {
        const answer = await fetch(address);
        return `${answer.status} ${(await answer.arrayBuffer()).byteLength > 1000}`;
      },
      source?.replace('/thumbnail', '/file') ?? '',
    );
    expect(size).toBe('200 true');
  });

  it('is answered with a policy that lets no foreign code in', async () => {
    const policy = await shell.page.evaluate(async () => (await fetch('/')).headers.get('content-security-policy'));
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-inline|script-src[^;]*unsafe-eval(?!')|https?:/);
    const ran = await shell.page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.injected = true';
      document.head.append(script);
      return 'injected' in window;
    });
    expect(ran).toBe(false);
  });

  it.each([
    '/..%2f..%2fpackage.json',
    '/%2e%2e/%2e%2e/package.json',
    '/..%5c..%5cpackage.json',
    '/assets/%00',
    '/nothing',
  ])('is refused %s', async (address) => {
    const status = await shell.page.evaluate(async (asked) => (await fetch(asked)).status, address);
    expect(status).toBe(404);
  });

  it('goes nowhere else and opens nothing', async () => {
    const before = shell.page.url();
    await shell.page.evaluate(() => void (location.href = 'https://example.org/'));
    await shell.page.evaluate(() => void window.open('https://example.org/'));
    await expect.poll(() => shell.page.context().pages().length, soon).toBe(1);
    expect((await shell.tell({ kind: 'look' })).visible).toBe(true);
    expect(shell.page.url()).toBe(before);
  });

  it('is given no permission', async () => {
    expect((await shell.tell({ kind: 'look' })).grants).toBe(false);
  });

  it('finds the station again by itself when that ended and was started anew', async () => {
    const port = await dicomPortOf(shell);
    await shell.tell({ kind: 'end-station' });
    await expect.poll(() => dicomPortOf(shell), soon).not.toBe(port);
    expect((await runStorescu({ port: await dicomPortOf(shell) }, [otherSample])).code).toBe(0);
    await expect.poll(() => shell.page.locator('img[src*="/thumbnail"]').count(), soon).toBe(2);
  });
});

describe('reception', () => {
  it('goes on when the window is closed, and ends by the menu after a question', async () => {
    const shell = await launch();
    const port = await dicomPortOf(shell);
    await expect.poll(async () => (await shell.tell({ kind: 'look' })).visible, soon).toBe(true);

    const closed = await shell.tell({ kind: 'close-window' });
    expect(closed).toMatchObject({ visible: false, dialogs: [words.goesOn] });
    expect((await runStorescu({ port }, [sample])).code).toBe(0);

    expect((await shell.tell({ kind: 'start-again' })).visible).toBe(true);

    await shell.tell({ kind: 'click', label: words.quit });
    expect((await runStorescu({ port }, [sample])).code).toBe(0);

    await shell.tell({ kind: 'answer-dialogs-with', answer: 1 });
    await shell.tell({ kind: 'click', label: words.quit });
    expect(await shell.ended).toBe(0);
    expect((await runStorescu({ port }, [sample])).code).not.toBe(0);
  });

  it('is not begun twice for one home', async () => {
    const home = await makeHome();
    const { child, output } = startStandIn({ home: home.path, environment: { STAND_IN_SECOND: '1' } });
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
    expect(output()).not.toContain('listening');
    await home.close();
  });
});

it('a preload that asks for more than Electron gets nothing', async () => {
  const folder = await temporaryFolder('preload');
  const preload = path.join(folder.path, 'preload.cjs');
  await writeFile(preload, "const fs = require('fs'); require('electron').contextBridge.exposeInMainWorld('fs', fs);");
  const shell = await launch({ STAND_IN_PRELOAD: preload });
  await expect.poll(shell.output, soon).toContain('a sandboxed preload cannot require fs');
  expect(await shell.page.evaluate(() => 'fs' in window || 'safelight' in window)).toBe(false);
  await folder.close();
});
