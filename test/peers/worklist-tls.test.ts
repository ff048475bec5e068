// A worklist of another make that is called over TLS: Orthanc with its worklists, certificates asked of both sides.
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { worklistSettingShape } from '#contract/shapes/worklists.ts';
import { classifyEnding, classifyOpening } from '#station/5-forward/index.ts';
import {
  openAssociation,
  readOwnCertificate,
  readTrusted,
  secureCalling,
  type OwnCertificate,
  type TrustedCertificates,
} from '#station/dicom/network/index.ts';
import { systemClock, type Clock } from '#station/kit/clock.ts';
import { silentLog } from '#station/kit/log.ts';
import { openOrders, openWorklists, type Orders, type Worklists } from '#station/orders/index.ts';
import { openBook, type Book } from '#station/records/index.ts';
import { convert, makeCertificate, orthancIsInstalled, startOrthanc, type Orthanc } from './programs/index.ts';
import { temporaryFolder, type TemporaryFolder } from './programs/temporary-folder.ts';

const plugin = '/usr/share/orthanc/plugins/libModalityWorklists.so';
const clock: Clock = { ...systemClock, epochMs: () => new Date(2026, 10, 23, 9, 0).getTime() };
if (!orthancIsInstalled()) console.warn('NOT VERIFIED: Orthanc absent');

let folder: TemporaryFolder;
let orthanc: Orthanc;
let own: OwnCertificate;
let strange: OwnCertificate;
let trusted: TrustedCertificates;

const item = `(0008,0005) CS [ISO_IR 192]
(0008,0050) SH [A1]
(0010,0010) PN [Müller^Änne]
(0010,0020) LO [P1]
(0010,0030) DA [19700102]
(0010,0040) CS [F]
(0020,000d) UI [2.25.77001]
(0032,1060) LO [Liver]
(0040,1001) SH [R1]
(0040,0100) SQ
(fffe,e000) -
(0008,0060) CS [US]
(0040,0001) AE [US_1]
(0040,0002) DA [20261123]
(0040,0003) TM [083000]
(0040,0007) LO [Upper abdomen]
(0040,0009) SH [S1]
(fffe,e00d) -
(fffe,e0dd) -
`;

beforeAll(async () => {
  if (!orthancIsInstalled()) return;
  folder = await temporaryFolder('worklist-tls');
  const lists = path.join(folder.path, 'lists');
  await mkdir(lists);
  await writeFile(path.join(folder.path, 'item.dump'), item);
  await convert('dump2dcm', [path.join(folder.path, 'item.dump'), path.join(lists, '1.wl')]);
  const authority = await makeCertificate(folder.path, { name: 'authority', isAuthority: true });
  const stranger = await makeCertificate(folder.path, { name: 'stranger', isAuthority: true });
  const server = await makeCertificate(folder.path, { name: 'worklist', by: authority });
  const read = async (name: string, by: typeof authority) => {
    const { certificateFile, keyFile } = await makeCertificate(folder.path, { name, by });
    const files = { certificate: { field: '', file: certificateFile }, key: { field: '', file: keyFile } };
    return readOwnCertificate(files, folder.path);
  };
  own = await read('station', authority);
  strange = await read('strange', stranger);
  trusted = await readTrusted([{ field: '', file: authority.certificateFile }], folder.path);
  orthanc = await startOrthanc({
    aet: 'RIS',
    configuration: {
      Plugins: [plugin],
      Worklists: { Enable: true, Database: lists, FilterIssuerAet: false, LimitAnswers: 0 },
      DicomAlwaysAllowFindWorklist: true,
      DicomTlsEnabled: true,
      DicomTlsCertificate: server.certificateFile,
      DicomTlsPrivateKey: server.keyFile,
      DicomTlsTrustedCertificates: authority.certificateFile,
      DicomTlsRemoteCertificateRequired: true,
      DicomModalities: { us: { AET: 'SAFELIGHT', Host: '127.0.0.1', Port: 1, AllowFindWorklist: true } },
    },
  });
});
afterAll(async () => {
  await orthanc?.close();
  await folder?.close();
});

let book: Book;
let orders: Orders;
let worklists: Worklists;
let shown: () => OwnCertificate;
beforeEach(() => {
  shown = () => own;
  book = openBook(':memory:');
  orders = openOrders({ book, clock });
  worklists = openWorklists({
    ...{ book, clock, log: silentLog, keep: orders.keep, gone: orders.gone, changed: () => {} },
    ports: {
      openAssociation,
      readCalling: ({ verifyHost, minimum, certificateSha256 }) =>
        Promise.resolve(secureCalling({ own: shown(), trusted, verifyHost, minimum, certificateSha256 })),
      sayOpening: (opening, titles) => classifyOpening(opening, titles).answer,
      sayEnding: (ending) => classifyEnding(ending).answer,
    },
  });
});
afterEach(async () => {
  await worklists.close();
  book.close();
});

const settingOf = (more: object = {}) =>
  worklistSettingShape.parse({
    ...{ id: 'ris', name: 'RIS', aeTitle: 'RIS', host: '127.0.0.1', port: orthanc.dicomPort, tls: {}, ...more },
  });

describe.skipIf(!orthancIsInstalled())('a worklist over TLS', () => {
  it('MWL is fetched, searched and tested with certificates on both sides', async () => {
    worklists.apply([settingOf()], 'SAFELIGHT');
    await worklists.refresh();
    expect(worklists.sources()).toMatchObject([{ failedAt: null, answer: null }]);
    expect(orders.search({ limit: 9 }).orders.map(({ content }) => content)).toMatchObject([
      {
        ...{ PatientName: 'Müller^Änne', AccessionNumber: 'A1', StudyInstanceUID: '2.25.77001' },
        ScheduledStationAETitles: ['US_1'],
      },
    ]);
    expect((await worklists.ask({ searchId: 'w', text: 'P1' })).answers).toMatchObject([
      { kind: 'answered', orders: 1 },
    ]);
    expect(await worklists.test(settingOf({ daysBack: 0, daysAhead: 0 }))).toMatchObject({
      ...{ ok: true, params: { orders: 1 } },
    });
  });

  it('MWL that trusts us not, or that we trust not, or that is called plainly, fails in words and loses nothing', async () => {
    worklists.apply([settingOf()], 'SAFELIGHT');
    await worklists.refresh();
    shown = () => strange;
    await worklists.refresh();
    expect(worklists.sources()[0]?.failedAt).not.toBeNull();
    expect(worklists.sources()[0]?.answer?.key).toBe('own-certificate-refused');
    expect(orders.search({ limit: 9 }).total).toBe(1);
    shown = () => own;
    const other = { tls: { certificateSha256: '0'.repeat(64) } };
    expect(await worklists.test(settingOf(other))).toMatchObject({ ok: false });
    expect(await worklists.test(settingOf({ tls: undefined }))).toMatchObject({ ok: false });
  });
});
