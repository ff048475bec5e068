// An embedded receiver that plays a central archive or a department cache: a DICOM server of its own with a shelf behind
// it. It can be switched off, which closes its port: the peer is refused, as by a machine that is down.
import path from 'node:path';
import {
  openDicomServer,
  type CommitmentReport,
  type CommitmentRequest,
  type DicomServer,
  type Identifier,
} from '#station/dicom/network/index.ts';
import { Shelf } from './shelf.ts';

export type ReceiverOptions = {
  readonly id: string;
  readonly name: string;
  readonly aeTitle: string;
  readonly kind: 'archive' | 'cache';
  /** How it proves what it holds: by Storage Commitment, or by answering queries. */
  readonly proves: 'commitment' | 'query';
};

const mostBytes = 512 * 1024 * 1024;
const noSuchInstance = 0x0112;
/** Long enough for an object of the demo; a machine that is switched off does not wait. */
const finishWithinMs = 500;

export class Receiver {
  readonly options: ReceiverOptions;
  readonly #shelf: Shelf;
  /** Objects it has vouched for. */
  readonly #proved = new Set<string>();
  #server: DicomServer | undefined;
  #port = 0;
  #turn: Promise<void> = Promise.resolve();

  private constructor(options: ReceiverOptions, shelf: Shelf) {
    this.options = options;
    this.#shelf = shelf;
  }

  /** Opens a receiver that is switched on. @param folder where it keeps what it gets, in a folder of its own. */
  static async open(options: ReceiverOptions, folder: string): Promise<Receiver> {
    const shelf = new Shelf(path.join(folder, options.id), mostBytes);
    await shelf.open();
    const receiver = new Receiver(options, shelf);
    await receiver.switchTo(true);
    return receiver;
  }

  get port(): number {
    return this.#port;
  }

  status() {
    const { id, name } = this.options;
    const on = this.#server !== undefined;
    return { id, name, on, port: this.#port, objects: this.#shelf.size, committed: this.#proved.size };
  }

  /** Switches it on at the port it had, or off. Wishes are fulfilled one after the other. */
  switchTo(on: boolean): Promise<void> {
    const done = this.#turn.then(() => (on ? this.#switchOn() : this.#switchOff()));
    this.#turn = done.catch(() => undefined);
    return done;
  }

  close(): Promise<void> {
    return this.switchTo(false);
  }

  async #switchOn(): Promise<void> {
    if (this.#server) return;
    const proof =
      this.options.proves === 'commitment'
        ? { answerCommitment: (request: CommitmentRequest) => this.#commit(request) }
        : { answerQuery: (keys: Identifier) => this.#answer(keys) };
    this.#server = await openDicomServer(
      { host: '127.0.0.1', port: this.#port },
      { admit: () => ({ kind: 'accept' }), beginObject: (start) => this.#shelf.place(start), ...proof },
    );
    this.#port = this.#server.port;
  }

  async #switchOff(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close(finishWithinMs);
  }

  #commit({ transactionUid, references }: CommitmentRequest): CommitmentReport {
    const committed = references.filter(({ sopInstanceUid }) => this.#shelf.has(sopInstanceUid));
    const missing = references.filter(({ sopInstanceUid }) => !this.#shelf.has(sopInstanceUid));
    for (const { sopInstanceUid } of committed) this.#proved.add(sopInstanceUid);
    return { transactionUid, committed, failed: missing.map((item) => ({ ...item, reason: noSuchInstance })) };
  }

  /** Study Root, at the level of images: what the UIDs ask for. */
  #answer(keys: Identifier): readonly Identifier[] {
    const uid = (keyword: string) => (typeof keys[keyword] === 'string' ? keys[keyword] : '');
    const found = this.#shelf.find({
      StudyInstanceUID: uid('StudyInstanceUID'),
      SeriesInstanceUID: uid('SeriesInstanceUID'),
      SOPInstanceUID: uid('SOPInstanceUID'),
    });
    return found.map(({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }) => {
      this.#proved.add(SOPInstanceUID);
      return { QueryRetrieveLevel: 'IMAGE', StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID };
    });
  }
}
