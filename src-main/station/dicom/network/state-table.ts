// The state machine of the DICOM upper layer (PS3.8 9.2, tables 9-1 to 9-10) as data, and two functions that read it. Every
// connection of ours follows it: what a PDU, a primitive or a timer leads to is looked up here and nowhere else. Pure.
//
// Where we say less than the table allows, and why some states are not seen:
// - Sta1 has no connection, so no PDU can come; Sta4 is the time in which the system connects, before any byte can be read.
// - Sta3 and Sta9 end within the turn in which they begin: an acceptor decides at once, a requestor answers a collision at
//   once. No PDU can be read between.
// - Sta10 and Sta12 need an acceptor that releases. Ours does not: a device releases, or is aborted when it is idle. Sta7,
//   Sta9 and Sta11 are for the same reason those of a requestor only, Sta5 by their nature, Sta2 and Sta3 of an acceptor.
//   All of them are nevertheless in the table, and followed by whoever would get there.
// - Evt17 is the closed socket. A peer that has ended only its own side (FIN) and waits for an answer still gets it.

/** 1 to 13 as in PS3.8 tables 9-1 to 9-5. */
export type State = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13;

export type Role = 'requestor' | 'acceptor';

/** In the order of table 9-10: Evt1 to Evt19. */
export const upperEvents = [
  'associate asked',
  'connected',
  'A-ASSOCIATE-AC',
  'A-ASSOCIATE-RJ',
  'connection came',
  'A-ASSOCIATE-RQ',
  'association accepted',
  'association rejected',
  'data given',
  'P-DATA-TF',
  'release asked',
  'A-RELEASE-RQ',
  'A-RELEASE-RP',
  'release answered',
  'abort asked',
  'A-ABORT',
  'connection closed',
  'ARTIM expired',
  'invalid PDU',
] as const;
export type UpperEvent = (typeof upperEvents)[number];

/** Tables 9-6 to 9-9. */
export type Action =
  | `AE-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`
  | `DT-${1 | 2}`
  | `AR-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10}`
  | `AA-${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`;

type Row = Readonly<Partial<Record<State, Action>>>;

/** From the indication of an association to its end, that is in Sta3 and Sta5 to Sta12. */
const everywhere = <A extends Action>(action: A): Row => ({
  3: action,
  5: action,
  6: action,
  7: action,
  8: action,
  9: action,
  10: action,
  11: action,
  12: action,
});
/** A PDU that is out of place except where the row says otherwise. */
const outOfPlace: Row = { 2: 'AA-1', ...everywhere('AA-8'), 13: 'AA-6' };

/** Table 9-10. What is absent cannot happen, or is a mistake of the local user. */
const table: Readonly<Record<UpperEvent, Row>> = {
  'associate asked': { 1: 'AE-1' },
  connected: { 4: 'AE-2' },
  'A-ASSOCIATE-AC': { ...outOfPlace, 5: 'AE-3' },
  'A-ASSOCIATE-RJ': { ...outOfPlace, 5: 'AE-4' },
  'connection came': { 1: 'AE-5' },
  'A-ASSOCIATE-RQ': { ...outOfPlace, 2: 'AE-6', 13: 'AA-7' },
  'association accepted': { 3: 'AE-7' },
  'association rejected': { 3: 'AE-8' },
  'data given': { 6: 'DT-1', 8: 'AR-7' },
  'P-DATA-TF': { ...outOfPlace, 6: 'DT-2', 7: 'AR-6' },
  'release asked': { 6: 'AR-1' },
  'A-RELEASE-RQ': { ...outOfPlace, 6: 'AR-2', 7: 'AR-8' },
  'A-RELEASE-RP': { ...outOfPlace, 7: 'AR-3', 10: 'AR-10', 11: 'AR-3' },
  'release answered': { 8: 'AR-4', 9: 'AR-9', 12: 'AR-4' },
  'abort asked': { ...everywhere('AA-1'), 4: 'AA-2' },
  'A-ABORT': { 2: 'AA-2', ...everywhere('AA-3'), 13: 'AA-2' },
  'connection closed': { 2: 'AA-5', ...everywhere('AA-4'), 4: 'AA-4', 13: 'AR-5' },
  'ARTIM expired': { 2: 'AA-2', 13: 'AA-2' },
  'invalid PDU': { ...outOfPlace, 13: 'AA-7' },
};

const next: Readonly<Record<Action, State>> = {
  'AE-1': 4,
  'AE-2': 5,
  'AE-3': 6,
  'AE-4': 1,
  'AE-5': 2,
  // Or Sta13 when the provider itself rejects; our acceptor does that by AE-8, with the provider as its source.
  'AE-6': 3,
  'AE-7': 6,
  'AE-8': 13,
  'DT-1': 6,
  'DT-2': 6,
  'AR-1': 7,
  'AR-2': 8,
  'AR-3': 1,
  'AR-4': 13,
  'AR-5': 1,
  'AR-6': 7,
  'AR-7': 8,
  // Of a requestor; of an acceptor Sta10.
  'AR-8': 9,
  'AR-9': 11,
  'AR-10': 12,
  'AA-1': 13,
  'AA-2': 1,
  'AA-3': 1,
  'AA-4': 1,
  'AA-5': 1,
  'AA-6': 13,
  'AA-7': 13,
  'AA-8': 13,
};

/** What table 9-10 says; undefined where it is blank. */
export function actionFor(state: State, event: UpperEvent): Action | undefined {
  return table[event][state];
}

export function stateAfter(action: Action, role: Role): State {
  return action === 'AR-8' && role === 'acceptor' ? 10 : next[action];
}
