// The module that `import 'electron'` becomes in the main process.
import { EventEmitter } from 'node:events';
import { chromium, type Browser } from 'playwright';
import type { BrowserWindowConstructorOptions, MenuItemConstructorOptions, MessageBoxOptions } from 'electron';
import { followCommands } from './commands.ts';
import { ipcMain, StandInContents } from './contents.ts';
import { StandInChannel } from './ports.ts';
import { protocol } from './schemes.ts';
import { StandInSession } from './session.ts';
import { utilityProcess } from './utility-process.ts';

const browser: Promise<Browser> = chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', `--remote-debugging-port=${process.env['STAND_IN_CDP_PORT'] ?? 0}`],
});

const makeEvent = () => {
  const event = { defaultPrevented: false, preventDefault: () => void (event.defaultPrevented = true) };
  return event;
};

class StandInApp extends EventEmitter {
  readonly isPackaged = false;
  readonly #paths = new Map<string, string>();

  whenReady = async () => void (await browser);
  requestSingleInstanceLock = () => process.env['STAND_IN_SECOND'] === undefined;
  setPath = (name: string, place: string) => void this.#paths.set(name, place);
  enableSandbox = () => {};

  quit(): void {
    const before = makeEvent();
    this.emit('before-quit', before);
    for (const window of StandInWindow.all) window.close();
    if (before.defaultPrevented || StandInWindow.all.size > 0) return;
    const will = makeEvent();
    this.emit('will-quit', will);
    if (!will.defaultPrevented) void browser.then((opened) => opened.close()).finally(() => process.exit(0));
  }
}

class StandInWindow extends EventEmitter {
  static readonly all = new Set<StandInWindow>();
  readonly webContents: StandInContents;
  #isVisible: boolean;
  #isDestroyed = false;

  constructor(options: BrowserWindowConstructorOptions) {
    super();
    this.#isVisible = options.show ?? true;
    this.webContents = new StandInContents(browser, options.webPreferences ?? {});
    StandInWindow.all.add(this);
    app.emit('web-contents-created', {}, this.webContents);
  }

  async loadURL(address: string): Promise<void> {
    await this.webContents.load(address);
    this.emit('ready-to-show');
  }

  close(): void {
    const event = makeEvent();
    this.emit('close', event);
    if (event.defaultPrevented) return;
    this.#isDestroyed = true;
    StandInWindow.all.delete(this);
    void this.webContents.close().catch(() => undefined);
    this.emit('closed');
    if (StandInWindow.all.size === 0) app.emit('window-all-closed');
  }

  show = () => void (this.#isVisible = true);
  hide = () => void (this.#isVisible = false);
  focus = () => {};
  restore = () => {};
  isMinimized = () => false;
  isVisible = () => this.#isVisible;
  isDestroyed = () => this.#isDestroyed;
}

class StandInTray extends EventEmitter {
  setToolTip = () => {};
  setContextMenu = (menu: readonly MenuItemConstructorOptions[]) => void menus.push(menu);
  destroy = () => {};
}

const menus: (readonly MenuItemConstructorOptions[])[] = [];
const Menu = {
  buildFromTemplate: (template: readonly MenuItemConstructorOptions[]) => template,
  setApplicationMenu: (menu: readonly MenuItemConstructorOptions[]) => void menus.push(menu),
};

const dialogs: MessageBoxOptions[] = [];
let nextAnswer = 0;
const dialog = {
  showMessageBox: async (options: MessageBoxOptions) => {
    dialogs.push(options);
    return { response: nextAnswer, checkboxChecked: false };
  },
  showErrorBox: (message: string, detail: string) => void dialogs.push({ message, detail }),
};

const app = new StandInApp();
process.on('SIGTERM', () => app.quit());
followCommands({
  closeWindow: () => StandInWindow.all.forEach((window) => window.close()),
  startAgain: () => app.emit('second-instance', {}, []),
  click: (label) => findItem(menus.flat(), label)?.click?.({} as never, undefined, {} as never),
  answerDialogsWith: (answer) => (nextAnswer = answer),
  look: () => ({
    visible: [...StandInWindow.all].some((window) => window.isVisible()),
    dialogs: dialogs.map((options) => options.message),
    grants: StandInSession.defaultSession.grants('media'),
  }),
});

function findItem(items: readonly MenuItemConstructorOptions[], label: string): MenuItemConstructorOptions | undefined {
  for (const item of items) {
    if (item.label === label) return item;
    const inner = Array.isArray(item.submenu) ? findItem(item.submenu, label) : undefined;
    if (inner) return inner;
  }
  return undefined;
}

export {
  app,
  dialog,
  ipcMain,
  Menu,
  protocol,
  utilityProcess,
  StandInWindow as BrowserWindow,
  StandInChannel as MessageChannelMain,
  StandInSession as session,
  StandInTray as Tray,
};
export const powerSaveBlocker = { start: () => 1 };
