// A sample device: sends an exam over real DICOM, image by image as a device does, each time as a new exam.
import { setTimeout as pause } from 'node:timers/promises';
import { openAssociation, type ProposedContext } from '#station/dicom/network/index.ts';
import { Problem } from '#station/kit/problem.ts';
import { listSamples, makeFreshExam, type FreshObject } from './fresh-exam.ts';

export type DeviceOptions = {
  readonly id: string;
  readonly name: string;
  readonly aeTitle: string;
  /** Folder of its sample images. */
  readonly folder: string;
};

export type Recipient = { readonly aeTitle: string; readonly dicomPort: number };

/** Between two images, so that the exam can be seen arriving. */
const betweenImagesMs = 250;

export class Device {
  readonly #options: DeviceOptions;
  readonly #files: readonly string[];
  readonly #ended = new AbortController();
  #sent = 0;
  #sending: Promise<void> | undefined;

  private constructor(options: DeviceOptions, files: readonly string[]) {
    this.#options = options;
    this.#files = files;
  }

  static async open(options: DeviceOptions): Promise<Device> {
    return new Device(options, await listSamples(options.folder));
  }

  get id(): string {
    return this.#options.id;
  }

  status() {
    const { id, name } = this.#options;
    return { id, name, images: this.#files.length, sending: this.#sending !== undefined, sent: this.#sent };
  }

  /**
   * Begins a new exam; resolves when it is being sent. While one is under way, nothing more is begun.
   * @param how.at when it was taken; now, unless said. @param how.atOnce without a wait between two images
   */
  async send(to: Recipient, how: { readonly at?: Date; readonly atOnce?: boolean } = {}): Promise<void> {
    if (this.#sending) return;
    const begun = Promise.withResolvers<void>();
    this.#sending = this.#send(to, how, begun.resolve)
      .catch(begun.reject)
      .finally(() => (this.#sending = undefined));
    return begun.promise;
  }

  /** Resolves when nothing is under way. */
  async sent(): Promise<void> {
    await this.#sending;
  }

  async close(): Promise<void> {
    this.#ended.abort();
    await this.#sending;
  }

  async #send(
    to: Recipient,
    { at = new Date(), atOnce = false }: { readonly at?: Date; readonly atOnce?: boolean },
    begun: () => void,
  ): Promise<void> {
    const { signal } = this.#ended;
    const objects = await makeFreshExam(this.#files, at);
    const opening = await openAssociation({
      host: '127.0.0.1',
      port: to.dicomPort,
      callingAeTitle: this.#options.aeTitle,
      calledAeTitle: to.aeTitle,
      contexts: contextsFor(objects),
      signal,
    });
    if (opening.kind !== 'accepted') {
      throw new Problem('destination-unreachable', { destination: to.aeTitle, answer: opening.kind });
    }
    begun();
    const { association } = opening;
    try {
      for (const [index, { open, ...object }] of objects.entries()) {
        if (index > 0 && !atOnce) await pause(betweenImagesMs, undefined, { signal });
        const outcome = await association.store({ ...object, source: open() });
        if (outcome.kind !== 'answered') return;
        this.#sent++;
      }
    } finally {
      if (signal.aborted) association.abort();
      else await association.release();
    }
  }
}

/** A context for each class and encoding, so that nobody has to choose. */
function contextsFor(objects: readonly FreshObject[]): readonly ProposedContext[] {
  const pairs = new Map(
    objects.map(({ sopClassUid, transferSyntaxUid }) => [
      `${sopClassUid} ${transferSyntaxUid}`,
      { abstractSyntaxUid: sopClassUid, transferSyntaxUids: [transferSyntaxUid] },
    ]),
  );
  return [...pairs.values()];
}
