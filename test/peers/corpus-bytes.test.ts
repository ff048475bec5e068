// The corpus over the network and out again: what a device sends is what GET /api/objects/{id}/file gives, byte for byte.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAssociation } from '#station/dicom/network/index.ts';
import { silentLog } from '#station/kit/log.ts';
import { runHeadless, type RunningStation } from '../../src-main/headless/run.ts';
import { corpusIsHere, objects } from '../station/dicom/corpus.ts';
import { digestOf, readParts } from './programs/data-set.ts';

let home: string;
let running: RunningStation;

beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'safelight-corpus-'));
  running = await runHeadless({
    home,
    settings: { station: { dicomHost: '127.0.0.1', quietTimeSeconds: 0 } },
    dicomPort: 0,
    httpPort: 0,
    pagesFolder: home,
    log: silentLog,
  });
});

afterAll(async () => {
  await running.close();
  await rm(home, { recursive: true, force: true });
});

test.skipIf(!corpusIsHere)(
  'every object of the corpus that a sender can send comes out with the data set it went in with',
  async () => {
    const sent = new Map<string, string>();
    const left: string[] = [];
    for (const { path: name, file, expected } of objects) {
      if (!expected.startsWith('accept')) continue;
      const parts = await readParts(file).catch(() => undefined);
      if (
        !parts?.sopClassUid ||
        !parts.sopInstanceUid ||
        !parts.transferSyntaxUid ||
        parts.sopInstanceUid.length > 64
      ) {
        left.push(`${name}: its File Meta does not say what it is`);
        continue;
      }
      const opening = await openAssociation({
        host: '127.0.0.1',
        port: running.ready.dicomPort,
        callingAeTitle: 'CORPUS',
        calledAeTitle: 'SAFELIGHT',
        contexts: [{ abstractSyntaxUid: parts.sopClassUid, transferSyntaxUids: [parts.transferSyntaxUid] }],
      });
      if (opening.kind !== 'accepted') {
        left.push(`${name}: ${opening.kind}`);
        continue;
      }
      const { sopClassUid, sopInstanceUid, transferSyntaxUid, dataSet } = parts;
      const outcome = await opening.association.store({
        ...{ sopClassUid, sopInstanceUid, transferSyntaxUid },
        lengthBytes: dataSet.length,
        source: [dataSet],
      });
      await opening.association.release();
      if (outcome.kind === 'answered' && outcome.status === 0) sent.set(name, digestOf(padded(dataSet)));
      else left.push(`${name}: ${outcome.kind} ${outcome.kind === 'answered' ? outcome.status.toString(16) : ''}`);
    }
    const shown = await digestsOfAllFiles();
    // The same image in another transfer syntax is kept, and not shown a second time.
    const kept = new Set([...shown, ...(await digestsInStore())]);
    const changed = [...sent].filter(([, digest]) => !kept.has(digest)).map(([name]) => name);
    console.info(`corpus over the network: ${sent.size} acknowledged, ${left.length} not sent or refused`);
    for (const line of left) console.info(`  ${line}`);
    expect(changed).toEqual([]);
    expect(sent.size).toBeGreaterThan(350);
    expect(shown.size).toBeGreaterThan(350);
  },
  240_000,
);

/** On the wire a data set has an even length (PS3.5 7.1.1); a NULL byte makes it so. */
const padded = (dataSet: Buffer) => (dataSet.length % 2 === 0 ? dataSet : Buffer.concat([dataSet, Buffer.alloc(1)]));

async function digestsOfAllFiles(): Promise<ReadonlySet<string>> {
  const get = (route: string) =>
    fetch(new URL(`api${route}`, running.ready.url), { headers: { authorization: `Bearer ${running.ready.token}` } });
  const digests = new Set<string>();
  const { exams } = (await (await get('/exams?filter=all&limit=1000')).json()) as { exams: { id: string }[] };
  for (const { id } of exams) {
    const exam = (await (await get(`/exams/${id}`)).json()) as { series: { objects: { id: string }[] }[] };
    for (const object of exam.series.flatMap((series) => series.objects)) {
      const bytes = Buffer.from(await (await get(`/objects/${object.id}/file`)).arrayBuffer());
      digests.add(digestOf(partsFrom(bytes)));
    }
  }
  return digests;
}

async function digestsInStore(): Promise<string[]> {
  const entries = await readdir(path.join(home, 'objects'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (file) => digestOf(partsFrom(await readFile(file)))));
}

/** The data set of a file of ours: behind the File Meta, whose group length is right. */
const partsFrom = (bytes: Buffer) => bytes.subarray(144 + bytes.readUInt32LE(140));
