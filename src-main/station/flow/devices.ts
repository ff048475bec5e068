// The devices of the station in one place: what was set, what they did, and what follows from it for an exam. All that
// the other rooms ask about a device is asked here; each decision is written into the trail.
import { asPersonName } from '#contract/shapes/person-name.ts';
import type { Attributes } from '#contract/shapes/identity.ts';
import type { DeviceChange, DeviceList, DeviceRow } from '#contract/shapes/devices.ts';
import type { DeviceSetting, Settings } from '#contract/shapes/settings.ts';
import type { ArrivalSource, Catalog, SourceFacts } from '#station/3-catalog/index.ts';
import type { Audit } from '#station/audit/index.ts';
import { deviceAt, withDevice, withDeviceChanged, withoutDevice, type DeviceDecision } from './device-decisions.ts';
import type { NewDevices } from './new-devices.ts';

/** Order in which deliveries leave: the table of outbox.delivery. */
const places = { stat: 0, urgent: 1, routine: 2, backlog: 3 } as const;

export type DeviceParts = {
  readonly settings: () => Settings;
  /** Changes the settings as they are kept; one change after the other. */
  readonly save: (change: (kept: Settings) => Settings) => Promise<void>;
  readonly newDevices: NewDevices;
  readonly catalog: () => Catalog;
  readonly audit: () => Pick<Audit, 'append'>;
  readonly by: () => string;
  /** Called when something of a device has changed. */
  readonly onChanged: () => void;
};

export type Devices = {
  quietTimeMs(source: ArrivalSource): number;
  expectedModality(source: ArrivalSource): string | undefined;
  /** InstitutionalDepartmentName for images of a calling AE title that have none, or undefined. */
  departmentOf(aeTitle: string, address: string | null): string | undefined;
  /** What else is set for a device whose images say nothing of it. */
  defaultsOf(aeTitle: string, address: string | null): Pick<Attributes, 'InstitutionName' | 'OperatorsName'>;
  /** The most urgent priority among the devices that sent an exam, as the outbox counts it. */
  priorityOf(examId: string): 0 | 1 | 2 | 3;
  /** Decides about a device that was turned away; its certificate is bound when it is allowed. */
  decide(decision: DeviceDecision): Promise<void>;
  /** @throws Problem 'not-found' */
  change(id: string, change: DeviceChange): Promise<void>;
  /** @throws Problem 'not-found' */
  remove(id: string): Promise<void>;
  /** A listed device called that is ignored or blocked. */
  keptOut(aeTitle: string, address: string): void;
  list(): DeviceList;
};

export function openDevices(parts: DeviceParts): Devices {
  const { settings, newDevices, catalog } = parts;
  const of = ({ kind, label, address }: ArrivalSource) =>
    kind === 'dicom' ? deviceAt(settings(), label, address) : undefined;
  const record = (action: 'device-decided' | 'device-changed', params: Readonly<Record<string, string>>) =>
    parts.audit().append({ by: parts.by(), action, params });
  return {
    quietTimeMs: (source) => (of(source)?.quietTimeSeconds ?? settings().station.quietTimeSeconds) * 1000,
    expectedModality: (source) => of(source)?.modality,
    departmentOf: (aeTitle, address) => deviceAt(settings(), aeTitle, address)?.department,
    defaultsOf: (aeTitle, address) => {
      const { institution, operator } = deviceAt(settings(), aeTitle, address) ?? {};
      return {
        ...(institution === undefined ? {} : { InstitutionName: institution }),
        ...(operator === undefined ? {} : { OperatorsName: asPersonName(operator) }),
      };
    },
    priorityOf: (examId) => {
      const wanted = catalog()
        .sourcesOfExam(examId)
        .map(({ aeTitle, address }) => deviceAt(settings(), aeTitle, address)?.priority)
        .map((priority) => places[priority ?? 'routine']);
      return wanted.length === 0 ? places.routine : wanted.reduce((a, b) => (b < a ? b : a));
    },
    decide: async (decided) => {
      const { aeTitle, address, decision } = decided;
      const seen = newDevices.find(aeTitle, address);
      const shown = decision === 'allow' ? seen?.certificateSha256 : undefined;
      const certificateSha256 = decided.certificateSha256 ?? shown;
      await parts.save((kept) => withDevice(kept, { ...decided, certificateSha256 }));
      record('device-decided', { aeTitle, address, decision });
      newDevices.forget(aeTitle, address);
      const device = deviceAt(settings(), aeTitle, address);
      if (seen && device) newDevices.keptOut(device.id, seen.times);
      parts.onChanged();
    },
    change: async (id, change) => {
      await parts.save((kept) => withDeviceChanged(kept, id, change));
      record('device-changed', { device: id, fields: Object.keys(change).join(', ') });
      parts.onChanged();
    },
    remove: async (id) => {
      await parts.save((kept) => withoutDevice(kept, id));
      record('device-changed', { device: id, fields: 'removed' });
      parts.onChanged();
    },
    keptOut: (aeTitle, address) => {
      const device = deviceAt(settings(), aeTitle, address);
      if (device) newDevices.keptOut(device.id);
    },
    list: () => ({
      devices: rowsOf(settings(), catalog().sourceFacts(), newDevices),
      remembered: catalog().decisions.list(),
    }),
  };
}

function rowsOf(settings: Settings, sources: readonly SourceFacts[], newDevices: NewDevices): DeviceRow[] {
  const bySetting = Map.groupBy(sources, ({ aeTitle, address }) => deviceAt(settings, aeTitle, address)?.id);
  const listed = settings.devices.map((device): DeviceRow => {
    const kept = newDevices.timesKeptOut(device.id);
    const facts = sumOf(bySetting.get(device.id) ?? []);
    return {
      ...facts,
      ...nameOf(device, facts.address),
      turnedAway: kept?.times ?? 0,
      lastTurnedAwayAt: kept?.lastAt ?? null,
    };
  });
  const others = Map.groupBy(bySetting.get(undefined) ?? [], ({ aeTitle, address }) => `${aeTitle}\n${address}`);
  const unlisted = [...others.values()].map((facts): DeviceRow => {
    const aeTitle = facts[0]?.aeTitle ?? '';
    return {
      ...sumOf(facts),
      ...{ id: null, name: aeTitle, aeTitle, decision: 'allow', turnedAway: 0, lastTurnedAwayAt: null },
    };
  });
  return [...listed, ...unlisted];
}

const nameOf = ({ id, name, aeTitle, host, decision }: DeviceSetting, lastAddress: string | null) => ({
  ...{ id, name, aeTitle, decision },
  address: host ?? lastAddress,
});

/** One device may have sent from several addresses. The last seen comes first. */
function sumOf(sources: readonly SourceFacts[]) {
  const total = (count: (source: SourceFacts) => number) => sources.reduce((sum, source) => sum + count(source), 0);
  const lies = sources.find(({ textLies }) => textLies > 0);
  const first = sources.map(({ firstSeenAt }) => firstSeenAt).sort()[0];
  return {
    address: sources[0]?.address ?? null,
    firstSeenAt: first ?? null,
    lastSeenAt: sources[0]?.lastSeenAt ?? null,
    received: total(({ received }) => received),
    resent: total(({ resent }) => resent),
    rejected: total(({ rejected }) => rejected),
    textLies: total(({ textLies }) => textLies),
    textSays: lies?.textSays ?? '',
    textSends: lies?.textSends ?? '',
    otherModality: total(({ otherModality }) => otherModality),
    lastOtherModality: sources.find((source) => source.otherModality > 0)?.lastOtherModality ?? '',
  };
}
