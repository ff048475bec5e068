// How a test steers the stand-in: it plays the person at the desktop, by messages between the two processes.
import { StandInUtilityProcess } from './utility-process.ts';

/** What a test may see. */
export type Look = { readonly visible: boolean; readonly dialogs: readonly string[]; readonly grants: boolean };

export type Command =
  | { readonly kind: 'close-window' }
  | { readonly kind: 'start-again' }
  | { readonly kind: 'end-station' }
  | { readonly kind: 'click'; readonly label: string }
  | { readonly kind: 'answer-dialogs-with'; readonly answer: number }
  | { readonly kind: 'look' };

type Desktop = {
  closeWindow(): void;
  startAgain(): void;
  click(label: string): void;
  answerDialogsWith(answer: number): void;
  look(): Look;
};

/** Obeys every command and answers each with a look. */
export function followCommands(desktop: Desktop): void {
  process.on('message', (command: Command) => {
    if (command.kind === 'close-window') desktop.closeWindow();
    else if (command.kind === 'start-again') desktop.startAgain();
    else if (command.kind === 'click') desktop.click(command.label);
    else if (command.kind === 'answer-dialogs-with') desktop.answerDialogsWith(command.answer);
    else if (command.kind === 'end-station') StandInUtilityProcess.all.forEach((station) => station.kill());
    process.send?.(desktop.look());
  });
}
