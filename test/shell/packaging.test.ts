// The installers' content, built with a folder that stands in for Electron: what is packed, and that it runs.
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { extractAll, extractFile, listPackage, statFile } from '@electron/asar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepRunning, run, temporaryFolder, type TemporaryFolder } from '../peers/programs/index.ts';
import { projectFolder } from './launch-shell.ts';

let folder: TemporaryFolder;
let asar: string;
let files: ReadonlySet<string>;

beforeAll(async () => {
  if (!existsSync(path.join(projectFolder, 'dist/main/electron.js'))) throw new Error('run "npm run build" first');
  folder = await temporaryFolder('packaging');
  await buildWithStandIn();
  asar = path.join(folder.path, 'release/linux-unpacked/resources/app.asar');
  files = new Set(listPackage(asar, { isPack: false }).map((file) => file.replaceAll('\\', '/')));
}, 240_000);
afterAll(() => folder?.close());

/** electron-builder as shipped, with a folder for Electron and without fuses, which need the real program. */
async function buildWithStandIn(): Promise<void> {
  const standIn = path.join(folder.path, 'electron');
  await mkdir(path.join(standIn, 'resources'), { recursive: true });
  await mkdir(path.join(standIn, 'locales'));
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'locales/en-US.pak', 'version', 'electron']) {
    await writeFile(path.join(standIn, name), '');
  }
  await chmod(path.join(standIn, 'electron'), 0o755);
  const configuration = path.join(folder.path, 'builder.json');
  await writeFile(
    configuration,
    JSON.stringify({
      extends: path.join(projectFolder, 'electron-builder.yml'),
      electronDist: standIn,
      electronFuses: null,
      directories: { output: path.join(folder.path, 'release') },
    }),
  );
  const builder = path.join(projectFolder, 'node_modules/electron-builder/cli.js');
  const words = [
    builder,
    '--linux',
    'dir',
    '--publish',
    'never',
    '--config',
    configuration,
    '--projectDir',
    projectFolder,
  ];
  const { code, output } = await run(process.execPath, words, { withinMs: 230_000 });
  if (code !== 0) throw new Error(output);
}

const read = (file: string): string => extractFile(asar, file.slice(1)).toString('utf8');

describe('the package', () => {
  it('holds what the workstation needs', () => {
    const main = JSON.parse(read('/package.json')) as { readonly main: string };
    const needed = [
      '/package.json',
      '/LICENSE',
      `/${main.main}`,
      '/dist/main/station.js',
      '/dist/main/preload.cjs',
      '/dist/main/frame-worker.js',
      '/dist/main/checkpoint-worker.js',
      '/dist/renderer/index.html',
      '/resources/icons/window.png',
      '/resources/icons/tray.png',
      '/resources/fonts/DroidSansFallbackFull.ttf',
    ];
    expect(needed.filter((file) => !files.has(file))).toEqual([]);
  });

  it('holds nothing that only makes or tests it', () => {
    const unwanted = [
      /\.map$/,
      /\.tsx?$/,
      /^\/src-/,
      /^\/test\//,
      /^\/node_modules\/node-(linux|win|darwin)-/,
      /\.dcm$/,
    ];
    const tools = /^\/node_modules\/(electron|electron-builder|vite|vitest|svelte|typescript|playwright|eslint)\//;
    expect([...files].filter((file) => [...unwanted, tools].some((pattern) => pattern.test(file)))).toEqual([]);
  });

  it('holds every library that its programs import', () => {
    const missing = [...files]
      .filter((file) => /^\/dist\/main\/[^/]+\.c?js$/.test(file))
      .flatMap((file) => importsOf(read(file)))
      .filter((name) => name !== 'electron' && !builtinModules.includes(name) && !optional.has(name))
      .filter((name) => !files.has(`/node_modules/${name}/package.json`));
    expect([...new Set(missing)]).toEqual([]);
  });

  it('keeps native code outside the archive, for this platform only', () => {
    const native = [...files].filter((file) => file.endsWith('.node'));
    expect(native.filter((file) => !(statFile(asar, file.slice(1)) as { unpacked?: boolean }).unpacked)).toEqual([]);
    const prebuilds = native.filter((file) => file.includes('better-sqlite3'));
    expect(prebuilds.map((file) => path.basename(file))).toEqual([`${process.platform}-${process.arch}.node`]);
  });

  it('starts a station from nothing but what it holds', async () => {
    const unpacked = path.join(folder.path, 'app');
    extractAll(asar, unpacked);
    const home = path.join(folder.path, 'home');
    const words = [path.join(unpacked, 'dist/main/headless.js'), '--home', home, '--dicom-port', '0'];
    const running = keepRunning(process.execPath, words, { cwd: folder.path });
    try {
      await expect.poll(running.output).toContain('"ready":true');
    } finally {
      await running.close();
    }
  });
});

/** `ws` tries these and does without. */
const optional = new Set(['bufferutil', 'utf-8-validate']);

function importsOf(code: string): readonly string[] {
  const found = code.matchAll(/(?:\bfrom|\bimport|\brequire\()\s*["']([^"'.#][^"']*)["']/g);
  return [...found]
    .map(([, name = '']) => name)
    .filter((name) => !name.startsWith('node:') && /^[@a-z]/.test(name))
    .map((name) => name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
}

describe('the description of the installers', () => {
  it('names every kind of installer, closes the fuses and holds no secret', async () => {
    const text = await readFile(path.join(projectFolder, 'electron-builder.yml'), 'utf8');
    for (const kind of ['nsis', 'deb', 'AppImage', 'dmg']) expect(text).toContain(kind);
    for (const fuse of ['runAsNode: false', 'onlyLoadAppFromAsar: true', 'enableNodeCliInspectArguments: false']) {
      expect(text).toContain(fuse);
    }
    expect(text).not.toMatch(/password|token|certificateFile|identity:/i);
  });

  it('names the Electron that is installed', async () => {
    const text = await readFile(path.join(projectFolder, 'electron-builder.yml'), 'utf8');
    const installed = JSON.parse(
      await readFile(path.join(projectFolder, 'node_modules/electron/package.json'), 'utf8'),
    ) as { readonly version: string };
    expect(text).toContain(`electronVersion: ${installed.version}`);
  });
});
