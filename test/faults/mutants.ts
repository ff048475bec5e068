// Mutants thrown at a station: broken conversations at its DICOM port, broken files at its import. Counts what was thrown and
// how the station took it.
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { explicitLittleEndian } from '#station/dicom/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { secondaryCaptureClass, smallImage } from '../peers/programs/index.ts';
import { mutateFile } from './mutate-files.ts';
import { associateRequest, commandSet, data, mutateConversation, releaseRequest, type Framed } from './mutate-pdus.ts';
import { randomFrom, type Random } from './random.ts';

const verification = '1.2.840.10008.1.1';
const plain = '1.2.840.10008.1.2';

/** C-ECHO and C-STORE on one association, as a device would. */
function aConversation(random: Random): Framed[] {
  const SOPInstanceUID = newUid();
  const image = smallImage({ StudyInstanceUID: newUid(), SeriesInstanceUID: newUid(), SOPInstanceUID }, 8);
  const half = image.length >> 1;
  const echo = commandSet({ 2: verification, 0x100: 0x30, 0x110: 1, 0x800: 0x0101 });
  const store = commandSet({
    2: secondaryCaptureClass,
    0x100: 1,
    0x110: 2,
    0x700: 0,
    0x800: 1,
    0x1000: SOPInstanceUID,
  });
  return [
    associateRequest('SAFELIGHT', 'MUTANT', [
      { id: 1, abstractSyntax: verification, transferSyntaxes: [plain] },
      { id: 3, abstractSyntax: secondaryCaptureClass, transferSyntaxes: [explicitLittleEndian, plain] },
    ]),
    ...(random.oneIn(2) ? [data(1, true, true, echo)] : []),
    data(3, true, true, store),
    data(3, false, false, image.subarray(0, half)),
    data(3, false, true, image.subarray(half)),
    releaseRequest(),
  ];
}

/** Sends one broken conversation and waits until the station ends it, or 300 ms after its last word. */
export function throwConversation(port: number, seed: number): Promise<void> {
  const random = randomFrom(seed);
  const bytes = mutateConversation(aConversation(random), random);
  const stayOpen = random.oneIn(20);
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setTimeout(300, () => socket.destroy());
    socket.once('close', () => resolve());
    socket.on('error', () => undefined);
    socket.resume();
    if (stayOpen) socket.write(bytes);
    else socket.end(bytes);
  });
}

/** Writes `count` broken files into a new folder below `below`. */
export async function writeMutants(
  below: string,
  sources: readonly Buffer[],
  { seed, count }: { readonly seed: number; readonly count: number },
): Promise<string> {
  const folder = path.join(below, randomUUID());
  await mkdir(folder, { recursive: true });
  for (let n = 0; n < count; n++) {
    const random = randomFrom(seed + n);
    const source = random.pick(sources) ?? Buffer.alloc(0);
    await writeFile(path.join(folder, `${seed + n}.dcm`), mutateFile(source, random));
  }
  return folder;
}

export type ToStation = { readonly url: string; readonly token: string };

export type Taken = {
  readonly kept: number;
  readonly alreadyHere: number;
  readonly skipped: number;
  readonly refused: number;
  /** Refused by a mistake of the station's own, and not by a rule. */
  readonly odd: number;
  /** Of what was kept with a warning or was already here, and of the last 200 that were kept. */
  readonly objectIds: readonly string[];
};

/** Imports a folder and removes it. */
export async function importMutants(station: ToStation, folder: string): Promise<Taken> {
  const report = (await ask(station, '/imports', { paths: [folder], wait: true })) as {
    kept: number;
    alreadyHere: number;
    skipped: number;
    refused: number;
    findings: readonly { objectId: string | null; problems: readonly { code: string }[] }[];
  };
  await rm(folder, { recursive: true, force: true });
  const { kept, alreadyHere, skipped, refused } = report;
  const odd = report.findings.filter(({ problems }) => problems.some(({ code }) => code === 'internal')).length;
  const objectIds = report.findings.flatMap(({ objectId }) => (objectId === null ? [] : [objectId]));
  return { kept, alreadyHere, skipped, refused, odd, objectIds };
}

/** Asks for the first picture of an object. Throws when the station itself failed at it. */
export async function lookAt(station: ToStation, objectId: string): Promise<'drawn' | 'not-drawable'> {
  const answer = await fetch(new URL(`api/objects/${objectId}/frames/0`, station.url), {
    headers: { authorization: `Bearer ${station.token}`, ...alone },
  });
  const body = await answer.arrayBuffer();
  if (answer.ok) return 'drawn';
  if (answer.status === 409 || answer.status === 422) return 'not-drawable';
  throw new Error(`frame: ${answer.status} ${Buffer.from(body).toString('utf8', 0, 300)}`);
}

export async function ask(station: ToStation, route: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(new URL(`api${route}`, station.url), {
    headers: { authorization: `Bearer ${station.token}`, 'content-type': 'application/json', ...alone },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${route}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** A connection for each question: one that rests is closed by the station just when it is used again, on a busy machine. */
const alone = { connection: 'close' };

const samplesFolder = path.resolve(import.meta.dirname, '../../resources/samples');

/** Paths of the DICOM files among the samples of the project. */
export async function sampleFiles(): Promise<string[]> {
  const entries = await readdir(samplesFolder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.dcm'));
  return files.map((entry) => path.join(entry.parentPath, entry.name));
}

export const readAll = (files: readonly string[]): Promise<Buffer[]> =>
  Promise.all(files.map((file) => readFile(file)));

/** Files of which mutants are made: small ones, of every syntax at hand. */
export function withoutLargeOnes(files: readonly Buffer[]): Buffer[] {
  return files.filter((bytes) => bytes.length > 0 && bytes.length < 100_000);
}
