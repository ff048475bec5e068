// A line that breaks at any PDU between a device and the station: what was acknowledged is there, and sending again doubles
// nothing.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explicitLittleEndian } from '#station/dicom/index.ts';
import { openAssociation } from '#station/dicom/network/index.ts';
import { newUid } from '#station/kit/ids.ts';
import { silentLog } from '#station/kit/log.ts';
import { runHeadless, type RunningStation } from '../../src-main/headless/run.ts';
import { digestOf, partsOf, secondaryCaptureClass, smallImage } from '../peers/programs/index.ts';
import { temporaryFolder, type TemporaryFolder } from '../peers/programs/temporary-folder.ts';
import { startFaultProxy, type Fault, type PassingPdu } from './fault-proxy.ts';

let folder: TemporaryFolder;
let station: RunningStation;

beforeAll(async () => {
  folder = await temporaryFolder('proxy');
  station = await runHeadless({
    home: folder.path,
    settings: { station: { dicomHost: '127.0.0.1' } },
    dicomPort: 0,
    httpPort: 0,
    pagesFolder: folder.path,
    log: silentLog,
  });
});

afterAll(async () => {
  await station.close();
  await folder.close();
});

const impatient = { connectMs: 500, associateMs: 500, stalledMs: 500, answerMs: 500, releaseMs: 200 };

/** The status of the C-STORE-RSP, or how it ended without one. */
async function sendOnce(
  port: number,
  dataSet: Buffer,
  SOPInstanceUID: string,
  timeouts = {},
): Promise<number | string> {
  const opening = await openAssociation({
    host: '127.0.0.1',
    port,
    callingAeTitle: 'PROXIED',
    calledAeTitle: 'SAFELIGHT',
    contexts: [{ abstractSyntaxUid: secondaryCaptureClass, transferSyntaxUids: [explicitLittleEndian] }],
    timeouts,
  });
  if (opening.kind !== 'accepted') return opening.kind;
  const outcome = await opening.association.store({
    sopClassUid: secondaryCaptureClass,
    sopInstanceUid: SOPInstanceUID,
    transferSyntaxUid: explicitLittleEndian,
    lengthBytes: dataSet.length,
    source: [dataSet],
  });
  await opening.association.release();
  return outcome.kind === 'answered' ? outcome.status : outcome.kind;
}

async function keptOf(SOPInstanceUID: string): Promise<string[]> {
  const get = (route: string) =>
    fetch(new URL(`api${route}`, station.ready.url), { headers: { authorization: `Bearer ${station.ready.token}` } });
  const digests: string[] = [];
  const { exams } = (await (await get('/exams?filter=all&limit=1000')).json()) as { exams: { id: string }[] };
  for (const { id } of exams) {
    const exam = (await (await get(`/exams/${id}`)).json()) as {
      series: { objects: { id: string; SOPInstanceUID: string }[] }[];
    };
    for (const object of exam.series.flatMap(({ objects }) => objects)) {
      if (object.SOPInstanceUID !== SOPInstanceUID) continue;
      const file = Buffer.from(await (await get(`/objects/${object.id}/file`)).arrayBuffer());
      digests.push(digestOf(partsOf(file).dataSet));
    }
  }
  return digests;
}

const faults: readonly Fault[] = [
  { kind: 'cut' },
  { kind: 'reset' },
  { kind: 'tear', afterBytes: 3 },
  { kind: 'drop' },
  { kind: 'twice' },
  { kind: 'pieces', bytes: 1 },
  { kind: 'instead', bytes: Buffer.from([7, 0, 0, 0, 0, 4, 0, 0, 2, 0]) },
  { kind: 'silence' },
];

for (const fault of faults) {
  test(`${fault.kind} at any PDU loses and doubles nothing`, async () => {
    const proxy = await startFaultProxy(station.ready.dicomPort);
    try {
      const places = [
        ...[1, 2, 3, 4].map((number) => ({ way: 'to-server' as const, number })),
        ...[1, 2, 3].map((number) => ({ way: 'to-client' as const, number })),
      ];
      let broken = 0;
      for (const { way, number } of places) {
        const uids = { StudyInstanceUID: newUid(), SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() };
        const dataSet = smallImage(uids, 16);
        let isDone = false;
        proxy.follow({
          faultFor: (pdu: PassingPdu) => {
            if (isDone || pdu.way !== way || pdu.number !== number) return undefined;
            isDone = true;
            broken++;
            return fault;
          },
        });
        const first = await sendOnce(proxy.port, dataSet, uids.SOPInstanceUID, impatient);
        if (first === 0) expect(await keptOf(uids.SOPInstanceUID)).toEqual([digestOf(dataSet)]);
        proxy.follow({});
        expect(await sendOnce(proxy.port, dataSet, uids.SOPInstanceUID)).toBe(0);
        expect(await keptOf(uids.SOPInstanceUID), `${fault.kind} at ${way} ${number}`).toEqual([digestOf(dataSet)]);
      }
      expect(broken).toBe(places.length);
    } finally {
      await proxy.close();
    }
  });
}

test('a slow line is as slow as it was asked to be', async () => {
  const proxy = await startFaultProxy(station.ready.dicomPort, { delayMs: 30 });
  const uids = { StudyInstanceUID: newUid(), SeriesInstanceUID: newUid(), SOPInstanceUID: newUid() };
  const began = performance.now();
  expect(await sendOnce(proxy.port, smallImage(uids, 16), uids.SOPInstanceUID)).toBe(0);
  // Three round trips: association, C-STORE, release.
  expect(performance.now() - began).toBeGreaterThan(170);
  await proxy.close();
});
