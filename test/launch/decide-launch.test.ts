// How the workstation starts, case by case.
import { describe, expect, it } from 'vitest';
import { decideLaunch, type LaunchFacts } from '../../src-main/launch/decide-launch.ts';

const atADesk: LaunchFacts = {
  headlessAsked: false,
  platform: 'linux',
  display: true,
  root: false,
  electronProgram: '/opt/electron',
  terminal: true,
  ci: false,
};
const electron = { kind: 'electron', program: '/opt/electron' };
const headless = (because: string) => ({ kind: 'headless', because });
const missing = { electronProgram: undefined };

describe('npm start', () => {
  it.each<[string, Partial<LaunchFacts>, object]>([
    ['opens the window where Electron is', {}, electron],
    ['opens the window where Electron is, also without a terminal', { terminal: false }, electron],
    ['opens the window where Electron is, also with CI set', { ci: true, terminal: false }, electron],
    ['starts headless when asked', { headlessAsked: true }, headless('asked')],
    ['starts headless without a display', { display: false }, headless('no-display')],
    ['does not fetch Electron without a display', { ...missing, display: false }, headless('no-display')],
    ['starts headless as root, rather than without a sandbox', { root: true }, headless('root')],
    ['needs no display variable on Windows', { platform: 'win32', display: false }, electron],
    ['needs no display variable on a Mac', { platform: 'darwin', display: false, root: true }, electron],
    ['fetches Electron for a person at a terminal', missing, { kind: 'fetch-electron' }],
    ['downloads nothing with CI set', { ...missing, ci: true }, headless('no-electron-ci')],
    ['downloads nothing without a terminal', { ...missing, terminal: false }, headless('no-electron-no-terminal')],
  ])('%s', (_name, facts, expected) => {
    expect(decideLaunch({ ...atADesk, ...facts })).toEqual(expected);
  });
});
