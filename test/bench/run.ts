// npm run bench: where we stand beside DCMTK and Orthanc, measured in the same run, in turn, medians. Never a timed test.
//
//   npm run bench                      all rows, BENCH_ROUNDS rounds (5)
//   npm run bench -- --quick           four receive rows, two rounds
//   npm run bench -- 'CT 1' tiny       the rows that begin so; those of sending begin with 'send'; 'forward'
import { benchForwarding } from './forwarding.ts';
import { benchReceiving, isQuickReceiveCase } from './receiving.ts';
import { benchSending } from './sending.ts';

const rounds = (quick: boolean) => Number(process.env['BENCH_ROUNDS'] ?? (quick ? 2 : 5));

const words = process.argv.slice(2);
const quick = words.includes('--quick');
const only = words.filter((word) => !word.startsWith('--'));
const wanted = (name: string) =>
  only.length > 0 ? only.some((word) => name.startsWith(word)) : !quick || isQuickReceiveCase(name);

await benchReceiving(rounds(quick), wanted);
if (only.length === 0 ? !quick : only.some((word) => word.startsWith('send')))
  await benchSending(rounds(quick), wanted);
if (only.length === 0 ? !quick : only.includes('forward')) await benchForwarding(rounds(quick));
