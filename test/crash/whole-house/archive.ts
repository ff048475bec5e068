// An archive that keeps everything it ever got, in the order in which it came, also what came twice. It proves what it holds
// by commitment and by query, can be switched off and on at its port, and can say that it has no room.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildFileMeta, openPart10, readHeader } from '#station/dicom/index.ts';
import { newId } from '#station/kit/ids.ts';
import { openDicomServer, type DicomServer, type ObjectSink, type StoreStart } from '#station/dicom/network/index.ts';

export type Arrived = {
  readonly archive: string;
  readonly SOPInstanceUID: string;
  readonly file: string;
  /** Of the data set. */
  readonly sha256: string;
};

const uidKeywords = ['StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID'] as const;
type Uids = Readonly<Record<(typeof uidKeywords)[number], string>>;

/** Where images go, whatever it speaks. */
export type Place = {
  readonly id: string;
  readonly arrived: readonly Arrived[];
  /** SOP Instance UIDs of which it heard, whole or not. */
  readonly heardOf: ReadonlySet<string>;
  /** So many objects are refused from now on, for want of room. */
  refuses: number;
  readonly isOn: boolean;
  has(uid: string): boolean;
  on(): Promise<void>;
  off(): Promise<void>;
};

async function placeOf(file: string): Promise<Uids> {
  const object = await openPart10(file);
  try {
    const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = await readHeader(object);
    return { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID };
  } finally {
    await object.close();
  }
}

const outOfResources = 0xa700;
const noSuchInstance = 0x0112;

export class Archive implements Place {
  readonly id: string;
  /** Nobody else's: whoever calls another one at this port has lost a peer that was here before. */
  readonly aeTitle = newId().slice(-12).toUpperCase();
  readonly #folder: string;
  readonly arrived: Arrived[] = [];
  readonly heardOf = new Set<string>();
  refuses = 0;
  /** By SOP Instance UID, for queries. */
  readonly #places = new Map<string, Uids>();
  #server: DicomServer | undefined;
  #port = 0;

  constructor(id: string, folder: string) {
    this.id = id;
    this.#folder = folder;
  }

  get port(): number {
    return this.#port;
  }

  get isOn(): boolean {
    return this.#server !== undefined;
  }

  has(uid: string): boolean {
    return this.arrived.some(({ SOPInstanceUID }) => SOPInstanceUID === uid);
  }

  async on(): Promise<void> {
    if (this.#server) return;
    await mkdir(this.#folder, { recursive: true });
    this.#server = await openDicomServer(
      { host: '127.0.0.1', port: this.#port },
      {
        admit: ({ calledAeTitle }) =>
          calledAeTitle === this.aeTitle ? { kind: 'accept' } : { kind: 'reject', result: 1, source: 1, reason: 7 },
        beginObject: (start) => this.#take(start),
        answerQuery: (keys) => {
          const wanted = uidKeywords.filter((keyword) => typeof keys[keyword] === 'string' && keys[keyword] !== '');
          return [...this.#places.values()]
            .filter((place) => wanted.every((keyword) => place[keyword] === keys[keyword]))
            .map((place) => ({ QueryRetrieveLevel: 'IMAGE', ...place }));
        },
        answerCommitment: ({ transactionUid, references }) => ({
          transactionUid,
          committed: references.filter(({ sopInstanceUid }) => this.has(sopInstanceUid)),
          failed: references
            .filter(({ sopInstanceUid }) => !this.has(sopInstanceUid))
            .map((item) => ({ ...item, reason: noSuchInstance })),
        }),
      },
    );
    this.#port = this.#server.port;
  }

  async off(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    await server?.close(0);
  }

  #take(start: StoreStart): ObjectSink {
    const SOPInstanceUID = start.sopInstanceUid;
    this.heardOf.add(SOPInstanceUID);
    const pieces: Buffer[] = [];
    const isFull = this.refuses > 0;
    if (isFull) this.refuses--;
    return {
      write: (more) => void pieces.push(...more.map((piece) => Buffer.from(piece))),
      discard: () => undefined,
      finish: async () => {
        if (isFull) return { status: outOfResources };
        const dataSet = Buffer.concat(pieces);
        const file = path.join(this.#folder, `${String(this.arrived.length).padStart(5, '0')}.dcm`);
        const sha256 = createHash('sha256').update(dataSet).digest('hex');
        this.arrived.push({ archive: this.id, SOPInstanceUID, file, sha256 });
        const meta = buildFileMeta({ ...start, sourceAeTitle: start.association.callingAeTitle });
        await writeFile(file, Buffer.concat([meta, dataSet]));
        this.#places.set(SOPInstanceUID, await placeOf(file));
        return { status: 0 };
      },
    };
  }
}
