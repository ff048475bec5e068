// node test/soak/huge-object.ts [GIGABYTES]: figure R12. One object of 4.2 GB, compressed frames behind a pixel data
// element of undefined length (no other form can be longer than 4 GB), is sent to a headless station, read out again
// over HTTP, approved, and sent on by C-STORE to storescp. Data sets are compared by digest; memory of the station is
// watched meanwhile.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeElements, openPart10 } from '#station/dicom/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { startStation } from '../crash/station-process.ts';
import { startStorescp } from '../peers/programs/index.ts';
import { temporaryFolder } from '../peers/programs/temporary-folder.ts';

const gigabytes = Number(process.argv[2] ?? 4.2);
const mostGrowthMiB = 150;
const jpegBaseline = '1.2.840.10008.1.2.4.50';
const ultrasoundCine = '1.2.840.10008.5.1.4.1.1.3.1';
const frameBytes = 8 * 2 ** 20;
const frames = Math.ceil((gigabytes * 1e9) / (frameBytes + 8));

const SOPInstanceUID = newUid();
const header = encodeElements(
  [
    { keyword: 'SOPClassUID', value: ultrasoundCine },
    { keyword: 'SOPInstanceUID', value: SOPInstanceUID },
    { keyword: 'Modality', value: 'US' },
    { keyword: 'PatientName', value: 'Huge^Object' },
    { keyword: 'PatientID', value: '4200' },
    { keyword: 'StudyInstanceUID', value: newUid() },
    { keyword: 'SeriesInstanceUID', value: newUid() },
    { keyword: 'NumberOfFrames', value: String(frames) },
  ],
  { explicit: true, littleEndian: true, characterSet: [] },
);
const itemTag = 0xe000fffe;

function item(tag: number, length: number): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(tag);
  head.writeUInt32LE(length, 4);
  return head;
}

const frame = Buffer.alloc(frameBytes);
for (let at = 0, state = 7; at < frameBytes; at += 4) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  frame.writeUInt32LE(state, at);
}

/** Pixel data OB of undefined length, an empty offset table, one fragment a frame, the delimiter. */
function* dataSet(): Generator<Buffer> {
  yield header;
  yield Buffer.concat([Buffer.from('e07f10004f420000ffffffff', 'hex'), item(itemTag, 0)]);
  for (let number = 0; number < frames; number++) {
    const marked = item(itemTag, frameBytes);
    frame.writeUInt32LE(number);
    yield marked;
    for (let at = 0; at < frameBytes; at += 2 ** 20) yield Buffer.from(frame.subarray(at, at + 2 ** 20));
  }
  yield item(0xe0ddfffe, 0);
}

let lengthBytes = 0;
const sent = createHash('sha256');
for (const piece of dataSet()) {
  lengthBytes += piece.length;
  sent.update(piece);
}
const sentDigest = sent.digest('hex');

const memory = (pid: number) => {
  const found = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(found?.[1] ?? 0) / 1024;
};

const folder = await temporaryFolder('huge');
const archive = await startStorescp();
const settings = path.join(folder.path, 'settings.json');
const destination = {
  ...{ id: 'archive', name: 'Archive', kind: 'archive', aeTitle: 'ARCHIVE', host: '127.0.0.1', port: archive.port },
  ...{ required: true, confirm: 'none', associations: 1 },
};
await writeFile(settings, JSON.stringify({ station: { quietTimeSeconds: 0 }, destinations: [destination] }));
const station = startStation(`${folder.path}/home`, settings);
let reached = false;
try {
  const ready = await station.ready;
  if (!ready) throw new Error('the station did not start');
  const before = memory(station.pid);
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, memory(station.pid))), 100);
  const headers = { Authorization: `Bearer ${ready.token}`, 'Content-Type': 'application/json' };
  const api = (route: string, more: RequestInit = {}) => fetch(new URL(`api${route}`, ready.url), { headers, ...more });

  const opening = await openAssociation({
    ...{ host: '127.0.0.1', port: ready.dicomPort, callingAeTitle: 'HUGE', calledAeTitle: ready.aeTitle },
    contexts: [{ abstractSyntaxUid: ultrasoundCine, transferSyntaxUids: [jpegBaseline] }],
  });
  if (opening.kind !== 'accepted') throw new Error(`no association: ${opening.kind}`);
  const began = performance.now();
  const outcome = await opening.association.store({
    ...{ sopClassUid: ultrasoundCine, sopInstanceUid: SOPInstanceUID, transferSyntaxUid: jpegBaseline },
    ...{ lengthBytes, source: dataSet() },
  });
  const inSeconds = (performance.now() - began) / 1000;
  await opening.association.release();
  const status = outcome.kind === 'answered' ? outcome.status : -1;

  type Listed = { readonly exams: readonly { readonly id: string }[] };
  type Shown = { readonly series: readonly { readonly objects: readonly { readonly id: string }[] }[] };
  const { exams } = (await (await api('/exams?filter=all&limit=10')).json()) as Listed;
  const exam = (await (await api(`/exams/${exams[0]?.id}`)).json()) as Shown;
  const objectId = exam.series[0]?.objects[0]?.id;
  const afterIn = most;

  const readBegan = performance.now();
  const answer = await api(`/objects/${objectId}/file`);
  const found = createHash('sha256');
  let skip = -1;
  let readBytes = 0;
  for await (const chunk of answer.body ?? []) {
    const bytes = Buffer.from(chunk);
    // Our File Meta stands in front: 132 bytes, then a group length of 12 that says how long the rest is.
    if (skip < 0) skip = 144 + bytes.readUInt32LE(140);
    const from = Math.max(0, skip - readBytes);
    if (from < bytes.length) found.update(bytes.subarray(from));
    readBytes += bytes.length;
  }
  const outSeconds = (performance.now() - readBegan) / 1000;
  const afterOut = most;

  const approved = await api(`/exams/${exams[0]?.id}/approval`, { method: 'POST', body: '{}' });
  if (!approved.ok) throw new Error(`not approved: ${await approved.text()}`);
  const onBegan = performance.now();
  type Health = { readonly queue: { readonly waiting: number; readonly blocked: number } };
  for (;;) {
    const { queue } = (await (await api('/health')).json()) as Health;
    if (queue.blocked > 0) throw new Error('the delivery is blocked');
    if (queue.waiting === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const onSeconds = (performance.now() - onBegan) / 1000;
  clearInterval(watch);
  const [name = ''] = await readdir(archive.folder);
  const arrived = path.join(archive.folder, name);
  const opened = await openPart10(arrived);
  await opened.close();
  const there = createHash('sha256');
  for await (const chunk of createReadStream(arrived, { start: opened.dataSetOffset })) there.update(chunk as Buffer);
  const isSame = found.digest('hex') === sentDigest && there.digest('hex') === sentDigest;
  reached = status === 0 && isSame && most - before <= mostGrowthMiB;
  console.log(
    '| bytes of the data set | status | in s | out by HTTP s | out by C-STORE s | same bytes | MiB before | most in | and out by HTTP | and by C-STORE | goal |',
  );
  console.log('|---|---|---|---|---|---|---|---|---|---|---|');
  const took = [inSeconds, outSeconds, onSeconds].map((seconds) => seconds.toFixed(1));
  const cells = [lengthBytes, status, ...took, isSame ? 'yes' : 'NO'];
  const memories = [before, afterIn, afterOut, most].map((mebibytes) => mebibytes.toFixed(0));
  console.log(`| ${[...cells, ...memories, `+${mostGrowthMiB} ${reached ? 'reached' : 'MISSED'}`].join(' | ')} |`);
} finally {
  await station.end();
  await archive.close();
  await folder.close();
}
process.exit(reached ? 0 : 1);
