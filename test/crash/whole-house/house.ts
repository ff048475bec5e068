// The house that a random walk goes through: a station that can be asked, killed, started again and rebuilt, archives around
// it that keep all they got, a device and a hospital.
import { rmSync } from 'node:fs';
import { cp, rm } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { openAssociation } from '#station/dicom/network/index.ts';
import { Sender, verdictOf } from '../../station/orders/hl7/feed.ts';
import { temporaryFolder, type TemporaryFolder } from '../../peers/programs/temporary-folder.ts';
import { Archive } from './archive.ts';
import { WebArchive } from './web-archive.ts';
import { secondaryCapture, syntax } from './people.ts';
import { StationHost } from './station-host.ts';

type Sendable = { readonly SOPInstanceUID: string; readonly bytes: Buffer; readonly sopClass?: string };

export class House {
  readonly folder: TemporaryFolder;
  home: string;
  readonly archives: readonly [Archive, Archive, WebArchive];
  offsetMs = 0;
  dicomPort = 0;
  readonly #host: StationHost;
  #wasKilled = false;
  #moves = 0;

  private constructor(folder: TemporaryFolder, host: StationHost) {
    this.folder = folder;
    this.#host = host;
    this.home = path.join(folder.path, 'home');
    this.archives = [
      new Archive('archive', path.join(folder.path, 'archive')),
      new Archive('cache', path.join(folder.path, 'cache')),
      new WebArchive('web', path.join(folder.path, 'web')),
    ];
  }

  static async open(host: StationHost): Promise<House> {
    const house = new House(await temporaryFolder('whole-house'), host);
    for (const archive of house.archives) await archive.on();
    return house;
  }

  get log(): string {
    return this.#host.log;
  }

  /** Lines of the log that speak of errors, each told once. */
  takeErrors(): string[] {
    return this.#host.errors.splice(0);
  }

  /** Starts the station; with settings they take the place of those of the home. @param room what the volume is taken for */
  async start(settings?: Readonly<Record<string, unknown>>, room?: 'red' | 'amber'): Promise<void> {
    const { dicomPort } = (await this.#host.order({
      ...{ kind: 'open', home: this.home, offsetMs: this.offsetMs },
      ...(settings === undefined ? {} : { settings }),
      ...(room === undefined ? {} : { room }),
    })) as { dicomPort: number };
    this.dicomPort = dicomPort;
  }

  /** One question or command of the contract. @throws Refused, Gone */
  ask = async <T>(procedure: string, input: unknown = {}): Promise<T> =>
    (await this.#host.order({ kind: 'ask', path: procedure, input })) as T;

  async jump(ms: number): Promise<void> {
    this.offsetMs += ms;
    await this.#host.order({ kind: 'jump', ms });
  }

  kill(): Promise<void> {
    this.#wasKilled = true;
    return this.#host.kill();
  }

  async end(): Promise<void> {
    await this.#host.order({ kind: 'close' });
  }

  /** What the journal misses of the moments before a kill, and rows of what was purged, stand in copies of the book alone. */
  keepsSnapshots(): boolean {
    return this.#wasKilled || this.rows('SELECT 1 FROM object WHERE purgedAt IS NOT NULL LIMIT 1').length > 0;
  }

  /** The book is lost, with its copies where nothing stands in them alone, and made anew. The station must have ended. */
  async rebuild(): Promise<{ readonly journalWhole: boolean; readonly held: number; readonly missing: number }> {
    const lost = ['catalog.db', 'catalog.db-wal', 'catalog.db-shm', ...(this.keepsSnapshots() ? [] : ['snapshots'])];
    for (const name of lost) {
      rmSync(path.join(this.home, name), { recursive: true, force: true });
    }
    const report = await this.#host.order({ kind: 'rebuild', home: this.home, offsetMs: this.offsetMs });
    return report as { journalWhole: boolean; held: number; missing: number };
  }

  /** Sends as a device does; gives those that were answered with success. */
  async send<T extends Sendable>(pictures: readonly T[], callingAeTitle = 'DEVICE'): Promise<T[]> {
    const opening = await openAssociation({
      ...{ host: '127.0.0.1', port: this.dicomPort, callingAeTitle, calledAeTitle: 'SAFELIGHT' },
      contexts: [...new Set(pictures.map(({ sopClass = secondaryCapture }) => sopClass))].map((abstractSyntaxUid) => ({
        ...{ abstractSyntaxUid, transferSyntaxUids: [syntax] },
      })),
    });
    if (opening.kind !== 'accepted') return [];
    const done: T[] = [];
    for (const picture of pictures) {
      const outcome = await opening.association.store({
        ...{
          sopClassUid: picture.sopClass ?? secondaryCapture,
          sopInstanceUid: picture.SOPInstanceUID,
          transferSyntaxUid: syntax,
        },
        ...{ lengthBytes: picture.bytes.length, source: [picture.bytes] },
      });
      if (outcome.kind === 'answered' && outcome.status === 0) done.push(picture);
      else if (outcome.kind !== 'answered') break;
    }
    if (opening.association.isOpen) await opening.association.release();
    return done;
  }

  /** What the hospital says; true when it was answered AA. */
  async hear(message: string): Promise<boolean> {
    const { port } = await this.ask<{ port: number }>('hl7.status');
    const sender = await Sender.to(port);
    try {
      return verdictOf(await sender.ask(message)) === 'AA';
    } finally {
      sender.close();
    }
  }

  /** The hour of the next copy of the book comes; resolves when it is made. */
  async awaitSnapshot(): Promise<void> {
    const made = () => this.log.split('"snapshot-made"').length;
    const before = made();
    await this.jump(3_700_000);
    for (let tries = 0; made() === before && tries < 1000; tries++) await new Promise((done) => setTimeout(done, 20));
  }

  /** Looks into the book as the table that it is. */
  look<T>(read: (book: Database.Database) => T): T {
    const book = new Database(path.join(this.home, 'catalog.db'), { readonly: true, fileMustExist: true });
    try {
      return read(book);
    } finally {
      book.close();
    }
  }

  rows<T>(sql: string, ...values: readonly (string | number)[]): T[] {
    return this.look((book) => book.prepare(sql).all(...values) as T[]);
  }

  /** The home is copied elsewhere and goes on there, as after a move to another machine. The station must have ended. */
  async moveHome(): Promise<void> {
    const to = path.join(this.folder.path, `home-${++this.#moves}`);
    await cp(this.home, to, { recursive: true, preserveTimestamps: true });
    await rm(this.home, { recursive: true });
    this.home = to;
  }

  /** A book that is lost is made anew, and that is killed on its way. The station must have ended. */
  async killWhileRebuilding(afterMs: number): Promise<void> {
    const rebuilt = this.rebuild().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    await this.kill();
    await rebuilt;
  }

  async close(): Promise<void> {
    await this.end().catch(() => this.kill());
    for (const archive of this.archives) await archive.off();
    await this.folder.close();
  }
}
