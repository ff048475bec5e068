// Where a station keeps its data when nobody says where.
import { expect, it } from 'vitest';
import { defaultHome } from '#station/kit/home-folder.ts';

it.each<[NodeJS.Platform, Record<string, string>, string]>([
  ['linux', {}, '/home/ann/.local/share/Safelight'],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/Safelight'],
  ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ann/.local/share/Safelight'],
  ['darwin', {}, '/home/ann/Library/Application Support/Safelight'],
])('is where %s with %o wants the data of programs', (platform, environment, expected) => {
  expect(defaultHome(platform, environment, '/home/ann')).toBe(expected);
});

it('is in the local data of the person on Windows', () => {
  const local = { LOCALAPPDATA: String.raw`D:\Local` };
  expect(defaultHome('win32', local, String.raw`C:\Users\ann`)).toBe(String.raw`D:\Local\Safelight`);
  expect(defaultHome('win32', {}, String.raw`C:\Users\ann`)).toBe(String.raw`C:\Users\ann\AppData\Local\Safelight`);
});
