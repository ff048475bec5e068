// Every long test, one after the other: `npm run soak [names...]`. Each is a program of its own that prints a table and
// ends with 0 when its figure is reached; another file beside this one is another entry. `npm run soak kills power-cut`
// runs two of them; words behind `--` go to the program: `npm run soak half-hour -- -- 3`.
//
// The station that is measured is the one that was built. What could not be looked at is said again at the end.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import path from 'node:path';

const here = import.meta.dirname;
const all = readdirSync(here)
  .filter((name) => name.endsWith('.ts') && name !== 'run.ts')
  .map((name) => name.slice(0, -3))
  .sort();
const words = process.argv.slice(2);
const split = words.includes('--') ? words.indexOf('--') : words.length;
const asked = words.slice(0, split);
const passedOn = words.slice(split + 1);
const unknown = asked.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. There are: ${all.join(', ')}`);
  process.exit(2);
}

type Ended = { readonly name: string; readonly code: number; readonly minutes: number; readonly notVerified: string[] };

async function run(name: string): Promise<Ended> {
  const began = performance.now();
  const child = spawn(process.execPath, [path.join(here, `${name}.ts`), ...passedOn], {
    cwd: path.resolve(here, '../..'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { SAFELIGHT_STATION: 'dist/main/headless.js', ...process.env },
  });
  let said = '';
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    from.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-100_000);
      to.write(text);
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  const notVerified = [...new Set(said.match(/^NOT VERIFIED.*$/gm))];
  return { name, code: code ?? 1, minutes: (performance.now() - began) / 60_000, notVerified };
}

const ended: Ended[] = [];
for (const name of asked.length > 0 ? asked : all) {
  console.log(`\n## ${name}\n`);
  ended.push(await run(name));
}
console.log('\n## Summary\n\n| long test | outcome | minutes |\n|---|---|---|');
for (const { name, code, minutes, notVerified } of ended) {
  const outcome = code !== 0 ? 'FAILED' : notVerified.length > 0 ? 'not verified in part' : 'well';
  console.log(`| ${name} | ${outcome} | ${minutes.toFixed(1)} |`);
}
for (const line of new Set(ended.flatMap(({ notVerified }) => notVerified))) console.log(line);
process.exitCode = ended.some(({ code }) => code !== 0) ? 1 : 0;
