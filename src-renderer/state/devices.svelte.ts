// The devices: what is set for them, what they did, the ones that were turned away, and remembered decisions. What is
// changed here counts at once; there is no draft that could be forgotten.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { DeviceChange, DeviceList, DeviceRow, RememberedDecision } from '#contract/shapes/devices.ts';
import type { DeviceSetting, Settings } from '#contract/shapes/settings.ts';
import type { StationStatus } from '#contract/shapes/station.ts';

export type KeyedDevice = Omit<DeviceRow, 'id'> & { readonly id: string; readonly settingId: string | null };
export type NewDevice = StationStatus['newDevices'][number];
export type Decision = DeviceSetting['decision'];

/** A key that was on its way to the former card must not decide about the next one. */
const settledMs = 600;

export class Devices {
  rows = $state.raw<readonly KeyedDevice[]>([]);
  remembered = $state.raw<readonly RememberedDecision[]>([]);
  /** The settings of the listed ones. */
  settings = $state.raw<readonly DeviceSetting[]>([]);
  selectedId = $state<string | undefined>();
  known = $state(false);
  trouble = $state.raw<Trouble | undefined>();
  /** Those that were turned away, the first that called first: a later one never takes its place. */
  fresh = $state.raw<readonly NewDevice[]>([]);

  readonly #connection: Connection;
  readonly #changed: () => void;
  #looking = false;
  #question = 0;
  #firstSince = 0;

  /** @param changed is told when the settings have changed */
  constructor(connection: Connection, changed: () => void) {
    this.#connection = connection;
    this.#changed = changed;
    connection.hear((change) => {
      if (change.kind === 'hello' || change.kind === 'station') this.#takeFresh(change.station.newDevices);
      if (this.#looking && change.kind !== 'imports') void this.read();
    });
  }

  readonly selected: KeyedDevice | undefined = $derived(this.rows.find(({ id }) => id === this.selectedId));
  readonly setting: DeviceSetting | undefined = $derived(
    this.settings.find(({ id }) => id === this.selected?.settingId),
  );

  get selectedIndex(): number {
    return this.rows.findIndex(({ id }) => id === this.selectedId);
  }

  /** Reads while the page is on screen; the returned function ends it. */
  look(): () => void {
    this.#looking = true;
    void this.read();
    return () => (this.#looking = false);
  }

  selectAt(index: number): void {
    const at = Math.max(0, Math.min(this.rows.length - 1, index));
    this.selectedId = this.rows[at]?.id ?? this.selectedId;
  }

  async read(): Promise<void> {
    const question = (this.#question += 1);
    try {
      const { devices, setup } = this.#connection.station;
      const [list, { settings }] = await Promise.all([devices.list(), setup.read()]);
      if (question === this.#question) this.#take(list, settings);
    } catch (thrown) {
      this.trouble = readTrouble(thrown);
    }
  }

  /** True when the first new device has stood there long enough to be meant. */
  get isSettled(): boolean {
    return Date.now() - this.#firstSince >= settledMs;
  }

  async decide(device: { aeTitle: string; address: string }, decision: Decision): Promise<void> {
    const { aeTitle, address } = device;
    this.#firstSince = Date.now();
    await this.#connection.station.setup.decideDevice({ aeTitle, address, decision });
    await this.#afterChange();
    this.selectedId = this.rows.find((row) => row.aeTitle === aeTitle && row.settingId !== null)?.id ?? this.selectedId;
  }

  async change(id: string, change: DeviceChange): Promise<void> {
    await this.#connection.station.devices.change({ id, change });
    await this.#afterChange();
  }

  async remove(id: string): Promise<void> {
    await this.#connection.station.devices.remove({ id });
    await this.#afterChange();
  }

  async forgetDecision(id: string): Promise<void> {
    await this.#connection.station.devices.forgetDecision({ id });
    await this.read();
  }

  async #afterChange(): Promise<void> {
    await this.read();
    this.#changed();
  }

  #take({ devices, remembered }: DeviceList, settings: Settings): void {
    this.rows = devices.map((device) => ({
      ...device,
      id: device.id ?? `unlisted ${device.aeTitle} ${device.address ?? ''}`,
      settingId: device.id,
    }));
    this.remembered = remembered;
    this.settings = settings.devices;
    this.known = true;
    this.trouble = undefined;
    if (this.selected === undefined) this.selectAt(0);
  }

  #takeFresh(devices: readonly NewDevice[]): void {
    const first = nameOf(this.fresh[0]);
    this.fresh = devices.toSorted((a, b) => (a.firstSeenAt < b.firstSeenAt ? -1 : 1));
    if (nameOf(this.fresh[0]) !== first) this.#firstSince = Date.now();
  }
}

const nameOf = (device: NewDevice | undefined) => (device === undefined ? '' : `${device.aeTitle}\n${device.address}`);
