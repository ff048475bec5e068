// What the shell says outside the window: menu, tray and dialogs. The window has its own words.
import type { ProblemNote } from '#contract/problems.ts';

export const words = {
  show: 'Show Safelight',
  quit: 'Quit Safelight…',
  view: 'View',
  edit: 'Edit',
  window: 'Window',
  receiving: 'Safelight is receiving',
  goesOn: 'Safelight goes on receiving',
  goesOnDetail:
    'Only the window was closed. Start Safelight again, or use its lamp beside the clock, to see the window.',
  understood: 'OK',
  quitQuestion: 'Stop receiving?',
  quitDetail: 'Devices cannot send to this station, and nothing is forwarded, until Safelight is started again.',
  quitNow: 'Quit',
  stay: 'Go on receiving',
  refused: 'The station cannot start',
} as const;

const refusals: Partial<Record<ProblemNote['code'], string>> = {
  'home-in-use': 'Another Safelight already works with this data.',
  'book-too-new': 'A newer version of Safelight has written this data. Install that version or a newer one.',
  'book-damaged': 'The catalog is damaged. Nothing was changed; restore it or ask for help.',
  'settings-invalid': 'The settings file holds something that is not understood.',
  'port-in-use': 'Another program listens on the port of this station.',
};

/** Why the station does not start, for a dialog: a sentence, then the code with its parameters. */
export function sayRefusal(problem: ProblemNote): string {
  const params = Object.entries(problem.params).map(([name, value]) => `${name}: ${value}`);
  return [refusals[problem.code] ?? '', [problem.code, ...params].join('\n')]
    .filter((part) => part !== '')
    .join('\n\n');
}
