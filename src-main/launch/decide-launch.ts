// Decides how the workstation starts: in Electron, headless, or in Electron after fetching it once. Pure.

export type LaunchFacts = {
  /** `--headless` was said. */
  readonly headlessAsked: boolean;
  readonly platform: NodeJS.Platform;
  /** Something to draw on. Only asked for on Linux. */
  readonly display: boolean;
  /** The process runs as root. */
  readonly root: boolean;
  /** Path of Electron's program, when it is there. */
  readonly electronProgram: string | undefined;
  /** A person sits at the other end of standard input and output. */
  readonly terminal: boolean;
  /** CI is set: nobody waits for a download. */
  readonly ci: boolean;
};

export type HeadlessReason =
  'asked' | 'no-display' | 'root' | 'no-electron-ci' | 'no-electron-no-terminal' | 'fetch-failed' | 'electron-failed';

export type Launch =
  | { readonly kind: 'electron'; readonly program: string }
  | { readonly kind: 'fetch-electron' }
  | { readonly kind: 'headless'; readonly because: HeadlessReason };

const headless = (because: HeadlessReason): Launch => ({ kind: 'headless', because });

export function decideLaunch(facts: LaunchFacts): Launch {
  if (facts.headlessAsked) return headless('asked');
  if (facts.platform === 'linux' && !facts.display) return headless('no-display');
  // Chromium's sandbox does not work for root, and Safelight does not run without it.
  if (facts.platform === 'linux' && facts.root) return headless('root');
  if (facts.electronProgram !== undefined) return { kind: 'electron', program: facts.electronProgram };
  if (facts.ci) return headless('no-electron-ci');
  if (!facts.terminal) return headless('no-electron-no-terminal');
  return { kind: 'fetch-electron' };
}
