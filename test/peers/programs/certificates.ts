// Certificates for the tests, made by openssl in a folder of the test: authorities, those they vouch for, and the bad ones.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from './run.ts';

export type MadeCertificate = {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** SHA-256, lower case, without colons. */
  readonly sha256: string;
};

export type CertificateWish = {
  /** Common name; also the first part of the names of its files. */
  readonly name: string;
  /** From now; -1: it ran out yesterday. Default 365. */
  readonly days?: number;
  /** Names and addresses that it stands for. Default `DNS:localhost,IP:127.0.0.1`. */
  readonly standsFor?: string;
  /** Who vouches for it. Absent: it vouches for itself. */
  readonly by?: MadeCertificate;
  /** May vouch for others. */
  readonly isAuthority?: boolean;
  /** Arguments of openssl for its key. Default an elliptic curve, P-256. */
  readonly key?: readonly string[];
  readonly digest?: 'sha256' | 'sha1';
};

const p256 = ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** Makes one certificate and its key as PEM files in `folder`. */
export async function makeCertificate(folder: string, wish: CertificateWish): Promise<MadeCertificate> {
  const at = (ending: string) => path.join(folder, `${wish.name}.${ending}`);
  const [certificateFile, keyFile, request, extensions] = [at('pem'), at('key'), at('csr'), at('ext')];
  await openssl(['genpkey', ...(wish.key ?? p256), '-out', keyFile]);
  await openssl(['req', '-new', '-key', keyFile, '-subj', `/O=Test/CN=${wish.name}`, '-out', request]);
  const says = wish.isAuthority
    ? 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
    : `basicConstraints=CA:FALSE\nsubjectAltName=${wish.standsFor ?? 'DNS:localhost,IP:127.0.0.1'}\n`;
  await writeFile(extensions, says);
  // A number of its own: several are made side by side, and openssl's file of numbers would be torn.
  const serial = ['-set_serial', `0x${randomBytes(8).toString('hex')}`];
  const signer = wish.by
    ? ['-CA', wish.by.certificateFile, '-CAkey', wish.by.keyFile, ...serial]
    : ['-signkey', keyFile];
  const days = ['-days', String(wish.days ?? 365), `-${wish.digest ?? 'sha256'}`];
  await openssl(['x509', '-req', '-in', request, ...signer, ...days, '-extfile', extensions, '-out', certificateFile]);
  const said = await openssl(['x509', '-in', certificateFile, '-noout', '-fingerprint', '-sha256']);
  const sha256 = said.split('=')[1]?.trim().replaceAll(':', '').toLowerCase() ?? '';
  return { certificateFile, keyFile, sha256 };
}

/** Encrypts a key with a passphrase into a file beside it. */
export async function encryptKey(keyFile: string, passphrase: string): Promise<string> {
  const encrypted = `${keyFile}.encrypted`;
  await openssl(['pkey', '-in', keyFile, '-aes256', '-passout', `pass:${passphrase}`, '-out', encrypted]);
  return encrypted;
}

export async function openssl(args: readonly string[]): Promise<string> {
  const ran = await run('openssl', args);
  if (ran.code !== 0) throw new Error(`openssl ${args.join(' ')}: ${ran.output}`);
  return ran.output;
}
