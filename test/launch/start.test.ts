// `npm start` and `npm run demo` as programs, built: what they print and how they end.
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { keepRunning, run, temporaryFolder } from '../peers/programs/index.ts';

const projectFolder = path.resolve(import.meta.dirname, '../..');
const program = (name: string) => path.join(projectFolder, `dist/main/${name}.js`);

beforeAll(() => {
  if (!existsSync(program('start'))) throw new Error('run "npm run build" first');
});

/** Starts a program, gives what it has said when `sign` is in it, then ends it by `signal`. */
async function sayUntil(words: readonly string[], sign: RegExp, signal: NodeJS.Signals) {
  const running = keepRunning(process.execPath, words, { env: { CI: '1', DISPLAY: '', WAYLAND_DISPLAY: '' } });
  try {
    await expect.poll(() => sign.exec(running.output())).not.toBeNull();
    const address = /http:\/\/127\.0\.0\.1:\d+\/#token=\S+/.exec(running.output())?.[0] ?? '';
    const page = await fetch(address);
    return { said: running.output(), address, page: page.status, policy: page.headers.get('content-security-policy') };
  } finally {
    await running.close(signal);
  }
}

it('the workstation starts headless without a terminal, says so and prints the address', async () => {
  const home = await temporaryFolder('start');
  const words = [program('start'), '--home', home.path, '--dicom-port', '0'];
  const { said, address, page, policy } = await sayUntil(words, /Open in a browser/, 'SIGTERM');
  expect(said).toMatch(/Starting headless/);
  expect(said).toMatch(/Receiving DICOM as SAFELIGHT on port [1-9]\d*\./);
  expect(address).toMatch(/#token=[\w-]{20,}$/);
  expect(page).toBe(200);
  expect(policy).toContain("default-src 'none'");
  await home.close();
});

it('the demo prints the address and leaves nothing behind', async () => {
  const demos = async () => (await readdir(os.tmpdir())).filter((name) => name.startsWith('safelight-demo-'));
  const before = await demos();
  const { said, page } = await sayUntil([program('demo')], /Ctrl\+C/, 'SIGINT');
  expect(said).toContain('Demo archive: DEMOARCHIVE on port');
  expect(said).toContain('Demo cache: DEMOCACHE on port');
  expect(page).toBe(200);
  const mine = /data is in (\S+)/.exec(said)?.[1] ?? '';
  expect(existsSync(mine)).toBe(false);
  expect(before).not.toContain(path.basename(mine));
});

it.each(['start', 'demo'])('%s says what it did not understand', async (name) => {
  for (const words of [
    ['--hom', 'x'],
    ['--http-port', '70000'],
  ]) {
    const { code, output } = await run(process.execPath, [program(name), ...words]);
    expect(code).toBe(2);
    expect(output).toContain('Usage: npm ');
  }
});

it('a second start on the same home says that it is in use', async () => {
  const home = await temporaryFolder('twice');
  const words = [program('start'), '--headless', '--home', home.path, '--dicom-port', '0'];
  const first = keepRunning(process.execPath, words);
  await expect.poll(first.output).toContain('Open in a browser');
  const { code, output } = await run(process.execPath, words);
  expect(code).toBe(1);
  expect(output).toContain('home-in-use');
  await first.close();
  await home.close();
});
