// Menu and tray: show the window, and quit after a question. Everything else is in the window.
import { Menu, Tray, type MenuItemConstructorOptions } from 'electron';
import { words } from './words.ts';

export type MenuActions = { show(): void; quit(): void };

export function setMenu(actions: MenuActions, isPackaged: boolean): void {
  const quit: MenuItemConstructorOptions = { label: words.quit, accelerator: 'CmdOrCtrl+Q', click: actions.quit };
  const develop: MenuItemConstructorOptions[] = isPackaged ? [] : [{ role: 'reload' }, { role: 'toggleDevTools' }];
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      { label: 'Safelight', submenu: [{ role: 'about' }, { type: 'separator' }, quit] },
      {
        label: words.edit,
        submenu: [{ role: 'undo' }, { role: 'redo' }, { role: 'cut' }, { role: 'copy' }, { role: 'paste' }],
      },
      { label: words.view, submenu: [{ role: 'togglefullscreen' }, { role: 'resetZoom' }, ...develop] },
      { label: words.window, submenu: [{ role: 'minimize' }, { role: 'close' }] },
    ]),
  );
}

/** The lamp beside the clock. Where a desktop has no place for it, starting Safelight again shows the window. */
export function openTray(icon: string, actions: MenuActions): Tray {
  const tray = new Tray(icon);
  tray.setToolTip(words.receiving);
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: words.show, click: actions.show },
      { type: 'separator' },
      { label: words.quit, click: actions.quit },
    ]),
  );
  tray.on('click', actions.show);
  return tray;
}
