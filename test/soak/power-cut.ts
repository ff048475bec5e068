// R2: the power is cut while three devices send to a station in a guest of its own. What was acknowledged must be on the image:
// bytes and book as they lie there, and again after a start. `node test/soak/power-cut.ts [cuts]` prints one table.
import { randomInt } from 'node:crypto';
import { cutPower, powerCutIsMissing } from '../faults/power-cut.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const cuts = Number(process.argv[2] ?? 5);
const missing = powerCutIsMissing();
if (missing !== undefined) {
  console.warn(`NOT VERIFIED: power cut (${missing})`);
  process.exit(0);
}
console.log('R2: power cuts (user-mode-linux guest on ext4, kill -9 of the guest)\n');
console.log('| cut | after | acknowledged | breaches on the image | breaches after the start | listening again |');
console.log('|---|---|---|---|---|---|');
let acknowledgedInAll = 0;
let breachesInAll = 0;
for (let number = 1; number <= cuts; number++) {
  const folder = await temporaryFolder('power-cut');
  try {
    const afterMs = 200 + randomInt(3_000);
    const { acknowledged, breaches, breachesAfterStart, startMs } = await cutPower(folder.path, afterMs);
    acknowledgedInAll += acknowledged;
    breachesInAll += breaches.length + breachesAfterStart.length;
    console.log(
      `| ${number} | ${afterMs} ms | ${acknowledged} | ${breaches.length} | ${breachesAfterStart.length} | ${Math.round(startMs)} ms |`,
    );
    for (const words of [...breaches, ...breachesAfterStart]) console.error(`cut ${number}: ${words}`);
  } finally {
    await folder.close();
  }
}
console.log(`\n${cuts} cuts, ${acknowledgedInAll} acknowledged, ${breachesInAll} breaches`);
process.exitCode = breachesInAll > 0 ? 1 : 0;
