// The one keyboard of the window, handed down by context.
import { createContext, onMount } from 'svelte';
import type { Actions, Keyboard } from './keyboard.ts';

export const [useKeyboard, provideKeyboard] = createContext<Keyboard>();

/** Binds actions for as long as the component that calls this is on screen. */
export function bindKeys(actions: Actions): void {
  const keyboard = useKeyboard();
  onMount(() => keyboard.bind(actions));
}
