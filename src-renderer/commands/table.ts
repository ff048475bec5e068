// One table of everything that can be done by key. Buttons, key presses and the help sheet all read it, so that none
// of them can say something else. Words are in text/, keyed by the same ids.

/** Where a command is heard: everywhere, or while that part of the window is on screen. */
export type Scope =
  | 'everywhere'
  | 'inbox'
  | 'review'
  | 'picture'
  | 'drawing'
  | 'import'
  | 'orders'
  | 'outbox'
  | 'statistics'
  | 'devices'
  | 'setup';

export type Command = {
  readonly scope: Scope;
  /** As `KeyboardEvent.key`, with 'Ctrl+', 'Shift+', 'Alt+' in front. The first is shown on buttons. */
  readonly keys: readonly string[];
  /** Heard also while somebody types into a field. Only for keys that type nothing. */
  readonly whileTyping?: true;
};

export const commands = {
  'go-inbox': { scope: 'everywhere', keys: ['F2'], whileTyping: true },
  'go-review': { scope: 'everywhere', keys: ['F3'], whileTyping: true },
  'go-import': { scope: 'everywhere', keys: ['F4'], whileTyping: true },
  'go-orders': { scope: 'everywhere', keys: ['F5'], whileTyping: true },
  'go-outbox': { scope: 'everywhere', keys: ['F6'], whileTyping: true },
  'go-devices': { scope: 'everywhere', keys: ['F7'], whileTyping: true },
  'go-setup': { scope: 'everywhere', keys: ['F8'], whileTyping: true },
  'go-statistics': { scope: 'everywhere', keys: ['F10'], whileTyping: true },
  alerts: { scope: 'everywhere', keys: ['F9'], whileTyping: true },
  help: { scope: 'everywhere', keys: ['?', 'F1'], whileTyping: true },

  'next-exam': { scope: 'inbox', keys: ['ArrowDown'] },
  'previous-exam': { scope: 'inbox', keys: ['ArrowUp'] },
  'page-down': { scope: 'inbox', keys: ['PageDown'] },
  'page-up': { scope: 'inbox', keys: ['PageUp'] },
  'first-exam': { scope: 'inbox', keys: ['Home'] },
  'last-exam': { scope: 'inbox', keys: ['End'] },
  'open-exam': { scope: 'inbox', keys: ['Enter'] },
  'hold-exam': { scope: 'inbox', keys: ['h'] },
  'complete-exam': { scope: 'inbox', keys: ['d'] },
  'repeat-decision': { scope: 'review', keys: ['m'] },
  'undo-following': { scope: 'review', keys: ['u'] },
  search: { scope: 'inbox', keys: ['/'] },
  'next-filter': { scope: 'inbox', keys: ['ArrowRight'] },
  'previous-filter': { scope: 'inbox', keys: ['ArrowLeft'] },

  approve: { scope: 'review', keys: ['Ctrl+Enter'], whileTyping: true },
  'edit-form': { scope: 'review', keys: ['e'] },
  'undo-field': { scope: 'review', keys: ['Alt+Backspace'], whileTyping: true },
  'reject-image': { scope: 'review', keys: ['x'] },
  'repeat-image': { scope: 'review', keys: ['Shift+x'] },
  'keep-image': { scope: 'review', keys: ['k'] },
  'undo-judging': { scope: 'review', keys: ['Alt+q'] },
  'show-other-image': { scope: 'review', keys: ['Alt+h'] },
  'look-at-hint': { scope: 'review', keys: ['Alt+l'] },
  'give-order': { scope: 'review', keys: ['o'] },
  'next-order': { scope: 'review', keys: ['Alt+ArrowDown'], whileTyping: true },
  'previous-order': { scope: 'review', keys: ['Alt+ArrowUp'], whileTyping: true },
  'take-order-back': { scope: 'review', keys: ['t'] },
  'use-device': { scope: 'review', keys: ['Alt+1'], whileTyping: true },
  'use-order': { scope: 'review', keys: ['Alt+2'], whileTyping: true },
  'use-hospital': { scope: 'review', keys: ['Alt+3'], whileTyping: true },
  'apply-patient': { scope: 'review', keys: ['Alt+p'] },
  'apply-order-anew': { scope: 'review', keys: ['Alt+o'] },
  'keep-order': { scope: 'review', keys: ['Alt+a'] },
  'keep-former-value': { scope: 'review', keys: ['Alt+v'] },
  'blank-former-value': { scope: 'review', keys: ['Alt+n'] },
  'second-identifier': { scope: 'review', keys: ['c'] },
  'hold-this': { scope: 'review', keys: ['h'] },
  'write-note': { scope: 'review', keys: ['Alt+m'] },
  'show-header': { scope: 'review', keys: ['Alt+i'] },
  'show-presented': { scope: 'review', keys: ['Alt+s'] },
  'show-proof': { scope: 'review', keys: ['v'] },
  'keep-first': { scope: 'review', keys: ['f'] },
  'use-second': { scope: 'review', keys: ['n'] },
  'keep-both': { scope: 'review', keys: ['b'] },
  'accept-as-is': { scope: 'review', keys: ['a'] },
  'undo-conflict': { scope: 'review', keys: ['Alt+u'] },
  'pick-image': { scope: 'review', keys: ['.'] },
  'pick-down': { scope: 'review', keys: ['Ctrl+Shift+ArrowDown'] },
  'pick-up': { scope: 'review', keys: ['Ctrl+Shift+ArrowUp'] },
  'pick-none': { scope: 'review', keys: ['Alt+.'] },
  'split-off': { scope: 'review', keys: ['y'] },
  'own-series': { scope: 'review', keys: ['l'] },
  'move-images': { scope: 'review', keys: ['g'] },
  'copy-images': { scope: 'review', keys: ['Alt+c'] },
  'join-exam': { scope: 'review', keys: ['j'] },
  'say-body-part': { scope: 'review', keys: ['Alt+b'] },
  'show-rearranging': { scope: 'review', keys: ['Alt+r'] },
  'split-by-patient': { scope: 'review', keys: ['q'] },
  'undo-rearranging': { scope: 'review', keys: ['Alt+z'] },
  'late-to-corrected': { scope: 'review', keys: ['Alt+j'] },
  'late-stays-here': { scope: 'review', keys: ['Alt+k'] },
  'follow-note': { scope: 'review', keys: ['Alt+g'] },
  'dismiss-note': { scope: 'review', keys: ['Alt+x'] },
  'turn-presentation': { scope: 'review', keys: ['Alt+w'] },
  'next-undecided': { scope: 'review', keys: ['Ctrl+ArrowDown'], whileTyping: true },
  back: { scope: 'review', keys: ['Escape'], whileTyping: true },

  'next-image': { scope: 'picture', keys: ['ArrowDown', 'ArrowRight'] },
  'previous-image': { scope: 'picture', keys: ['ArrowUp', 'ArrowLeft'] },
  'first-image': { scope: 'picture', keys: ['Home'] },
  'last-image': { scope: 'picture', keys: ['End'] },
  'next-series': { scope: 'picture', keys: ['PageDown'] },
  'previous-series': { scope: 'picture', keys: ['PageUp'] },
  'tool-window': { scope: 'picture', keys: ['w'] },
  'tool-zoom': { scope: 'picture', keys: ['z'] },
  'tool-pan': { scope: 'picture', keys: ['p'] },
  'tool-scroll': { scope: 'picture', keys: ['s'] },
  'tool-probe': { scope: 'picture', keys: ['Shift+w'] },
  'tool-left': { scope: 'picture', keys: ['Shift+ArrowLeft'] },
  'tool-right': { scope: 'picture', keys: ['Shift+ArrowRight'] },
  'tool-up': { scope: 'picture', keys: ['Shift+ArrowUp'] },
  'tool-down': { scope: 'picture', keys: ['Shift+ArrowDown'] },
  'zoom-in': { scope: 'picture', keys: ['+', '='] },
  'zoom-out': { scope: 'picture', keys: ['-'] },
  fit: { scope: 'picture', keys: ['0'] },
  'one-to-one': { scope: 'picture', keys: ['1'] },
  invert: { scope: 'picture', keys: ['i'] },
  'rotate-right': { scope: 'picture', keys: ['Shift+r'] },
  'rotate-left': { scope: 'picture', keys: ['Shift+t'] },
  'flip-sides': { scope: 'picture', keys: ['Shift+h'] },
  'flip-upside-down': { scope: 'picture', keys: ['Shift+v'] },
  lens: { scope: 'picture', keys: ['Shift+m'] },
  overlays: { scope: 'picture', keys: ['Shift+o'] },
  details: { scope: 'picture', keys: ['Shift+d'] },
  'preset-1': { scope: 'picture', keys: ['2'] },
  'preset-2': { scope: 'picture', keys: ['3'] },
  'preset-3': { scope: 'picture', keys: ['4'] },
  'preset-4': { scope: 'picture', keys: ['5'] },
  'preset-5': { scope: 'picture', keys: ['6'] },
  'preset-6': { scope: 'picture', keys: ['7'] },
  'preset-7': { scope: 'picture', keys: ['8'] },
  'preset-8': { scope: 'picture', keys: ['9'] },
  'next-window': { scope: 'picture', keys: [','] },
  'more-pictures': { scope: 'picture', keys: ['Ctrl+ArrowRight'] },
  'fewer-pictures': { scope: 'picture', keys: ['Ctrl+ArrowLeft'] },
  'next-viewport': { scope: 'picture', keys: ['Shift+n'] },
  'previous-viewport': { scope: 'picture', keys: ['Shift+p'] },
  'link-pictures': { scope: 'picture', keys: ['Shift+l'] },
  'compare-exam': { scope: 'picture', keys: ['Shift+c'] },
  'earlier-exam': { scope: 'picture', keys: ['Shift+e'] },
  'later-exam': { scope: 'picture', keys: ['Shift+q'] },
  'full-screen': { scope: 'picture', keys: ['Shift+f'] },
  'more-tools': { scope: 'picture', keys: ['Shift+y'] },
  'reset-picture': { scope: 'picture', keys: ['r'] },
  cine: { scope: 'picture', keys: [' '] },
  'cine-faster': { scope: 'picture', keys: ['Shift+a'] },
  'cine-slower': { scope: 'picture', keys: ['Shift+s'] },
  'cine-round': { scope: 'picture', keys: ['Shift+b'] },
  'undo-picture': { scope: 'picture', keys: ['Ctrl+z'] },
  'redo-picture': { scope: 'picture', keys: ['Ctrl+y', 'Ctrl+Shift+z'] },
  'black-out-again': { scope: 'picture', keys: ['Shift+u'] },
  draw: { scope: 'picture', keys: ['Shift+g'] },

  'draw-distance': { scope: 'drawing', keys: ['d'] },
  'draw-angle': { scope: 'drawing', keys: ['a'] },
  'draw-cobb': { scope: 'drawing', keys: ['c'] },
  'draw-ellipse': { scope: 'drawing', keys: ['e'] },
  'draw-rectangle': { scope: 'drawing', keys: ['b'] },
  'draw-arrow': { scope: 'drawing', keys: ['w'] },
  'draw-text': { scope: 'drawing', keys: ['t'] },
  'draw-freehand': { scope: 'drawing', keys: ['f'] },
  'draw-marker-left': { scope: 'drawing', keys: ['l'] },
  'draw-marker-right': { scope: 'drawing', keys: ['r'] },
  'draw-shutter-rectangle': { scope: 'drawing', keys: ['s'] },
  'draw-shutter-circle': { scope: 'drawing', keys: ['o'] },
  'draw-shutter-polygon': { scope: 'drawing', keys: ['g'] },
  'draw-crop': { scope: 'drawing', keys: ['x'] },
  'draw-redaction': { scope: 'drawing', keys: ['k'] },
  'draw-calibration': { scope: 'drawing', keys: ['m'] },
  'covers-all': { scope: 'drawing', keys: ['v'] },
  'place-point': { scope: 'drawing', keys: ['Enter'] },
  'cross-left': { scope: 'drawing', keys: ['ArrowLeft'] },
  'cross-right': { scope: 'drawing', keys: ['ArrowRight'] },
  'cross-up': { scope: 'drawing', keys: ['ArrowUp'] },
  'cross-down': { scope: 'drawing', keys: ['ArrowDown'] },
  'cross-left-far': { scope: 'drawing', keys: ['Shift+ArrowLeft'] },
  'cross-right-far': { scope: 'drawing', keys: ['Shift+ArrowRight'] },
  'cross-up-far': { scope: 'drawing', keys: ['Shift+ArrowUp'] },
  'cross-down-far': { scope: 'drawing', keys: ['Shift+ArrowDown'] },
  'next-point': { scope: 'drawing', keys: ['h'] },
  'delete-drawn': { scope: 'drawing', keys: ['Delete', 'Backspace'] },
  'copy-drawn': { scope: 'drawing', keys: ['y'] },
  'clear-drawn': { scope: 'drawing', keys: ['Shift+Delete'] },
  'next-drawing-image': { scope: 'drawing', keys: ['n'] },
  'previous-drawing-image': { scope: 'drawing', keys: ['p'] },
  'end-drawing': { scope: 'drawing', keys: ['Escape'] },

  'choose-files': { scope: 'import', keys: ['o'] },
  'choose-folder': { scope: 'import', keys: ['d'] },

  'next-listed-order': { scope: 'orders', keys: ['ArrowDown'] },
  'previous-listed-order': { scope: 'orders', keys: ['ArrowUp'] },
  'orders-page-down': { scope: 'orders', keys: ['PageDown'] },
  'orders-page-up': { scope: 'orders', keys: ['PageUp'] },
  'first-listed-order': { scope: 'orders', keys: ['Home'] },
  'last-listed-order': { scope: 'orders', keys: ['End'] },
  'use-this-order': { scope: 'orders', keys: ['Enter'] },
  'open-order-exam': { scope: 'orders', keys: ['o'] },
  'search-orders': { scope: 'orders', keys: ['/'] },
  'next-day': { scope: 'orders', keys: ['ArrowRight'] },
  'previous-day': { scope: 'orders', keys: ['ArrowLeft'] },
  'this-day': { scope: 'orders', keys: ['t'] },
  'every-day': { scope: 'orders', keys: ['a'] },
  'refresh-orders': { scope: 'orders', keys: ['r'] },

  'next-line': { scope: 'outbox', keys: ['ArrowDown'] },
  'previous-line': { scope: 'outbox', keys: ['ArrowUp'] },
  'lines-page-down': { scope: 'outbox', keys: ['PageDown'] },
  'lines-page-up': { scope: 'outbox', keys: ['PageUp'] },
  'first-line': { scope: 'outbox', keys: ['Home'] },
  'last-line': { scope: 'outbox', keys: ['End'] },
  'hold-line': { scope: 'outbox', keys: ['h'] },
  'retry-line': { scope: 'outbox', keys: ['r'] },
  'cancel-line': { scope: 'outbox', keys: ['c'] },
  'send-again-line': { scope: 'outbox', keys: ['s'] },
  'reroute-line': { scope: 'outbox', keys: ['g'] },
  'priority-line': { scope: 'outbox', keys: ['u'] },
  'mark-line': { scope: 'outbox', keys: [' '] },
  'mark-down': { scope: 'outbox', keys: ['Shift+ArrowDown'] },
  'mark-up': { scope: 'outbox', keys: ['Shift+ArrowUp'] },
  'mark-none': { scope: 'outbox', keys: ['Escape'] },
  'undo-line': { scope: 'outbox', keys: ['Ctrl+z'] },
  'show-line': { scope: 'outbox', keys: ['Enter'] },
  'open-lines': { scope: 'outbox', keys: ['o'] },
  'pause-all': { scope: 'outbox', keys: ['p'] },
  'show-told': { scope: 'outbox', keys: ['t'] },

  'span-today': { scope: 'statistics', keys: ['1'] },
  'span-7-days': { scope: 'statistics', keys: ['2'] },
  'span-30-days': { scope: 'statistics', keys: ['3'] },
  'span-month': { scope: 'statistics', keys: ['4'] },
  'span-from-to': { scope: 'statistics', keys: ['5'] },
  'span-12-months': { scope: 'statistics', keys: ['6'] },
  'as-tables': { scope: 'statistics', keys: ['t'] },
  'save-table': { scope: 'statistics', keys: ['e'] },
  'save-report': { scope: 'statistics', keys: ['p'] },
  'count-again': { scope: 'statistics', keys: ['r'] },
  'to-kept-back': { scope: 'statistics', keys: ['g'] },
  'every-group': { scope: 'statistics', keys: ['Escape'] },

  'next-device': { scope: 'devices', keys: ['ArrowDown'] },
  'previous-device': { scope: 'devices', keys: ['ArrowUp'] },
  'edit-device': { scope: 'devices', keys: ['Enter', 'e'] },
  'leave-device': { scope: 'devices', keys: ['Escape'], whileTyping: true },
  'add-device': { scope: 'devices', keys: ['n'] },
  'allow-device': { scope: 'devices', keys: ['a'] },
  'ignore-device': { scope: 'devices', keys: ['i'] },
  'block-device': { scope: 'devices', keys: ['b'] },

  'search-setup': { scope: 'setup', keys: ['/'] },
  save: { scope: 'setup', keys: ['Ctrl+Enter'], whileTyping: true },
} as const satisfies Record<string, Command>;

export type CommandId = keyof typeof commands;

/** Every key of a part of the window, as a person reads it. */
export const keysOf = (scope: Scope): ReadonlySet<string> =>
  new Set(
    Object.values<Command>(commands)
      .filter((command) => command.scope === scope)
      .flatMap(({ keys }) => keys.map(sayKey)),
  );

/** The key of a command as `aria-keyshortcuts` wants it ('Control+Enter'). */
export const ariaKeys = (id: CommandId): string =>
  commands[id].keys
    .map((key) => key.replace('Ctrl+', 'Control+').replace(/^ $/, 'Space').replace(/^\+$/, 'Plus'))
    .join(' ');

const shown: Readonly<Record<string, string>> = {
  ArrowDown: '↓',
  ArrowUp: '↑',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  ' ': 'Space',
  PageDown: 'Pg ↓',
  PageUp: 'Pg ↑',
};

/** The key of a command as a person reads it ('Ctrl Enter'). */
export function sayKey(key: string): string {
  const parts = key === '+' ? ['+'] : key.split('+');
  return parts.map((part) => shown[part] ?? (part.length === 1 ? part.toUpperCase() : part)).join(' ');
}

/** The first key of a command as a person reads it. */
export const keyOf = (id: CommandId): string => sayKey(commands[id].keys[0]);
