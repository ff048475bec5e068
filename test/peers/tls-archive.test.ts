import net from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openForward, openProfiler, type Forward } from '#station/5-forward/index.ts';
import {
  openAssociation,
  openDicomServer,
  readOwnCertificate,
  readTrusted,
  secureCalling,
  type AssociationFacts,
  type OwnCertificate,
  type SecureCalling,
  type TrustedCertificates,
} from '#station/dicom/network/index.ts';
import { systemClock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { Problem } from '#station/kit/problem.ts';
import { many, settingsWith, Shelf } from '../station/5-forward/approved-exam.ts';
import { KeptObjects } from '../station/dicom/network/kept-objects.ts';
import {
  freePort,
  isInstalled,
  makeCertificate,
  orthancIsInstalled,
  secondaryCaptureClass,
  smallImage,
  startOrthanc,
  startStorescp,
  temporaryFolder,
  type MadeCertificate,
  type TemporaryFolder,
} from './programs/index.ts';

const hasPeers = orthancIsInstalled() && isInstalled('storescp') && isInstalled('openssl');
if (!hasPeers) console.warn('NOT VERIFIED: Orthanc, DCMTK or openssl absent');

let folder: TemporaryFolder;
let authority: MadeCertificate;
let archive: MadeCertificate;
let own: OwnCertificate;
let strange: OwnCertificate;
let trusted: TrustedCertificates;
const closing: (() => unknown)[] = [];

beforeAll(async () => {
  if (!hasPeers) return;
  folder = await temporaryFolder('tls-archive');
  authority = await makeCertificate(folder.path, { name: 'authority', isAuthority: true });
  const stranger = await makeCertificate(folder.path, { name: 'stranger', isAuthority: true });
  archive = await makeCertificate(folder.path, { name: 'archive', by: authority });
  const read = ({ certificateFile, keyFile }: MadeCertificate) =>
    readOwnCertificate(
      { certificate: { field: '', file: certificateFile }, key: { field: '', file: keyFile } },
      folder.path,
    );
  own = await read(await makeCertificate(folder.path, { name: 'station', by: authority }));
  strange = await read(await makeCertificate(folder.path, { name: 'strange', by: stranger }));
  trusted = await readTrusted([{ field: '', file: authority.certificateFile }], folder.path);
});
afterAll(() => folder?.close());
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const image = { sopClass: secondaryCaptureClass, make: (uids: Parameters<typeof smallImage>[0]) => smallImage(uids) };
const verifyHost = true;
const minimum = 'TLSv1.2';

function open(shelf: Shelf, callingOf: () => SecureCalling): Forward {
  const forward = openForward({
    book: shelf.book,
    clock: systemClock,
    log: silentLog,
    ports: { openRevision: shelf.openRevision, callingOf },
    options: { retry: { firstMs: 40, mostMs: 300 }, probeMs: 150, refusingProbeMs: 150, gatherMs: 100 },
  });
  closing.push(() => forward.close());
  return forward;
}

const tls = { verifyHost, minimum } as const;
const states = (forward: Forward) => [
  ...new Set(forward.deliveries({ limit: 1000, offset: 0 }).deliveries.map(({ state }) => state)),
];

describe.skipIf(!hasPeers)('connections to the port with TLS that say nothing', () => {
  it('are ended by ARTIM, the oldest first when there are too many, and keep nobody out', async () => {
    const dropped: string[] = [];
    const secure = { own, trusted, clientCertificates: 'required', minimum } as const;
    const server = await openDicomServer(
      { host: '127.0.0.1', port: 0, secure, artimMs: 1_500, mostSilent: 3 },
      new KeptObjects().rules({
        onEvent: (event) => event.kind === 'handshake-refused' && dropped.push(`${event.reason} ${event.code}`),
      }),
    );
    closing.push(() => server.close(1000));
    const sockets = Array.from({ length: 5 }, () => net.connect({ host: '127.0.0.1', port: server.port }));
    for (const socket of sockets) closing.push(() => socket.destroy());
    await expect.poll(() => dropped.length).toBe(5);
    expect(dropped.sort()).toEqual([
      ...Array<string>(2).fill('broken-off too many silent connections'),
      ...Array<string>(3).fill('too-slow ETIMEDOUT'),
    ]);
    const opening = await openAssociation({
      ...{ host: '127.0.0.1', port: server.port, callingAeTitle: 'CT1', calledAeTitle: 'SAFELIGHT' },
      secure: secureCalling({ own, trusted, verifyHost, minimum }),
      contexts: [{ abstractSyntaxUid: '1.2.840.10008.1.1', transferSyntaxUids: ['1.2.840.10008.1.2'] }],
    });
    expect(opening.kind).toBe('accepted');
    if (opening.kind === 'accepted') expect(await opening.association.release()).toEqual({ kind: 'released' });
  });
});

describe.skipIf(!hasPeers)('an archive that is called over TLS', () => {
  it('gets every image, and its word comes back over TLS to our own port with TLS', async () => {
    const ourPort = await freePort();
    const orthanc = await startOrthanc({
      aet: 'ARCHIVE',
      configuration: {
        DicomTlsEnabled: true,
        DicomTlsCertificate: archive.certificateFile,
        DicomTlsPrivateKey: archive.keyFile,
        DicomTlsTrustedCertificates: authority.certificateFile,
        DicomTlsRemoteCertificateRequired: true,
        DicomModalities: { us: { AET: 'SAFELIGHT', Host: '127.0.0.1', Port: ourPort, UseDicomTls: true } },
      },
    });
    closing.push(() => orthanc.close());
    const shelf = new Shelf();
    const forward = open(shelf, () => secureCalling({ own, trusted, verifyHost, minimum }));
    const reported: AssociationFacts[] = [];
    const rules = new KeptObjects().rules({
      onCommitmentReport: (report, association) => {
        reported.push(association);
        return forward.onCommitmentReport(report, association);
      },
    });
    const secure = { own, trusted, clientCertificates: 'required', minimum } as const;
    const server = await openDicomServer({ host: '127.0.0.1', port: ourPort, secure }, rules);
    closing.push(() => server.close(1000));

    await forward.applySettings(
      settingsWith({ id: 'archive', port: orthanc.dicomPort, aeTitle: 'ARCHIVE', confirm: 'commitment', tls }),
    );
    const exam = shelf.exam(many(20, image));
    forward.enqueue(exam.id, exam.revisions);
    await expect.poll(() => states(forward)).toEqual(['committed']);
    expect(await orthanc.get('/instances')).toHaveLength(20);
    expect(reported).toMatchObject([{ secure: true, certificate: { sha256: archive.sha256 } }]);
  });

  it('that does not trust our certificate refuses, keeps its queue, and gets it when it is put right', async () => {
    const files = ['+tls', archive.keyFile, archive.certificateFile, '+cf', authority.certificateFile];
    const peer = await startStorescp(files);
    closing.push(() => peer.close());
    const shelf = new Shelf();
    let calling: () => SecureCalling = () => secureCalling({ own: strange, trusted, verifyHost, minimum });
    const forward = open(shelf, () => calling());
    await forward.applySettings(settingsWith({ id: 'archive', port: peer.port, confirm: 'none', tls }));
    const exam = shelf.exam(many(3, image));
    forward.enqueue(exam.id, exam.revisions);
    const standing = () => forward.destinationStatus().map(({ state, lastAnswer }) => [state, lastAnswer?.key]);
    await expect.poll(standing).toEqual([['refusing', 'own-certificate-refused']]);
    expect(states(forward)).toEqual(['ready']);

    calling = () => {
      throw new Problem('certificate-unreadable', { field: '', file: '' });
    };
    await expect.poll(standing).toEqual([['refusing', 'own-certificate-unusable']]);

    calling = () => secureCalling({ own, trusted, verifyHost, minimum });
    await expect.poll(() => states(forward)).toEqual(['committed']);
  });
});

describe.skipIf(!hasPeers)('an examination over TLS', () => {
  /** What its lines about TLS, and about what came of it, say. */
  async function examined(port: number, secure: () => SecureCalling): Promise<string[]> {
    const shelf = new Shelf();
    closing.push(() => shelf.book.close());
    const ports = { readCalling: async () => secure() };
    const profiler = openProfiler({ book: shelf.book, clock: systemClock, log: silentLog, ports });
    closing.push(() => profiler.close());
    const target = { id: 'archive', aeTitle: 'ARCHIVE', host: '127.0.0.1', port, confirm: 'none', tls } as const;
    const { lines } = await profiler.examine({
      ...{ target, callingAeTitle: 'SAFELIGHT', sendTestImage: false, keep: true },
    });
    return lines
      .filter(({ step }) => step === 'tls' || step === 'association')
      .map(({ step, result, key, params }) => `${step} ${result} ${key} ${params['subject'] ?? ''}`.trim());
  }
  const well = () => secureCalling({ own, trusted, verifyHost, minimum });
  const start = async (certificate: MadeCertificate) => {
    const files = ['+tls', certificate.keyFile, certificate.certificateFile, '+cf', authority.certificateFile];
    const peer = await startStorescp(files);
    closing.push(() => peer.close());
    return peer.port;
  };

  it('says whose certificate it is, and that it ends soon before it does', async () => {
    expect(await examined(await start(archive), well)).toEqual([
      'tls well tls O=Test, CN=archive',
      'association well accepted',
    ]);
    const brief = await makeCertificate(folder.path, { name: 'brief', by: authority, days: 9 });
    expect(await examined(await start(brief), well)).toContain('tls note tls-ends-soon O=Test, CN=brief');
  });

  it('says on which side somebody has to act: their certificate, ours, or a port that speaks no TLS', async () => {
    const gone = await makeCertificate(folder.path, { name: 'gone', by: authority, days: -1 });
    expect(await examined(await start(gone), well)).toEqual(['tls bad certificate-refused']);
    const stranger = () => secureCalling({ own: strange, trusted, verifyHost, minimum });
    expect((await examined(await start(archive), stranger)).at(-1)).toMatch(/bad own-certificate-refused$/);
    const plain = await startStorescp();
    closing.push(() => plain.close());
    expect((await examined(plain.port, well)).at(-1)).toMatch(/^tls bad (tls-not-spoken|connection-lost|no-answer)$/);
  });
});
