// R7: what a dead destination costs the other one. Two destinations, one of them well (storescp); the other refuses the
// connection, accepts it and says nothing, or takes 1 kB a second. In turn without and with it. Prints one table.
//
//   node test/soak/one-dead-destination.ts [objects] [rounds]
import net from 'node:net';
import os from 'node:os';
import { freePort, startStorescp } from '../bench/processes.ts';
import { startFaultProxy } from '../faults/fault-proxy.ts';
import { middle, openForwardingRun } from '../faults/forwarding-run.ts';

const objects = Number(process.argv[2] ?? 1000);
const rounds = Number(process.argv[3] ?? 5);
const goal = 0.95;

type Dead = { readonly port: number; close(): Promise<unknown> };
const kinds: Readonly<Record<string, () => Promise<Dead>>> = {
  refuses: async () => ({ port: await freePort(), close: async () => {} }),
  'says nothing': async () => {
    const sockets = new Set<net.Socket>();
    const server = net.createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const close = async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    };
    return { port: (server.address() as net.AddressInfo).port, close };
  },
  'takes 1 kB a second': async () => {
    const peer = await startStorescp();
    const proxy = await startFaultProxy(peer.port, { bytesPerSecond: 1000 });
    return { port: proxy.port, close: async () => (await proxy.close(), await peer.close()) };
  },
};

async function measure(deadPort: number | undefined): Promise<number> {
  const well = await startStorescp();
  const run = await openForwardingRun([
    { id: 'well', port: well.port, confirm: 'none', associations: 4 },
    ...(deadPort === undefined ? [] : [{ id: 'dead', port: deadPort, confirm: 'none' as const, associations: 4 }]),
  ]);
  try {
    run.approve(50);
    await run.untilArrived('well', 50);
    run.approve(objects);
    return await run.untilArrived('well', objects + 50);
  } finally {
    await run.close();
    await well.close();
  }
}

console.log(`R7: ${objects} objects, medians of ${rounds} pairs. Load ${os.loadavg()[0]?.toFixed(1)}.\n`);
console.log('| the other destination | alone, objects/s | beside it | share of its speed | goal | reached |');
console.log('|---|---|---|---|---|---|');
let isReached = true;
for (const [name, start] of Object.entries(kinds)) {
  const pairs: (readonly [alone: number, beside: number])[] = [];
  for (let round = 0; round < rounds; round++) {
    const alone = await measure(undefined);
    const dead = await start();
    try {
      pairs.push([alone, await measure(dead.port)]);
    } finally {
      await dead.close();
    }
  }
  const share = middle(pairs.map(([alone, beside]) => alone / beside));
  isReached &&= share >= goal;
  const rate = (at: 0 | 1) => (objects / middle(pairs.map((pair) => pair[at]))).toFixed(0);
  console.log(
    `| ${name} | ${rate(0)} | ${rate(1)} | ${share.toFixed(2)} | >= ${goal} | ${share >= goal ? 'yes' : 'no'} |`,
  );
}
process.exitCode = isReached ? 0 : 1;
