// Prints what becomes of a delivery for every answer of an archive, once and always, expected beside seen. Ends with 0 only when
// they are equal. The table stands in docs/TESTING.md.
import { asTable, fates, tryEveryAnswer } from '../faults/archive-answers.ts';

const seen = await tryEveryAnswer();
console.info(asTable(seen));
const wrong = seen.filter(
  ({ class: classOf, seen: { once, always } }) => once !== fates[classOf].once || always !== fates[classOf].always,
);
console.info(`\n${seen.length} answers, ${wrong.length} of them otherwise than expected`);
process.exitCode = wrong.length === 0 ? 0 : 1;
