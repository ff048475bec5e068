// PS3.8 table 9-10 as it is printed, for the tests to hold the station against: a line for each event, a column for each
// state. A dot is a blank cell.
import type { Action, State } from '#station/dicom/network/state-table.ts';

const printed = `
       Sta1 Sta2 Sta3 Sta4 Sta5 Sta6 Sta7 Sta8 Sta9 Sta10 Sta11 Sta12 Sta13
Evt1   AE-1 .    .    .    .    .    .    .    .    .     .     .     .
Evt2   .    .    .    AE-2 .    .    .    .    .    .     .     .     .
Evt3   .    AA-1 AA-8 .    AE-3 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8  AA-8  AA-6
Evt4   .    AA-1 AA-8 .    AE-4 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8  AA-8  AA-6
Evt5   AE-5 .    .    .    .    .    .    .    .    .     .     .     .
Evt6   .    AE-6 AA-8 .    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8  AA-8  AA-7
Evt7   .    .    AE-7 .    .    .    .    .    .    .     .     .     .
Evt8   .    .    AE-8 .    .    .    .    .    .    .     .     .     .
Evt9   .    .    .    .    .    DT-1 .    AR-7 .    .     .     .     .
Evt10  .    AA-1 AA-8 .    AA-8 DT-2 AR-6 AA-8 AA-8 AA-8  AA-8  AA-8  AA-6
Evt11  .    .    .    .    .    AR-1 .    .    .    .     .     .     .
Evt12  .    AA-1 AA-8 .    AA-8 AR-2 AR-8 AA-8 AA-8 AA-8  AA-8  AA-8  AA-6
Evt13  .    AA-1 AA-8 .    AA-8 AA-8 AR-3 AA-8 AA-8 AR-10 AR-3  AA-8  AA-6
Evt14  .    .    .    .    .    .    .    AR-4 AR-9 .     .     AR-4  .
Evt15  .    .    AA-1 AA-2 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1  AA-1  AA-1  .
Evt16  .    AA-2 AA-3 .    AA-3 AA-3 AA-3 AA-3 AA-3 AA-3  AA-3  AA-3  AA-2
Evt17  .    AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4  AA-4  AA-4  AR-5
Evt18  .    AA-2 .    .    .    .    .    .    .    .     .     .     AA-2
Evt19  .    AA-1 AA-8 .    AA-8 AA-8 AA-8 AA-8 AA-8 AA-8  AA-8  AA-8  AA-7
`;

/** Tables 9-6 to 9-9: the state after each action; AR-8 leads a requestor to Sta9 and an acceptor to Sta10. */
const printedNext = `
AE-1 4   AE-2 5   AE-3 6   AE-4 1   AE-5 2   AE-6 3   AE-7 6   AE-8 13
DT-1 6   DT-2 6
AR-1 7   AR-2 8   AR-3 1   AR-4 13  AR-5 1   AR-6 7   AR-7 8   AR-8 9   AR-9 11  AR-10 12
AA-1 13  AA-2 1   AA-3 1   AA-4 1   AA-5 1   AA-6 13  AA-7 13  AA-8 13
`;

const lines = printed.trim().split('\n').slice(1);

export const states = Array.from({ length: 13 }, (_, index) => (index + 1) as State);
export const eventNumbers = Array.from({ length: 19 }, (_, index) => index + 1);

/** The cell of Evt1 to Evt19 and Sta1 to Sta13; undefined where it is blank. */
export function printedAction(eventNumber: number, state: State): Action | undefined {
  const cell = lines[eventNumber - 1]?.split(/\s+/)[state];
  return cell === '.' ? undefined : (cell as Action);
}

const next = new Map(
  [...printedNext.matchAll(/(\S+-\d+) +(\d+)/g)].map(([, action, state]) => [action, Number(state)]),
);

export function printedState(action: Action, role: 'requestor' | 'acceptor'): State {
  return (action === 'AR-8' && role === 'acceptor' ? 10 : next.get(action)) as State;
}
