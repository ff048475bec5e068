// The settings as they stand and as they are being changed. A draft until it is saved.
import { readTrouble, type Connection, type Trouble } from '#ui/backend/index.ts';
import type { DestinationSetting, DestinationTest, Settings } from '#contract/shapes/settings.ts';

export type Drafted<T> = T extends readonly (infer Item)[]
  ? Drafted<Item>[]
  : T extends object
    ? { -readonly [K in keyof T]: Drafted<T[K]> }
    : T;
export type TestState = 'asking' | DestinationTest;

export class Setup {
  /** Undefined until it is known. */
  configured = $state<boolean | undefined>();
  draft = $state<Drafted<Settings> | undefined>();
  trouble = $state.raw<Trouble | undefined>();
  saving = $state(false);
  /** What the last test of each destination said, by its place in the draft. */
  tests = $state.raw<ReadonlyMap<string, TestState>>(new Map());

  readonly #connection: Connection;
  #saved = '';

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.hear((change) => {
      if (change.kind === 'hello') void this.read();
    });
  }

  /** True when something was changed and not saved. */
  get changed(): boolean {
    return this.draft !== undefined && JSON.stringify(this.draft) !== this.#saved;
  }

  async read(): Promise<void> {
    if (this.changed) return;
    try {
      const setup = await this.#connection.station.setup.read();
      // What was typed meanwhile stays.
      if (!this.changed) this.#take(setup);
    } catch (thrown) {
      this.trouble = readTrouble(thrown);
    }
  }

  async save(): Promise<boolean> {
    if (this.draft === undefined || this.saving) return false;
    this.saving = true;
    this.trouble = undefined;
    try {
      // Devices have a page of their own, which may have changed them meanwhile.
      const seenSettings = JSON.parse(this.#saved) as Settings;
      const saved = { ...$state.snapshot(this.draft), devices: undefined, seenSettings };
      const shown = JSON.stringify(this.draft);
      const setup = await this.#connection.station.setup.save(saved);
      if (JSON.stringify(this.draft) === shown) this.#take(setup);
      // What was typed since stands upon what is saved now.
      else [this.#saved, this.configured] = [shown, setup.configured];
      return true;
    } catch (thrown) {
      this.trouble = readTrouble(thrown);
      return false;
    } finally {
      this.saving = false;
    }
  }

  /** What is wrong with a setting, or a part of it, after it was refused. */
  troubleAt(field: string): Trouble | undefined {
    const at = String(this.trouble?.params['field'] ?? '');
    return at === field || at.startsWith(`${field}.`) ? this.trouble : undefined;
  }

  undo(): void {
    if (this.#saved !== '') this.draft = JSON.parse(this.#saved) as Drafted<Settings>;
    this.trouble = undefined;
  }

  addDestination(kind: DestinationSetting['kind'], name: string): void {
    const id = this.#freeId(kind, this.draft?.destinations ?? []);
    const aeTitle = kind === 'other' ? '' : kind.toUpperCase();
    this.draft?.destinations.push({ id, name, kind, aeTitle, host: '', port: 104, required: true, confirm: 'query' });
  }

  addWorklist(name: string): void {
    const worklists = this.draft?.worklists ?? [];
    const id = this.#freeId('worklist', worklists);
    this.draft?.worklists.push({
      ...{ id, name, aeTitle: 'WORKLIST', host: '', port: 104, stationAeTitles: [], modalities: [] },
      ...{ daysBack: 1, daysAhead: 1, everyMinutes: 5 },
    });
  }

  addFeed(name: string): void {
    const feeds = this.draft?.hl7.feeds ?? [];
    const id = this.#freeId('hospital', feeds);
    this.draft?.hl7.feeds.push({
      ...{ id, name, host: '', application: '', facility: '', characterSet: '8859/1', ourAuthority: '' },
      ...{ accessionFrom: ['IPC-1', 'OBR-18', 'OBR-3'], takesTests: false },
    });
  }

  /** By DICOM, or by DICOMweb; what the other needs is forgotten. */
  reachBy(destination: Drafted<DestinationSetting>, protocol: 'dimse' | 'dicomweb'): void {
    delete destination.tls;
    if (protocol === 'dimse') {
      delete destination.protocol;
      delete destination.web;
      destination.port ||= 104;
    } else {
      Object.assign(destination, { protocol, aeTitle: '', host: '', port: 0 });
      destination.web = { baseUrl: '', auth: { kind: 'none' }, mostObjects: 50, mostBytes: 32 * 1024 * 1024 };
      if (destination.confirm === 'commitment') destination.confirm = 'query';
    }
  }

  /** One C-ECHO to a destination as it stands in the draft. */
  async test(destination: DestinationSetting): Promise<void> {
    const { id, aeTitle, host, port, protocol } = destination;
    const { tls, web } = $state.snapshot(destination) as DestinationSetting;
    this.#tested(id, 'asking');
    try {
      this.#tested(
        id,
        await this.#connection.station.setup.testDestination({ aeTitle, host, port, tls, protocol, web }),
      );
    } catch (thrown) {
      const trouble = readTrouble(thrown);
      this.#tested(id, { ok: false, key: trouble.code, params: trouble.params, tookMs: 0 });
    }
  }

  #tested(id: string, result: TestState): void {
    this.tests = new Map(this.tests).set(id, result);
  }

  #freeId(stem: string, taken: readonly { id: string }[]): string {
    for (let n = 1; ; n += 1) {
      const id = n === 1 ? stem : `${stem}-${n}`;
      if (!taken.some((item) => item.id === id)) return id;
    }
  }

  #take(setup: { settings: Settings; configured: boolean }): void {
    const isKnown = this.draft !== undefined && JSON.stringify(this.draft) === JSON.stringify(setup.settings);
    this.#saved = JSON.stringify(setup.settings);
    if (!isKnown) this.draft = JSON.parse(this.#saved) as Drafted<Settings>;
    this.configured = setup.configured;
  }
}
