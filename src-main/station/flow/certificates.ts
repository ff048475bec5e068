// The certificates of the station: those it shows, those who vouch for others, and those that peers have shown.
//
// Guarantees: files are read when settings are saved and looked at again every minute, so that a renewed file counts
// without a restart; a file that went bad leaves in use what was read before and is shown as a problem; keys stay in
// memory. What runs out is told in time, in the status and once in the log.
import type { ProblemNote } from '#contract/problems.ts';
import type { Certificate, DestinationTls, StationTls } from '#contract/shapes/secure.ts';
import type { Settings } from '#contract/shapes/settings.ts';
import {
  readOwnCertificate,
  readTrusted,
  secureCalling,
  type NamedFile,
  type OwnCertificate,
  type SecureCalling,
  type SecureTerms,
} from '#station/dicom/network/index.ts';
import type { Clock } from '#station/kit/clock.ts';
import type { Log } from '#station/kit/log.ts';
import { isProblem, Problem } from '#station/kit/problem.ts';
import { expiryNotices, type ExpiryNotice, type WatchedCertificate } from './certificate-expiry.ts';

const lookAgainMs = 60_000;
const mostPeers = 500;

export type Certificates = {
  /** Reads every file that the settings name. Throws the Problem of the first that is not usable; changes nothing. */
  check(settings: Settings): Promise<void>;
  /** Takes over the settings; what cannot be read is a problem to be shown. */
  apply(settings: Settings): Promise<void>;
  /** For the port with TLS; undefined when there shall be none, or its files were never readable. */
  terms(): SecureTerms | undefined;
  /** For another listener of the station, whether or not DICOM is spoken over TLS; undefined without readable files. */
  ownTerms(clientCertificates: SecureTerms['clientCertificates']): SecureTerms | undefined;
  truth(): { readonly certificate: Certificate | null; readonly problem: ProblemNote | null };
  /** How a destination is called; undefined without TLS. Throws the Problem of its files. */
  callingOf(destinationId: string): SecureCalling | undefined;
  /** The same for a destination that is not saved. */
  readCalling(tls: DestinationTls): Promise<SecureCalling>;
  /** A peer has shown this and it stood. `peer` is any name for it that stays the same. */
  seen(peer: string, certificate: Certificate): void;
  notices(): readonly ExpiryNotice[];
  close(): void;
};

export type CertificateParts = {
  readonly clock: Clock;
  readonly log: Log;
  /** Relative paths are below it. */
  readonly home: string;
  /** Of keys that have no file for it. */
  readonly passphrase?: string | undefined;
  /** Files were read anew and are others now, or became unreadable, or a notice began or ended. */
  readonly onChanged: () => void | Promise<void>;
};

/** What the settings name, read: or why it could not be. */
type Read<T> = { readonly setting: string; readonly mark: string; readonly value?: T; readonly problem?: Problem };
type StationRead = Pick<SecureTerms, 'own' | 'trusted'>;

export function openCertificates(parts: CertificateParts): Certificates {
  const { clock, log, home, passphrase } = parts;
  let current: Settings | undefined;
  let station: Read<StationRead> | undefined;
  let callings = new Map<string, Read<SecureCalling>>();
  const peers = new Map<string, Certificate>();
  const told = new Set<string>();
  let noticesOf = { minute: -1, notices: [] as readonly ExpiryNotice[] };
  let takeBackLook = () => {};
  let isClosed = false;

  const readStation = async (tls: StationTls): Promise<StationRead> => {
    if (tls.clientCertificates === 'required' && tls.trustedCertificatesFiles.length === 0)
      throw new Problem('settings-invalid', {
        field: 'station.tls.trustedCertificatesFiles',
        expected: 'one file at least',
      });
    const at = (name: 'certificateFile' | 'keyFile' | 'passphraseFile') =>
      named(`station.tls.${name}`, tls[name] ?? '');
    const own = await readOwnCertificate(ownFiles(at, tls.passphraseFile), home);
    const files = tls.trustedCertificatesFiles.map((file, n) =>
      named(`station.tls.trustedCertificatesFiles.${n}`, file),
    );
    return { own, trusted: await readTrusted(files, home) };
  };

  const ownFiles = (
    at: (name: 'certificateFile' | 'keyFile' | 'passphraseFile') => NamedFile,
    passphraseFile?: string,
  ) => ({
    certificate: at('certificateFile'),
    key: at('keyFile'),
    ...(passphraseFile === undefined ? {} : { passphrase: at('passphraseFile') }),
    ...(passphrase === undefined ? {} : { passphraseText: passphrase }),
  });

  const readCalling = async (
    tls: DestinationTls,
    field: string,
    stationOwn: OwnCertificate | undefined,
    id?: string,
  ): Promise<SecureCalling> => {
    if ((tls.certificateFile === undefined) !== (tls.keyFile === undefined)) {
      const missing = tls.keyFile === undefined ? 'keyFile' : 'certificateFile';
      throw new Problem('settings-invalid', { field: `${field}.${missing}`, expected: 'the other half of the pair' });
    }
    const at = (name: 'certificateFile' | 'keyFile' | 'passphraseFile') => named(`${field}.${name}`, tls[name] ?? '');
    const own =
      tls.certificateFile === undefined ? stationOwn : await readOwnCertificate(ownFiles(at, tls.passphraseFile), home);
    const file = tls.trustedCertificatesFile;
    const trusted =
      file === undefined ? undefined : await readTrusted([named(`${field}.trustedCertificatesFile`, file)], home);
    const { servername, verifyHost, certificateSha256, minimum } = tls;
    return secureCalling({
      verifyHost,
      minimum,
      ...(own ? { own } : {}),
      ...(trusted ? { trusted } : {}),
      ...(servername === undefined ? {} : { servername }),
      ...(certificateSha256 === undefined ? {} : { certificateSha256 }),
      ...(id === undefined ? {} : { onPeerCertificate: (certificate) => seen(`destination ${id}`, certificate) }),
    });
  };

  const seen = (peer: string, certificate: Certificate): void => {
    const before = peers.get(peer);
    peers.delete(peer);
    peers.set(peer, certificate);
    const oldest = peers.keys().next().value;
    if (peers.size > mostPeers && oldest !== undefined) peers.delete(oldest);
    if (before?.sha256 !== certificate.sha256) noticesOf = { minute: -1, notices: [] };
  };

  /** Reads all files of the settings; what is readable no more stays as it was, as long as its settings are the same. */
  const readAll = async (settings: Settings): Promise<boolean> => {
    const { tls } = settings.station;
    const before = { station, callings };
    station = tls && (await readAgain(station, JSON.stringify(tls), () => readStation(tls), markOfStation));
    const next = new Map<string, Read<SecureCalling>>();
    const own = station?.value?.own;
    for (const [n, { id, tls }] of settings.destinations.entries()) {
      if (tls === undefined) continue;
      const read = () => readCalling(tls, `destinations.${n}.tls`, own, id);
      next.set(id, await readAgain(callings.get(id), JSON.stringify(tls), read, markOfCalling));
    }
    callings = next;
    noticesOf = { minute: -1, notices: [] };
    const marks = (all: typeof before) =>
      [all.station, ...all.callings.values()].map((one) => one && stateOf(one)).join();
    return marks(before) !== marks({ station, callings });
  };

  const look = () => {
    takeBackLook();
    takeBackLook = clock.after(lookAgainMs, () => {
      const settings = current;
      if (isClosed || settings === undefined) return;
      readAll(settings)
        .then(async (changed) => {
          if (isClosed) return;
          if (changed) log.info('certificates-read', { ...(station?.problem ? { code: station.problem.code } : {}) });
          if (tellExpiry() || changed) await parts.onChanged();
        })
        .catch((error: unknown) => log.error('certificates-not-read', {}, error))
        .finally(() => {
          if (!isClosed) look();
        });
    });
  };

  /** Says each stage of each certificate once. */
  const tellExpiry = (): boolean => {
    let isNew = false;
    for (const { note, stage, sha256 } of notices()) {
      const key = `${sha256} ${stage}`;
      if (told.has(key)) continue;
      told.add(key);
      isNew = true;
      const { whose, days } = note.params;
      log.warn(note.code, { reason: `${whose} ${sha256.slice(0, 16)}`, count: Number(days) });
    }
    if (told.size > 10_000) told.clear();
    return isNew;
  };

  const notices = (): readonly ExpiryNotice[] => {
    const minute = Math.floor(clock.epochMs() / 60_000);
    if (noticesOf.minute !== minute) noticesOf = { minute, notices: expiryNotices(watched(), clock.epochMs()) };
    return noticesOf.notices;
  };

  const watched = (): WatchedCertificate[] => {
    const used = current?.station.tls?.enabled || callings.size > 0 ? station?.value : undefined;
    const reads = [...callings.values()].flatMap(({ value }) => (value ? [value] : []));
    const own = [used?.own, ...reads.map((one) => one.own)].flatMap((one) => (one ? [one.facts] : []));
    const trusted = [used?.trusted, ...reads.map((one) => one.trusted)].flatMap((one) => one?.facts ?? []);
    return [
      ...own.map((certificate) => ({ whose: 'own', certificate }) as const),
      ...trusted.map((certificate) => ({ whose: 'trusted', certificate }) as const),
      ...[...peers.values()].map((certificate) => ({ whose: 'peer', certificate }) as const),
    ];
  };

  return {
    async check({ station: { tls }, destinations }) {
      const read = tls && (await readStation(tls).catch(unless(tls.enabled)));
      for (const [n, destination] of destinations.entries())
        if (destination.tls) await readCalling(destination.tls, `destinations.${n}.tls`, read?.own);
    },
    async apply(settings) {
      current = settings;
      for (const peer of peers.keys()) {
        const [, id] = /^destination (.+)$/.exec(peer) ?? [];
        if (id !== undefined && !settings.destinations.some((one) => one.id === id && one.tls)) peers.delete(peer);
      }
      await readAll(settings);
      tellExpiry();
      look();
    },
    terms() {
      const tls = current?.station.tls;
      if (!tls?.enabled || !station?.value) return undefined;
      const { clientCertificates, minimum } = tls;
      return { ...station.value, clientCertificates, minimum };
    },
    ownTerms(clientCertificates) {
      const minimum = current?.station.tls?.minimum;
      return minimum && station?.value && { ...station.value, clientCertificates, minimum };
    },
    truth: () => ({
      certificate: station?.value?.own.facts ?? null,
      problem: (current?.station.tls?.enabled && station?.problem?.toNote()) || null,
    }),
    callingOf(destinationId) {
      const read = callings.get(destinationId);
      if (read?.problem && !read.value) throw read.problem;
      return read?.value;
    },
    readCalling: (tls) => readCalling(tls, 'tls', station?.value?.own),
    seen,
    notices,
    close() {
      isClosed = true;
      takeBackLook();
    },
  };
}

const named = (field: string, file: string): NamedFile => ({ field, file });

async function readAgain<T>(
  before: Read<T> | undefined,
  setting: string,
  read: () => Promise<T>,
  markOf: (value: T) => string,
): Promise<Read<T>> {
  try {
    const value = await read();
    const mark = markOf(value);
    // The same files give the same context: connections need not make one each minute.
    return before?.setting === setting && before.mark === mark && before.value
      ? { setting, mark, value: before.value }
      : { setting, mark, value };
  } catch (error) {
    if (!isProblem(error)) throw error;
    const stays = before?.setting === setting && before.value !== undefined ? { value: before.value } : {};
    return { setting, mark: before?.mark ?? '', ...stays, problem: error };
  }
}

const stateOf = ({ setting, mark, problem }: Read<unknown>): string => `${setting} ${mark} ${problem?.code ?? ''}`;
const markOfOwn = (own: OwnCertificate | undefined): string => (own ? `${own.chainPem}${own.keyPem}` : '');
const markOfStation = ({ own, trusted }: StationRead): string => `${markOfOwn(own)}${trusted.pem.join('')}`;
const markOfCalling = ({ own, trusted }: SecureCalling): string => `${markOfOwn(own)}${trusted?.pem.join('') ?? ''}`;

/** Lets a problem pass when it does not matter. */
const unless = (matters: boolean) => (error: unknown) => {
  if (matters) throw error;
  return undefined;
};
