// Locks the window in: it shows the house's own pages, opens nothing else and is given no permission.
import type { App, IpcMainEvent, Session, WebContents } from 'electron';
import { windowOrigin } from './answer-window.ts';

const isOurs = (address: string): boolean => URL.canParse(address) && address.startsWith(`${windowOrigin}/`);

/** Applies to every contents that will ever be made, also to those that nobody meant to make. */
export function guardContents(app: App): void {
  app.on('web-contents-created', (_event, contents) => {
    const stay = (event: { preventDefault(): void; readonly url: string }) => {
      if (!isOurs(event.url)) event.preventDefault();
    };
    contents.on('will-navigate', stay);
    contents.on('will-redirect', stay);
    contents.on('will-frame-navigate', stay);
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  });
}

/** No camera, no notifications, no devices: the station does what needs doing. */
export function refusePermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

/** True when a message was sent by the page of our own window, not by a frame in it or by something else. */
export function isFromWindow(event: IpcMainEvent, contents: WebContents | undefined): boolean {
  const frame = event.senderFrame;
  return event.sender === contents && frame !== null && frame.parent === null && isOurs(frame.url);
}
