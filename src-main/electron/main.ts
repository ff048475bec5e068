// The Electron porch: one window in front of one supervised station process.
//
// Guarantees: one instance for one home; the window is sandboxed and speaks only through the preload's functions and
// app://station; closing it does not stop reception; quitting lets the station finish the object at hand.
import path from 'node:path';
import {
  app,
  dialog,
  ipcMain,
  MessageChannelMain,
  powerSaveBlocker,
  protocol,
  session,
  utilityProcess,
  type BrowserWindow,
  type MessagePortMain,
  type Tray,
} from 'electron';
import type { ProblemNote } from '#contract/problems.ts';
import { systemClock } from '#station/kit/clock.ts';
import { nodeFlags } from '#station/kit/node-flags.ts';
import { answerWindow } from './answer-window.ts';
import { guardContents, isFromWindow, refusePermissions } from './guard.ts';
import { openTray, setMenu } from './menu.ts';
import { readHome } from './read-home.ts';
import { StationKeeper, type StationProcess } from './station-keeper.ts';
import { openWindow, showWindow, windowOptions } from './window.ts';
import { sayRefusal, words } from './words.ts';

const folder = import.meta.dirname;
const iconsFolder = path.resolve(folder, '../../resources/icons');
const home = readHome(process.argv);

// Before anything else: the profile of the window lies in the home, so that each home has its own single instance.
app.setPath('userData', path.join(home, 'window'));
app.enableSandbox();
protocol.registerSchemesAsPrivileged([
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
]);
guardContents(app);

if (app.requestSingleInstanceLock()) void app.whenReady().then(open);
else app.quit();

function open(): void {
  refusePermissions(session.defaultSession);
  powerSaveBlocker.start('prevent-app-suspension');
  const told = new Set<string>();
  const keeper = new StationKeeper<MessagePortMain>({
    start: startStation,
    openChannel: () => new MessageChannelMain(),
    clock: systemClock,
    onRefused: (problem) => tellOnce(told, problem),
  });
  protocol.handle('app', (request) =>
    answerWindow(request, {
      pagesFolder: path.resolve(folder, '../renderer'),
      bytes: (asked) => keeper.bytes(asked),
    }),
  );
  const window = stand(keeper);
  ipcMain.on('safelight:connect', (event) => {
    const [port] = event.ports;
    if (!port) return;
    if (isFromWindow(event, window.webContents)) keeper.connect(port);
    else port.close();
  });
}

/** Puts the window and the lamp up, and sees to an orderly end. */
function stand(keeper: StationKeeper<MessagePortMain>): BrowserWindow {
  let isQuitting = false;
  let isOver = false;
  let saysThatItGoesOn = true;
  let tray: Tray | undefined;
  const icon = path.join(iconsFolder, 'window.png');
  const window = openWindow(
    windowOptions(folder, icon),
    () => isQuitting,
    () => {
      if (saysThatItGoesOn) void sayThatItGoesOn();
      saysThatItGoesOn = false;
    },
  );
  const actions = { show: () => showWindow(window), quit: () => void quitIfMeant() };
  setMenu(actions, app.isPackaged);
  tray = openTray(path.join(iconsFolder, 'tray.png'), actions);
  app.on('second-instance', actions.show);
  app.on('activate', actions.show);
  app.on('window-all-closed', () => {});
  app.on('before-quit', () => (isQuitting = true));
  app.on('will-quit', (event) => {
    if (isOver) return;
    event.preventDefault();
    tray?.destroy();
    tray = undefined;
    void keeper.close().then(() => {
      isOver = true;
      app.quit();
    });
  });
  return window;
}

function startStation(): StationProcess<MessagePortMain> {
  return utilityProcess.fork(path.join(folder, 'station.js'), ['--home', home], {
    serviceName: 'Safelight station',
    stdio: 'inherit',
    execArgv: [...nodeFlags],
  });
}

async function quitIfMeant(): Promise<void> {
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: words.quitQuestion,
    detail: words.quitDetail,
    buttons: [words.stay, words.quitNow],
    defaultId: 0,
    cancelId: 0,
  });
  if (response === 1) app.quit();
}

async function sayThatItGoesOn(): Promise<void> {
  await dialog.showMessageBox({
    type: 'info',
    message: words.goesOn,
    detail: words.goesOnDetail,
    buttons: [words.understood],
  });
}

/** A station that is refused again and again for the same cause is told of once. */
function tellOnce(told: Set<string>, problem: ProblemNote): void {
  if (told.has(problem.code)) return;
  told.add(problem.code);
  dialog.showErrorBox(words.refused, sayRefusal(problem));
}
