// Hears every key of the window and calls what the table says, if whatever is on screen has bound it. A key that types
// is left alone while somebody types; an open dialog hears its own keys.
import { commands, type Command, type CommandId } from './table.ts';

/** `held`: the key was not pressed anew, it is still down. */
export type Actions = Partial<Record<CommandId, (held?: boolean) => void>>;

export class Keyboard {
  readonly #bound: Actions[] = [];

  /** Binds actions until the returned function is called. What was bound later is heard first. */
  bind(actions: Actions): () => void {
    this.#bound.unshift(actions);
    return () => {
      const at = this.#bound.indexOf(actions);
      if (at >= 0) this.#bound.splice(at, 1);
    };
  }

  /** Does what is bound to a command now. False when nothing is. */
  do(id: CommandId): boolean {
    const action = this.#bound.find((actions) => actions[id] !== undefined)?.[id];
    action?.();
    return action !== undefined;
  }

  /** Starts to hear; the returned function ends it. */
  listen(): () => void {
    const hear = (event: KeyboardEvent) => this.#hear(event);
    window.addEventListener('keydown', hear);
    return () => window.removeEventListener('keydown', hear);
  }

  #hear(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || document.querySelector('dialog:modal') !== null) return;
    const pressed = nameOf(event);
    const typing = isTyping(event.target);
    const pressing = isPressed(event.target, pressed);
    for (const actions of this.#bound) {
      for (const id of Object.keys(actions) as CommandId[]) {
        const command: Command = commands[id];
        if (!command.keys.includes(pressed)) continue;
        if ((typing || pressing) && (command.whileTyping !== true || pressed.length === 1)) continue;
        event.preventDefault();
        actions[id]?.(event.repeat);
        return;
      }
    }
  }
}

function nameOf(event: KeyboardEvent): string {
  const { key } = event;
  const named = key.length === 1 ? key.toLowerCase() : key;
  // Where a sign needs Shift on one keyboard and none on another, only the sign counts.
  const shift = event.shiftKey && (key.length > 1 || /^[a-z]$/i.test(key)) ? 'Shift+' : '';
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${shift}${named}`;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button', 'file'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement || target.isContentEditable;
}

/** Enter and Space belong to a focused button, not to the screen behind it. */
function isPressed(target: EventTarget | null, pressed: string): boolean {
  return (
    (pressed === 'Enter' || pressed === ' ') &&
    target instanceof HTMLElement &&
    target.closest('button,a,summary,input') !== null
  );
}
