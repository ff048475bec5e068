// What the Electron preload puts into the window: named functions only. Absent in a browser.

export type Shell = {
  /** Asks for a port to the station. It comes as a window message `{ kind: 'safelight-port' }` with the port. */
  connect(): void;
  /** Paths on this machine of files that were dropped or chosen; empty for a file that has none. */
  pathsOf(files: readonly File[]): readonly string[];
};

declare global {
  interface Window {
    readonly safelight?: Shell;
  }
}

export const shell = (): Shell | undefined => window.safelight;
