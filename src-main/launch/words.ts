// What the launcher says at the terminal.
import type { ProblemNote } from '#contract/problems.ts';
import type { HeadlessReason } from './decide-launch.ts';

export const fetchingElectron =
  'Fetching Electron once (about 110 MB) with its own installer. Later starts do without it.';

const reasons: Readonly<Record<HeadlessReason, string>> = {
  asked: 'Starting headless, as asked.',
  'no-display': 'There is no display here (DISPLAY and WAYLAND_DISPLAY are empty). Starting headless.',
  root: "Electron's sandbox does not work for root. Starting headless; start as another user for the window.",
  'no-electron-ci': 'Electron is not here and CI is set. Starting headless.',
  'no-electron-no-terminal':
    'Electron is not here, and without a terminal nothing is downloaded. Starting headless;' +
    ' "node node_modules/electron/install.js" fetches Electron.',
  'fetch-failed': 'Electron could not be fetched. Starting headless; the next start tries again.',
  'electron-failed': 'Electron does not run here. Starting headless.',
};

export const sayHeadless = (because: HeadlessReason): string => reasons[because];

export function sayReady(ready: {
  readonly aeTitle: string;
  readonly dicomPort: number;
  readonly url: string;
  readonly token: string;
}): string {
  return [
    `Receiving DICOM as ${ready.aeTitle} on port ${ready.dicomPort}.`,
    `Open in a browser of this machine:  ${addressOf(ready)}`,
    'Ctrl+C ends it after the object at hand.',
  ].join('\n');
}

/** The address with its token. The token stands in the fragment, which no browser sends to any server. */
export const addressOf = (ready: { readonly url: string; readonly token: string }): string =>
  `${ready.url}#token=${ready.token}`;

/** Why the station does not start. docs/problems.md says what to do for each code. */
export function sayRefused({ code, params }: ProblemNote): string {
  const said = Object.entries(params).map(([name, value]) => `${name}: ${value}`);
  return `The station cannot start (${code}${said.length > 0 ? `; ${said.join(', ')}` : ''}). See docs/problems.md.`;
}

export const startUsage = 'Usage: npm start -- [--home DIR] [--headless [--http-port N] [--dicom-port N]]';
