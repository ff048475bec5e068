// Which home the command line means. Electron adds words of its own to it, before and between ours.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { defaultHome } from '#station/kit/home-folder.ts';

/** @param words the whole command line, program first. */
export function readHome(words: readonly string[]): string {
  const { values } = parseArgs({ args: words.slice(1), options: { home: { type: 'string' } }, strict: false });
  return path.resolve(typeof values.home === 'string' ? values.home : defaultHome());
}
