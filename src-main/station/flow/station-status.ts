// The truth of the station in one record: what the strip at the bottom shows and GET /api/health answers.
import type { Settings } from '#contract/shapes/settings.ts';
import type { StationStatus } from '#contract/shapes/station.ts';
import type { ProblemNote } from '#contract/problems.ts';
import type { Catalog } from '#station/3-catalog/index.ts';
import type { Forward } from '#station/5-forward/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import { ownAddresses } from '#station/kit/own-addresses.ts';
import { softwareVersion } from '#station/kit/version.ts';
import type { Certificates } from './certificates.ts';
import type { NewDevices } from './new-devices.ts';

export type ListenerTruth = {
  readonly state: StationStatus['listener']['state'];
  readonly host: string;
  readonly port: number;
  readonly associations: number;
};

export type SpaceTruth = StationStatus['disk'] & { readonly suspectSince: string | null };

export type StatusParts = {
  readonly settings: () => Settings;
  readonly clock: Clock;
  readonly startedAt: string;
  readonly listener: () => ListenerTruth;
  readonly secure: () => StationStatus['secure'];
  readonly certificates: Pick<Certificates, 'notices'>;
  readonly space: () => SpaceTruth;
  readonly catalog: Catalog;
  readonly forward: Forward;
  readonly newDevices: NewDevices;
  readonly demo: boolean;
  readonly upkeep: () => StationStatus['upkeep'];
  readonly alerts: () => StationStatus['alerts'];
  /** Sources of orders that are down. */
  readonly hospital: () => StationStatus['problems'];
};

export function readStationStatus(parts: StatusParts): StationStatus {
  const { station } = parts.settings();
  const space = parts.space();
  const listener = parts.listener();
  const secure = parts.secure();
  return {
    name: station.name,
    aeTitle: station.aeTitle,
    version: softwareVersion,
    versions: { safelight: softwareVersion, node: process.versions.node },
    startedAt: parts.startedAt,
    listener: {
      ...listener,
      addresses: [...ownAddresses(listener.host)],
      receivedToday: parts.catalog.arrivedSince(midnight(parts.clock)),
    },
    secure,
    disk: {
      freeBytes: roundDown(space.freeBytes),
      totalBytes: space.totalBytes,
      state: space.state,
      hoursLeft: space.hoursLeft === null ? null : Math.floor(space.hoursLeft),
    },
    queue: parts.forward.queueCounts(),
    destinations: parts.forward.destinationStatus(),
    problems: stationProblems(parts, listener, secure, space),
    alerts: parts.alerts(),
    newDevices: parts.newDevices.list(),
    upkeep: parts.upkeep(),
    operator: station.operator,
    demo: parts.demo,
  };
}

function stationProblems(
  parts: StatusParts,
  listener: ListenerTruth,
  secure: StationStatus['secure'],
  space: SpaceTruth,
) {
  const since = (note: ProblemNote, at: string) => ({ ...note, since: at });
  const now = parts.clock.now();
  return [
    ...(listener.state === 'down'
      ? [since({ code: 'listener-down', params: { port: listener.port } }, parts.startedAt)]
      : []),
    ...(secure.state === 'down'
      ? [since(secure.problem ?? { code: 'secure-listener-down', params: { port: secure.port } }, parts.startedAt)]
      : secure.problem
        ? [since(secure.problem, parts.startedAt)]
        : []),
    ...parts.certificates
      .notices()
      .slice(0, mostNotices)
      .map(({ note, since: at }) => since(note, at)),
    ...(space.state === 'red'
      ? [since({ code: 'no-room', params: { freeBytes: space.freeBytes, neededBytes: 0 } }, now)]
      : []),
    ...(space.state === 'amber' ? [since({ code: 'room-short', params: { freeBytes: space.freeBytes } }, now)] : []),
    ...(space.suspectSince === null
      ? []
      : [since({ code: 'disk-failed', params: { operation: 'sync' } }, space.suspectSince)]),
    ...parts.hospital(),
  ];
}

/** More certificates than these at a time are no news. */
const mostNotices = 20;

/** The start of today where the station stands, as ISO. */
function midnight(clock: Clock): string {
  const day = new Date(clock.epochMs());
  day.setHours(0, 0, 0, 0);
  return day.toISOString();
}

/** To 100 MB: the strip says "412 GB free", and nobody wants to be told of every kilobyte. */
const roundDown = (bytes: number) => Math.floor(bytes / 1e8) * 1e8;
