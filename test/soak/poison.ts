// R8: one object in a thousand that breaks the connection or is never answered, and how long the other 999 take. In turn
// without and with it, over one association and over four. Prints one table.
//
//   node test/soak/poison.ts [objects] [rounds]
import os from 'node:os';
import { startStorescp } from '../bench/processes.ts';
import { startFaultProxy, type Fault } from '../faults/fault-proxy.ts';
import { middle, openForwardingRun } from '../faults/forwarding-run.ts';

const objects = Number(process.argv[2] ?? 1000);
const rounds = Number(process.argv[3] ?? 5);
const goal = 1.1;

/** Seconds until all but the poisonous one have arrived. */
async function measure(associations: number, fault: Fault | undefined): Promise<number> {
  const peer = await startStorescp();
  const proxy = await startFaultProxy(peer.port);
  const run = await openForwardingRun([{ id: 'archive', port: proxy.port, confirm: 'none', associations }]);
  try {
    run.approve(50);
    await run.untilArrived('archive', 50);
    run.forward.pause('archive', true);
    const exam = run.approve(objects);
    const poison = Buffer.from(exam.revisions[objects >> 1]?.uid ?? '', 'latin1');
    if (fault) {
      proxy.follow({
        faultFor: ({ way, bytes }) => (way === 'to-server' && bytes.includes(poison) ? fault : undefined),
      });
    }
    run.forward.pause('archive', false);
    return await run.untilArrived('archive', 50 + objects - (fault ? 1 : 0));
  } finally {
    await run.close();
    await proxy.close();
    await peer.close();
  }
}

const faults = { 'breaks the connection': { kind: 'reset' }, 'is never answered': { kind: 'silence' } } as const;

console.log(`R8: 1 poison object in ${objects}, medians of ${rounds} pairs. Load ${os.loadavg()[0]?.toFixed(1)}.\n`);
console.log('| the object | associations | without it, s | with it, s | times as long | goal | reached |');
console.log('|---|---|---|---|---|---|---|');
let isReached = true;
for (const [name, fault] of Object.entries(faults)) {
  for (const associations of [1, 4]) {
    const pairs: (readonly [number, number])[] = [];
    for (let round = 0; round < rounds; round++) {
      pairs.push([await measure(associations, undefined), await measure(associations, fault)]);
    }
    const times = middle(pairs.map(([without, beside]) => beside / without));
    isReached &&= times <= goal;
    const [without, beside] = [middle(pairs.map((pair) => pair[0])), middle(pairs.map((pair) => pair[1]))];
    const cells = [name, associations, without.toFixed(2), beside.toFixed(2), times.toFixed(2), `<= ${goal}`];
    console.log(`| ${cells.join(' | ')} | ${times <= goal ? 'yes' : 'no'} |`);
  }
}
process.exitCode = isReached ? 0 : 1;
