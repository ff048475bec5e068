import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { settingsShape, type Settings } from '#contract/shapes/settings.ts';
import { openCertificates, type Certificates } from '#station/flow/certificates.ts';
import { openLog } from '#station/kit/log.ts';
import { fakeClock, type FakeClock } from '../station/5-forward/fake-clock.ts';
import {
  isInstalled,
  makeCertificate,
  temporaryFolder,
  type MadeCertificate,
  type TemporaryFolder,
} from './programs/index.ts';

const hasOpenssl = isInstalled('openssl');
if (!hasOpenssl) console.warn('NOT VERIFIED: openssl absent');

const dayMs = 86_400_000;
let folder: TemporaryFolder;
let authority: MadeCertificate;
let first: MadeCertificate;
let second: MadeCertificate;
let certificates: Certificates;
let clock: FakeClock;
let lines: string[];
let changed: number;
let changedNow: () => void;

beforeAll(async () => {
  if (!hasOpenssl) return;
  folder = await temporaryFolder('certificates');
  authority = await makeCertificate(folder.path, { name: 'authority', isAuthority: true, days: 3650 });
  first = await makeCertificate(folder.path, { name: 'first', by: authority, days: 61 });
  second = await makeCertificate(folder.path, { name: 'second', by: authority, days: 400 });
});
afterAll(() => folder?.close());
afterEach(() => certificates?.close());

async function open(settings: Settings): Promise<void> {
  clock = fakeClock(new Date().toISOString());
  lines = [];
  changed = 0;
  changedNow = () => {};
  certificates = openCertificates({
    clock,
    log: openLog(
      (line) => lines.push(line),
      () => '',
    ),
    home: folder.path,
    onChanged: () => {
      changed++;
      changedNow();
    },
  });
  await certificates.apply(settings);
}

/** Paths below the home of the station, as they may stand in its settings. */
const settingsFor = (name: string) =>
  settingsShape.parse({
    station: {
      tls: { certificateFile: `${name}.pem`, keyFile: `${name}.key`, trustedCertificatesFiles: ['authority.pem'] },
    },
  });

const put = async ({ certificateFile, keyFile }: MadeCertificate) => {
  await copyFile(certificateFile, path.join(folder.path, 'used.pem'));
  await copyFile(keyFile, path.join(folder.path, 'used.key'));
};

/** Until the minute's look at the files has found something. */
const whenChanged = async () => {
  const told = new Promise<void>((resolve) => (changedNow = resolve));
  await clock.advance(60_000);
  await told;
};

describe.skipIf(!hasOpenssl)('the certificates of the station', () => {
  it('are told 60, 30, 7 and 1 days before they run out, once each, and when they have', async () => {
    await open(settingsFor('first'));
    const stages: (string | number | undefined)[] = [];
    for (let day = 0; day < 64; day++) {
      const [notice] = certificates.notices();
      if (notice && stages.at(-1) !== notice.stage) stages.push(notice.stage);
      // The real files are read each minute; of a day, one look is enough.
      clock = Object.assign(clock, { epochMs: shifted(clock.epochMs, dayMs) });
    }
    expect(stages).toEqual([60, 30, 7, 1, 0]);
  });

  it('that were renewed are found within a minute, and their notice goes', async () => {
    await put(first);
    await open(settingsFor('used'));
    clock = Object.assign(clock, { epochMs: shifted(clock.epochMs, 30 * dayMs) });
    expect(certificates.notices()).toMatchObject([{ note: { code: 'certificate-expires' }, sha256: first.sha256 }]);
    await put(second);
    await whenChanged();
    expect(certificates.terms()?.own.facts.sha256).toBe(second.sha256);
    expect(certificates.notices()).toEqual([]);
    expect(lines.join()).toContain('certificates-read');
  });

  it('stay in use when their files go bad, which is shown until they are good again', async () => {
    await put(second);
    await open(settingsFor('used'));
    await rm(path.join(folder.path, 'used.key'));
    await whenChanged();
    expect(certificates.terms()?.own.facts.sha256).toBe(second.sha256);
    expect(certificates.truth().problem).toMatchObject({ code: 'key-unreadable', params: { file: 'used.key' } });
    await put(second);
    await whenChanged();
    expect(certificates.truth().problem).toBeNull();
    expect(changed).toBe(2);
  });

  it('do not take the place of others: settings whose files are bad leave nothing to show', async () => {
    await open(settingsFor('second'));
    await certificates.apply(settingsFor('nowhere'));
    expect(certificates.terms()).toBeUndefined();
    expect(certificates.truth().problem).toMatchObject({ code: 'certificate-unreadable' });
  });

  it('of peers are watched as they are seen, and a new one takes the place of the old', async () => {
    await open(settingsShape.parse({}));
    const facts = (sha256: string, days: number) => ({
      subject: 'CN=ct1',
      sha256: sha256.repeat(64),
      validFrom: clock.now(),
      validTo: new Date(clock.epochMs() + days * dayMs).toISOString(),
    });
    certificates.seen('device CT1', facts('a', 5));
    expect(certificates.notices()).toMatchObject([{ stage: 7, note: { params: { whose: 'peer' } } }]);
    certificates.seen('device CT1', facts('b', 500));
    expect(certificates.notices()).toEqual([]);
  });
});

const shifted = (epochMs: () => number, ms: number) => () => epochMs() + ms;
