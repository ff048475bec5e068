// Loaded into the station by --import: tells over the channel to its parent how late its event loop was.
// 'begin' starts anew; 'read' is answered with the lateness since then.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';

const resolution = 10;
const delay = monitorEventLoopDelay({ resolution });
let before = performance.eventLoopUtilization();
delay.enable();

process.on('message', (message) => {
  if (message === 'begin') {
    delay.reset();
    before = performance.eventLoopUtilization();
  }
  if (message !== 'read') return;
  const late = (ns: number) => Math.max(0, ns / 1e6 - resolution);
  const { utilization } = performance.eventLoopUtilization(before);
  process.send?.({
    p50: late(delay.percentile(50)),
    p99: late(delay.percentile(99)),
    max: late(delay.max),
    utilization,
  });
});
process.channel?.unref();
