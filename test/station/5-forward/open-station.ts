// Forwarding with a clock that the test moves and destinations in memory.
import { silentLog } from '#station/kit/log.ts';
import { openForward, type DeliveryMove, type Forward, type ForwardOptions } from '#station/5-forward/index.ts';
import type { DeliveryRow } from '#contract/shapes/delivery.ts';
import { Shelf, settingsWith, type SampleDestination } from './approved-exam.ts';
import { fakeClock, quiet, type FakeClock } from './fake-clock.ts';
import { fakePeer, type FakePeer } from './fake-peer.ts';

export type Station = {
  readonly shelf: Shelf;
  readonly clock: FakeClock;
  readonly forward: Forward;
  readonly peers: ReadonlyMap<string, FakePeer>;
  readonly moves: DeliveryMove[];
  readonly changedExams: string[];
  /** What went wrong inside; a test that ends with one of them fails. */
  readonly errors: readonly Error[];
  /** All deliveries, oldest first. */
  rows(): DeliveryRow[];
  states(): string[];
  attempts(): { readonly outcome: string; readonly answer: string | null }[];
};

export type StationOptions = {
  readonly shelf?: Shelf;
  readonly clock?: FakeClock;
  readonly peers?: ReadonlyMap<string, FakePeer>;
  readonly options?: Partial<ForwardOptions>;
};

export async function openStation(
  destinations: readonly SampleDestination[],
  { shelf = new Shelf(), clock = fakeClock(), peers: given, options }: StationOptions = {},
): Promise<Station> {
  const peers = given ?? new Map(destinations.map(({ id }) => [id.toUpperCase(), fakePeer()]));
  const moves: DeliveryMove[] = [];
  const changedExams: string[] = [];
  const errors: Error[] = [];
  const forward = openForward({
    book: shelf.book,
    clock,
    log: {
      ...silentLog,
      error: (event, _fields, cause) => void errors.push(Object.assign(new Error(event), { cause })),
    },
    ports: {
      openRevision: shelf.openRevision,
      openAssociation: async (request) =>
        peers.get(request.calledAeTitle)?.open(request) ?? { kind: 'unreachable', code: 'ECONNREFUSED' },
      onMoved: (moved) => moves.push(...moved),
      onChanged: ({ examIds }) => changedExams.push(...examIds),
    },
    options: { random: () => 0.5, ...options },
  });
  await forward.applySettings(settingsWith(...destinations));
  await quiet();
  const rows = () => forward.deliveries({ limit: 10_000, offset: 0 }).deliveries.toReversed();
  return {
    shelf,
    clock,
    forward,
    peers,
    moves,
    changedExams,
    errors,
    rows,
    states: () => rows().map((row) => row.state),
    attempts: () =>
      shelf.book
        .sql<{ outcome: string; answer: string | null }>('SELECT outcome, answer FROM attempt ORDER BY rowid')
        .all(),
  };
}

/** The peer of a station that has one. */
export function onlyPeer(station: Station): FakePeer {
  const [peer] = station.peers.values();
  if (!peer) throw new Error('no peer');
  return peer;
}

export async function approve(station: Station, ...exams: readonly ReturnType<Shelf['exam']>[]): Promise<void> {
  for (const exam of exams) station.shelf.book.transaction(() => station.forward.enqueue(exam.id, exam.revisions));
  await quiet();
}
