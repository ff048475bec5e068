// Finding Electron's program without importing the package that would download it.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { findElectronProgram } from '../../src-main/launch/electron-program.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/index.ts';

let project: TemporaryFolder;
beforeEach(async () => {
  project = await temporaryFolder('launch');
  await mkdir(path.join(project.path, 'node_modules/electron/dist'), { recursive: true });
});
afterEach(() => project.close());

const put = (name: string, text = '') => writeFile(path.join(project.path, name), text);
const find = (environment = {}) => findElectronProgram(project.path, environment);

it('is not there after a plain npm ci', () => {
  expect(find()).toBeUndefined();
});

it('is not there when only its note is', async () => {
  await put('node_modules/electron/path.txt', 'electron');
  expect(find()).toBeUndefined();
});

it('is there after its installer ran', async () => {
  await put('node_modules/electron/path.txt', 'electron');
  await put('node_modules/electron/dist/electron');
  expect(find()).toBe(path.join(project.path, 'node_modules/electron/dist/electron'));
});

it.skipIf(process.platform !== 'linux')('is taken from where the environment says', async () => {
  await put('electron');
  expect(find({ ELECTRON_OVERRIDE_DIST_PATH: project.path })).toBe(path.join(project.path, 'electron'));
  expect(find({ ELECTRON_OVERRIDE_DIST_PATH: path.join(project.path, 'elsewhere') })).toBeUndefined();
});
