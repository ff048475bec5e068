// The one window. Closing it hides it: reception does not depend on it.
import path from 'node:path';
import { BrowserWindow, type BrowserWindowConstructorOptions } from 'electron';
import { windowAddress } from './answer-window.ts';

/** What the window is made with. Exported for the test that looks at it. */
export const windowOptions = (folder: string, icon: string): BrowserWindowConstructorOptions => ({
  title: 'Safelight',
  width: 1440,
  height: 900,
  minWidth: 1024,
  minHeight: 640,
  show: false,
  autoHideMenuBar: true,
  // The ground of the window itself, so that no white flashes in a dark room.
  backgroundColor: '#14110e',
  icon,
  webPreferences: {
    preload: path.join(folder, 'preload.cjs'),
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    webviewTag: false,
    spellcheck: false,
    // The PDF viewer of the browser, which shows what images bring with them.
    plugins: true,
  },
});

/** Opens the window and shows it when there is something to see. `mayClose` says whether closing is meant. */
export function openWindow(options: BrowserWindowConstructorOptions, mayClose: () => boolean, onHidden: () => void) {
  const window = new BrowserWindow(options);
  window.once('ready-to-show', () => window.show());
  window.on('close', (event) => {
    if (mayClose()) return;
    event.preventDefault();
    window.hide();
    onHidden();
  });
  // A page that died is loaded anew; the station has not noticed.
  window.webContents.on('render-process-gone', () => void window.loadURL(windowAddress));
  void window.loadURL(windowAddress);
  return window;
}

export function showWindow(window: BrowserWindow | undefined): void {
  if (!window || window.isDestroyed()) return;
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
