// R6, in real time: a destination that is gone for so many minutes while exams are approved. Everything must be delivered
// without a human act, and flow within 60 s after it is back. Prints one table.
//
//   node test/soak/outage.ts [minutes] [exams a minute]
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ended, freePort, untilEchoed } from '../bench/processes.ts';
import { openForwardingRun } from '../faults/forwarding-run.ts';

const minutes = Number(process.argv[2] ?? 20);
const examsPerMinute = Number(process.argv[3] ?? 2);
const objects = 20;
const goalSeconds = 60;

const folder = await mkdtemp(path.join(os.tmpdir(), 'safelight-outage-'));
const port = await freePort();
const start = async (): Promise<ChildProcess> => {
  const child = spawn('storescp', ['+B', '+xa', '--promiscuous', '-od', folder, String(port)], {
    env: { ...process.env, TCP_NODELAY: '1' },
    stdio: 'ignore',
  });
  await untilEchoed(port);
  return child;
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let peer = await start();
const run = await openForwardingRun([{ id: 'archive', port, confirm: 'none', associations: 4 }]);
try {
  run.approve(objects);
  await run.untilArrived('archive', objects);
  peer.kill('SIGKILL');
  await ended(peer);
  let approved = objects;
  const until = performance.now() + minutes * 60_000;
  while (performance.now() < until) {
    run.approve(objects);
    approved += objects;
    await pause(Math.min(60_000 / examsPerMinute, Math.max(0, until - performance.now())));
  }
  const before = run.arrived('archive');
  peer = await start();
  const flowing = await run.untilArrived('archive', before + 1, 180_000);
  const whole = flowing + (await run.untilArrived('archive', approved, 600_000));
  const { blocked } = run.forward.queueCounts();
  const isReached = flowing <= goalSeconds && blocked === 0;
  console.log(
    '| away, min | objects that waited | flowing again after, s | all there after, s | blocked | goal | reached |',
  );
  console.log('|---|---|---|---|---|---|---|');
  const cells = [
    minutes,
    approved - before,
    flowing.toFixed(1),
    whole.toFixed(1),
    blocked,
    `<= ${goalSeconds} s, 0 blocked`,
  ];
  console.log(`| ${cells.join(' | ')} | ${isReached ? 'yes' : 'no'} |`);
  process.exitCode = isReached ? 0 : 1;
} finally {
  await run.close();
  peer.kill('SIGKILL');
  await ended(peer);
  await rm(folder, { recursive: true, force: true });
}
