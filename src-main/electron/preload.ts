// What the window gets from the shell: two named functions, and nothing else of Electron or Node.
import { contextBridge, ipcRenderer, webUtils } from 'electron';

// The preload runs in the page's process; the rest of this room does not know the DOM.
declare const window: { postMessage(message: unknown, origin: string, ports: readonly MessagePort[]): void };
declare const location: { readonly origin: string };
declare const MessageChannel: { new (): { readonly port1: MessagePort; readonly port2: MessagePort } };
type MessagePort = object;

contextBridge.exposeInMainWorld('safelight', {
  /** Asks for a way to the station. It comes as a message `{ kind: 'safelight-port' }` of this window, with its port. */
  connect(): void {
    const { port1, port2 } = new MessageChannel();
    ipcRenderer.postMessage('safelight:connect', null, [port2 as never]);
    window.postMessage({ kind: 'safelight-port' }, location.origin, [port1]);
  },
  /** Paths of files that were dropped or chosen; an empty text for one that is not on a disk of this machine. */
  pathsOf(files: readonly File[]): readonly string[] {
    return files.map((file) => webUtils.getPathForFile(file as never));
  },
});
