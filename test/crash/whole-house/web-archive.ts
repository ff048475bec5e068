// An archive that speaks DICOMweb, as the other ones of a walk: keeps all it got, can be switched off, and may have no room.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { storeAnswer, startWebPeer, json, type WebPeer } from '../../station/5-forward/web/web-peer.ts';
import type { Arrived, Place } from './archive.ts';

const outOfResources = 0xa700;

export class WebArchive implements Place {
  readonly id: string;
  readonly arrived: Arrived[] = [];
  readonly heardOf = new Set<string>();
  refuses = 0;
  readonly #folder: string;
  #peer: WebPeer | undefined;
  #port = 0;

  constructor(id: string, folder: string) {
    this.id = id;
    this.#folder = folder;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.#port}/dicom-web`;
  }

  get isOn(): boolean {
    return this.#peer !== undefined;
  }

  has(uid: string): boolean {
    return this.arrived.some(({ SOPInstanceUID }) => SOPInstanceUID === uid);
  }

  async on(): Promise<void> {
    if (this.#peer) return;
    mkdirSync(this.#folder, { recursive: true });
    const peer = await startWebPeer(undefined, this.#port);
    this.#peer = peer;
    this.#port = peer.port;
    // What it got before it was switched off is what it is asked for, too.
    peer.onQuery = (url) => {
      const wanted = url.searchParams.get('SOPInstanceUID');
      const held = [...new Set(this.arrived.map(({ SOPInstanceUID }) => SOPInstanceUID))];
      const found = held.filter((uid) => wanted === null || wanted === uid);
      const body = JSON.stringify(found.map((uid) => ({ '00080018': { vr: 'UI', Value: [uid] } })));
      return { status: 200, headers: json, body };
    };
    peer.onObjects = (objects) => {
      const answers = objects.map(({ uid, bytes, file: content }) => {
        this.heardOf.add(uid);
        if (this.refuses > 0) {
          this.refuses--;
          return { uid, reason: outOfResources };
        }
        const file = path.join(this.#folder, `${String(this.arrived.length).padStart(5, '0')}.dcm`);
        writeFileSync(file, content);
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        this.arrived.push({ archive: this.id, SOPInstanceUID: uid, file, sha256 });
        return { uid };
      });
      const isRefused = answers.some((answer) => 'reason' in answer);
      return { status: isRefused ? 202 : 200, headers: json, body: storeAnswer(answers) };
    };
  }

  async off(): Promise<void> {
    const peer = this.#peer;
    this.#peer = undefined;
    await peer?.close();
  }
}
