// A far destination behind a slow line: 100 Mbit/s (tc tbf) and a round trip of 50 ms (a delaying proxy), in a network
// namespace of its own. How much of the line one, four and eight associations fill, in turn, medians. Prints one table;
// needs the right to make a namespace.
//
// Each byte crosses the loopback twice, before and behind the proxy: the bucket there is given twice the line.
//
//   node test/soak/slow-line.ts [rounds]
import { execFileSync, spawnSync } from 'node:child_process';
import os from 'node:os';
import { startStorescp } from '../bench/processes.ts';
import { startFaultProxy } from '../faults/fault-proxy.ts';
import { middle, openForwardingRun } from '../faults/forwarding-run.ts';
import { secondaryCaptureClass, smallImage } from '../peers/programs/small-image.ts';
import type { ObjectUids } from '../station/5-forward/approved-exam.ts';

const rounds = Number(process.argv[2] ?? 3);
const lineBytesPerSecond = 100e6 / 8;
const roundTripMs = 50;
const goals = { shareOfLine: 0.8, gain: 3 };
const counts = [1, 4, 8];
const kinds = [
  { name: 'CT, 0.5 MiB', bytes: 512 * 1024, objects: 120 },
  { name: 'small, 20 KiB', bytes: 20 * 1024, objects: 240 },
];

/** Trailing padding (PS3.5 7.2) makes it as long as it is to be. */
function imageOf(bytes: number, uids: ObjectUids): Buffer {
  const image = smallImage(uids);
  const head = Buffer.from('fcfffcff4f42000000000000', 'hex');
  const rest = Math.max(0, bytes - image.length - head.length) & ~1;
  head.writeUInt32LE(rest, 8);
  return Buffer.concat([image, head, Buffer.alloc(rest, 0x55)]);
}

async function measure(associations: number, { bytes, objects }: (typeof kinds)[number]): Promise<number> {
  const peer = await startStorescp();
  const proxy = await startFaultProxy(peer.port, { delayMs: roundTripMs / 2 });
  const run = await openForwardingRun([{ id: 'archive', port: proxy.port, confirm: 'none', associations }]);
  const approve = (count: number) =>
    run.shelf.book.transaction(() => {
      const one = { sopClass: secondaryCaptureClass, make: (uids: ObjectUids) => imageOf(bytes, uids) };
      const exam = run.shelf.exam(Array.from({ length: count }, () => one));
      run.forward.enqueue(exam.id, exam.revisions);
    });
  try {
    approve(8);
    await run.untilArrived('archive', 8);
    run.forward.pause('archive', true);
    approve(objects);
    run.forward.pause('archive', false);
    return await run.untilArrived('archive', objects + 8);
  } finally {
    await run.close();
    await proxy.close();
    await peer.close();
  }
}

async function inside(): Promise<void> {
  execFileSync('ip', ['link', 'set', 'lo', 'up']);
  execFileSync('tc', 'qdisc add dev lo root tbf rate 200mbit burst 256kb latency 400ms'.split(' '));
  console.log(`A line of 100 Mbit/s, ${roundTripMs} ms there and back. Load ${os.loadavg()[0]?.toFixed(1)}.\n`);
  console.log('| objects | associations | objects/s | MB/s | share of the line | x one association | goal | reached |');
  console.log('|---|---|---|---|---|---|---|---|');
  let isReached = true;
  for (const kind of kinds) {
    const seconds = new Map<number, number[]>(counts.map((count) => [count, []]));
    for (let round = 0; round < rounds; round++)
      for (const [count, found] of seconds) found.push(await measure(count, kind));
    const one = middle(seconds.get(1) ?? []);
    for (const [count, found] of seconds) {
      const rate = kind.objects / middle(found);
      const share = (rate * kind.bytes) / lineBytesPerSecond;
      const gain = one / middle(found);
      const isGoal = count === 8;
      const isWell = share >= goals.shareOfLine || gain >= goals.gain;
      if (isGoal) isReached &&= isWell;
      const goal = isGoal ? `${goals.shareOfLine} of the line, or ${goals.gain} x` : '';
      const cells = [
        ...[kind.name, count, rate.toFixed(1), ((rate * kind.bytes) / 1e6).toFixed(1), share.toFixed(2)],
        ...[gain.toFixed(2), goal, isGoal ? (isWell ? 'yes' : 'no') : ''],
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
  process.exitCode = isReached ? 0 : 1;
}

if (process.env['SAFELIGHT_SLOW_LINE'] === 'inside') await inside();
else {
  const name = `safelight-${process.pid}`;
  const made = spawnSync('ip', ['netns', 'add', name], { encoding: 'utf8' });
  if (made.status !== 0) {
    console.log(`NOT VERIFIED: no network namespace to be had: ${(made.stderr ?? String(made.error)).trim()}`);
  } else {
    try {
      const environment = { ...process.env, SAFELIGHT_SLOW_LINE: 'inside' };
      const words = ['netns', 'exec', name, process.execPath, import.meta.filename, String(rounds)];
      process.exitCode = spawnSync('ip', words, { stdio: 'inherit', env: environment }).status ?? 1;
    } finally {
      spawnSync('ip', ['netns', 'del', name]);
    }
  }
}
