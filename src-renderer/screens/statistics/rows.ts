// Arrow keys among the buttons of a list: a chart is one thing to walk through, not forty to tab over.

/** Moves the focus to the next or previous button of a list. To be called with the key presses that the list hears. */
export function walk(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };
  const step = steps[event.key];
  if (step === undefined && event.key !== 'Home' && event.key !== 'End') return;
  const buttons = [...event.currentTarget.querySelectorAll('button')];
  const at = buttons.findIndex((button) => button === document.activeElement);
  if (at < 0) return;
  event.preventDefault();
  const next = event.key === 'Home' ? 0 : event.key === 'End' ? buttons.length - 1 : at + (step ?? 0);
  buttons[Math.min(buttons.length - 1, Math.max(0, next))]?.focus();
}
