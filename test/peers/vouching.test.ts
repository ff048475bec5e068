// Devices that ask whether we hold what they sent: our own requestor on the same association, and Orthanc as a device that
// takes its report on an association that we open.
import { mkdtemp, readdir, readFile, rm, truncate } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAssociation, openDicomServer, type CommitmentReport } from '#station/dicom/network/index.ts';
import { silentLog } from '#station/kit/log.ts';
import { newUid } from '#station/kit/ids.ts';
import { openStation, type Station } from '#station/station.ts';
import { call } from '@orpc/server';
import { freePort, orthancIsInstalled, readParts, startOrthanc } from './programs/index.ts';

const sample = path.resolve(import.meta.dirname, '../../resources/samples/syntaxes/explicit-little-endian.dcm');
const commitment = { abstractSyntaxUid: '1.2.840.10008.1.20.1', transferSyntaxUids: ['1.2.840.10008.1.2.1'] };
const none = { redBytes: 0, redShare: 0, redInodeShare: 0, amberShare: 0, reserveBytes: 0 };
if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

let home: string;
const closing: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'vouching-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(home, { recursive: true, force: true });
});

async function open(settings: object): Promise<Station> {
  const station = await openStation({ home, settings, log: silentLog, spaceLimits: none });
  closing.push(() => station.close());
  return station;
}

const settingsOf = (device: object, destinations: readonly object[] = []) => ({
  station: { dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0 },
  devices: [{ id: 'us', name: 'US', aeTitle: 'DEVICE', ...device }],
  destinations,
});

/** One device that sends the sample and asks; what it hears on the way. */
async function device(station: Station) {
  const heard: CommitmentReport[] = [];
  const { dataSet, ...object } = await readParts(sample);
  const opening = await openAssociation({
    host: '127.0.0.1',
    port: station.listening().dicomPort,
    callingAeTitle: 'DEVICE',
    calledAeTitle: 'SAFELIGHT',
    contexts: [commitment, { abstractSyntaxUid: object.sopClassUid, transferSyntaxUids: [object.transferSyntaxUid] }],
    onCommitmentReport: (report) => {
      heard.push(report);
      return 0;
    },
  });
  if (opening.kind !== 'accepted') throw new Error(opening.kind);
  const { association } = opening;
  closing.push(async () => association.abort());
  const reference = { sopClassUid: object.sopClassUid, sopInstanceUid: object.sopInstanceUid };
  const send = () => association.store({ ...object, lengthBytes: dataSet.length, source: [dataSet] });
  return { association, reference, send, heard };
}

describe('a device that is answered at once', () => {
  it('hears on its own association what we hold, and what we do not', async () => {
    const station = await open(settingsOf({ commitment: 'immediate' }));
    const { association, reference, send, heard } = await device(station);
    expect(await send()).toMatchObject({ status: 0 });
    const missing = { ...reference, sopInstanceUid: '1.2.3.4' };
    const otherClass = { ...reference, sopClassUid: '1.2.840.10008.5.1.4.1.1.2' };
    const transactionUid = newUid();
    const named = [reference, missing, otherClass];
    expect(await association.requestCommitment(transactionUid, named)).toMatchObject({ status: 0 });
    await expect.poll(() => heard).toHaveLength(1);
    expect(heard[0]).toEqual({
      transactionUid,
      committed: [reference],
      failed: [
        { ...missing, reason: 0x0112 },
        { ...otherClass, reason: 0x0119 },
      ],
    });
    // Asked again, it is answered again; another question under the same UID is refused.
    expect(await association.requestCommitment(transactionUid, named)).toMatchObject({ status: 0 });
    await expect.poll(() => heard).toHaveLength(2);
    expect(await association.requestCommitment(transactionUid, [reference])).toMatchObject({ status: 0 });
    await expect.poll(() => heard).toHaveLength(3);
    expect(heard[2]?.failed).toEqual([{ ...reference, reason: 0x0131 }]);
  });

  it('is told no of an image whose bytes are not what they were', async () => {
    const station = await open(settingsOf({ commitment: 'immediate' }));
    const { association, reference, send, heard } = await device(station);
    await send();
    const objects = path.join(home, 'objects/000000');
    const [file] = await readdir(objects);
    await truncate(path.join(objects, file ?? ''), 1000);
    await association.requestCommitment(newUid(), [reference]);
    await expect.poll(() => heard).toHaveLength(1);
    expect(heard[0]?.failed).toEqual([{ ...reference, reason: 0x0110 }]);
  });

  it('is not offered the service when it is off', async () => {
    const station = await open(settingsOf({ commitment: 'off' }));
    const { association, reference } = await device(station);
    expect(await association.requestCommitment(newUid(), [reference])).toEqual({ kind: 'not-accepted', why: 'class' });
  });
});

/** An archive that commits to everything. */
async function archive() {
  const server = await openDicomServer(
    { host: '127.0.0.1', port: 0 },
    {
      admit: () => ({ kind: 'accept' }),
      beginObject: () => ({ write: () => undefined, finish: async () => ({ status: 0 }), discard: () => {} }),
      answerCommitment: ({ transactionUid, references }) => ({ transactionUid, committed: references, failed: [] }),
    },
  );
  closing.push(() => server.close(500));
  return server.port;
}

async function approveAll(station: Station): Promise<void> {
  const { exams } = await call(station.router.exams.list, { filter: 'all' });
  for (const { id } of exams) {
    await call(station.router.exams.correct, {
      id,
      attributes: { PatientID: 'P1', PatientName: 'DOE^JANE' },
      reason: 'CORRECT',
    });
    await call(station.router.exams.approve, { id });
  }
}

describe('a device that waits for the archive', () => {
  it('hears nothing before the archive has committed, and then at its own port, also after a restart', async () => {
    const port = await archive();
    const reports: CommitmentReport[] = [];
    const deviceServer = await openDicomServer(
      { host: '127.0.0.1', port: 0 },
      {
        admit: () => ({ kind: 'accept' }),
        beginObject: () => ({ write: () => undefined, finish: async () => ({ status: 0x0110 }), discard: () => {} }),
        onCommitmentReport: (report) => {
          reports.push(report);
          return 0;
        },
      },
    );
    closing.push(() => deviceServer.close(500));
    const settings = settingsOf({ commitment: 'deferred', commitmentPort: deviceServer.port, host: '127.0.0.1' }, [
      {
        id: 'archive',
        name: 'Archive',
        kind: 'archive',
        aeTitle: 'ARCHIVE',
        host: '127.0.0.1',
        port,
        confirm: 'commitment',
      },
    ]);
    const first = await openStation({ home, settings, log: silentLog, spaceLimits: none });
    const { association, reference, send, heard } = await device(first);
    await send();
    const transactionUid = newUid();
    expect(await association.requestCommitment(transactionUid, [reference])).toMatchObject({ status: 0 });
    await association.release();
    expect(reports).toEqual([]);
    await first.close();

    const second = await open(settings);
    await approveAll(second);
    await expect.poll(() => reports).toHaveLength(1);
    expect(reports[0]).toEqual({ transactionUid, committed: [reference], failed: [] });
    expect(heard).toEqual([]);
  });
});

describe.skipIf(!orthancIsInstalled())('Orthanc as a device', () => {
  it('sends, asks, and takes the report on an association that we open', async () => {
    const orthancPort = await freePort();
    const station = await open(
      settingsOf({ aeTitle: 'ORTHANC', host: '127.0.0.1', commitment: 'immediate', commitmentPort: orthancPort }),
    );
    const orthanc = await startOrthanc({
      dicomPort: orthancPort,
      modalities: [{ aeTitle: 'SAFELIGHT', port: station.listening().dicomPort }],
    });
    closing.push(() => orthanc.close());
    const rest = `http://127.0.0.1:${orthanc.httpPort}`;
    const made = (await (
      await fetch(`${rest}/instances`, { method: 'POST', body: await readFile(sample) })
    ).json()) as {
      readonly ID: string;
    };
    const post = async (route: string, body: object) =>
      (await fetch(`${rest}${route}`, { method: 'POST', body: JSON.stringify(body) })).json() as Promise<{
        ID?: string;
      }>;
    await post('/modalities/SAFELIGHT/store', { Resources: [made.ID], Synchronous: true });
    const asked = await post('/modalities/SAFELIGHT/storage-commitment', { Resources: [made.ID] });
    const status = async () => (await orthanc.get(`/storage-commitment/${asked.ID}`)) as { readonly Status: string };
    await expect.poll(async () => (await status()).Status).toBe('Success');
  });
});
