// What can be done by key, and who hears it.
export { bindKeys, provideKeyboard, useKeyboard } from './context.ts';
export { Keyboard, type Actions } from './keyboard.ts';
export { ariaKeys, commands, keyOf, keysOf, sayKey, type CommandId, type Scope } from './table.ts';
export { Scanner } from './scanner.ts';
