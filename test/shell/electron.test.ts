// The shell in Electron itself, where its program is present. What only Electron can show is shown here or nowhere.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { _electron, type ElectronApplication } from 'playwright';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findElectronProgram } from '../../src-main/launch/electron-program.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/index.ts';
import { projectFolder } from './launch-shell.ts';

const program = findElectronProgram(projectFolder);
const canShow = process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;
const missing = whyNot();
function whyNot(): string | undefined {
  if (program === undefined) return 'Electron binary absent';
  if (!canShow) return 'no display for Electron';
  return isRoot ? "Electron's sandbox does not work for root" : undefined;
}
if (missing) console.warn(`NOT VERIFIED: ${missing} (sandbox, app:// and process of the real shell)`);

describe.skipIf(missing !== undefined)('in Electron', () => {
  let home: TemporaryFolder;
  let app: ElectronApplication;

  beforeAll(async () => {
    expect(existsSync(path.join(projectFolder, 'dist/main/electron.js'))).toBe(true);
    home = await temporaryFolder('electron');
    const settings = { station: { dicomPort: 0, dicomHost: '127.0.0.1' } };
    await writeFile(path.join(home.path, 'settings.json'), JSON.stringify({ configured: true, settings }));
    app = await _electron.launch({ executablePath: program ?? '', args: [projectFolder, '--home', home.path] });
  });
  afterAll(async () => {
    await app?.close();
    await home?.close();
  });

  it('the window is sandboxed and shows the pages of the house', async () => {
    const page = await app.firstWindow();
    expect(page.url()).toBe('app://station/index.html');
    const settings = await app.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as {
        getLastWebPreferences(): { sandbox: boolean; contextIsolation: boolean; nodeIntegration: boolean };
      };
      const { sandbox, contextIsolation, nodeIntegration } = contents.getLastWebPreferences();
      return { sandbox, contextIsolation, nodeIntegration };
    });
    expect(settings).toEqual({ sandbox: true, contextIsolation: true, nodeIntegration: false });
    expect(await page.evaluate(() => ['require', 'process'].filter((name) => name in window))).toEqual([]);
  });

  it('the window speaks with the station', async () => {
    const page = await app.firstWindow();
    const heard = await page.evaluate(
      () =>
        new Promise((resolve) => {
          window.addEventListener('message', (event) => resolve(event.ports.length), { once: true });
          (window as unknown as { safelight: { connect(): void } }).safelight.connect();
        }),
    );
    expect(heard).toBe(1);
    await expect.poll(() => page.evaluate(async () => (await fetch('/api/objects/x/file')).status)).toBe(404);
  });

  it('the window cannot leave and its paths do not climb', async () => {
    const page = await app.firstWindow();
    await page.evaluate(() => void (location.href = 'https://example.org/'));
    expect(await page.evaluate(async () => (await fetch('/..%2f..%2fpackage.json')).status)).toBe(404);
    expect(page.url()).toContain('app://station/');
  });
});
