// Certificates and keys from files: read, understood and found to fit before any of them is used.
//
// Guarantees: what comes back makes a context without complaint; a file that is not usable is a Problem that names the
// setting and the file; keys and passphrases appear in no Problem, no log and no error. Refuses: anything that is not
// a regular file of at most 1 MiB.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { open } from 'node:fs/promises';
import { constants } from 'node:fs';
import path from 'node:path';
import { createSecureContext } from 'node:tls';
import type { ProblemCode } from '#contract/problems.ts';
import type { Certificate } from '#contract/shapes/secure.ts';
import { isProblem, Problem } from '#station/kit/problem.ts';
import { certificateFacts } from './secure-certificate.ts';
import { profileOptions } from './secure-profile.ts';

/** A certificate that we show, with its key. PEM; the key is no longer encrypted and stays in memory. */
export type OwnCertificate = {
  readonly chainPem: string;
  readonly keyPem: string;
  readonly facts: Certificate;
};

/** Those who vouch for others. */
export type TrustedCertificates = { readonly pem: readonly string[]; readonly facts: readonly Certificate[] };

/** A file and the setting that names it. */
export type NamedFile = { readonly field: string; readonly file: string };

export type OwnCertificateFiles = {
  readonly certificate: NamedFile;
  readonly key: NamedFile;
  readonly passphrase?: NamedFile;
  /** When there is no file for it: from the environment. */
  readonly passphraseText?: string;
};

const mostBytes = 1024 * 1024;
const mostTrusted = 2000;

/** @throws Problem 'certificate-unreadable', 'key-unreadable', 'key-does-not-match', 'certificate-too-weak'. */
export async function readOwnCertificate(files: OwnCertificateFiles, folder: string): Promise<OwnCertificate> {
  const chain = await readCertificates(files.certificate, folder);
  const [own] = chain;
  if (own === undefined) throw problemOf('certificate-unreadable', files.certificate);
  const key = await readKey(files, folder);
  if (!own.checkPrivateKey(key)) throw problemOf('key-does-not-match', files.key);
  const chainPem = chain.map((certificate) => certificate.toString()).join('');
  const keyPem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  try {
    createSecureContext({ ...profileOptions('TLSv1.2'), cert: chainPem, key: keyPem });
  } catch (error) {
    throw problemOf('certificate-too-weak', files.certificate, error);
  }
  return { chainPem, keyPem, facts: certificateFacts(own) };
}

/** @throws Problem 'certificate-unreadable', 'certificate-too-weak'. */
export async function readTrusted(files: readonly NamedFile[], folder: string): Promise<TrustedCertificates> {
  const pem: string[] = [];
  const facts: Certificate[] = [];
  for (const file of files) {
    const found = await readCertificates(file, folder);
    if (pem.length + found.length > mostTrusted) throw problemOf('certificate-unreadable', file);
    const texts = found.map((certificate) => certificate.toString());
    try {
      createSecureContext({ ...profileOptions('TLSv1.2'), ca: texts });
    } catch (error) {
      throw problemOf('certificate-too-weak', file, error);
    }
    pem.push(...texts);
    facts.push(...found.map(certificateFacts));
  }
  return { pem, facts };
}

async function readCertificates(named: NamedFile, folder: string): Promise<X509Certificate[]> {
  try {
    const bytes = await readSmall(named.file, folder);
    const blocks = pemBlocks(bytes.toString('latin1'));
    const found = (blocks.length > 0 ? blocks : [bytes]).map((block) => new X509Certificate(block));
    return found;
  } catch (error) {
    throw isProblem(error) ? error : problemOf('certificate-unreadable', named, error);
  }
}

async function readKey(files: OwnCertificateFiles, folder: string): Promise<KeyObject> {
  const passphrase = files.passphrase ? await readPassphrase(files.passphrase, folder) : files.passphraseText;
  try {
    const key = await readSmall(files.key.file, folder);
    return createPrivateKey({ key, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    throw problemOf('key-unreadable', files.key, error);
  }
}

async function readPassphrase(named: NamedFile, folder: string): Promise<string> {
  try {
    const text = (await readSmall(named.file, folder)).toString('utf8');
    return text.split(/\r?\n/, 1)[0] ?? '';
  } catch (error) {
    throw problemOf('key-unreadable', named, error);
  }
}

/** A pipe or a device would keep us waiting for ever: only regular files are read. */
async function readSmall(file: string, folder: string): Promise<Buffer> {
  const handle = await open(path.resolve(folder, file), constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = await handle.stat();
    if (!stat.isFile() || stat.size > mostBytes) throw new TypeError('not a small file');
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Certificates among what else may stand in a PEM file. */
function pemBlocks(text: string): string[] {
  const begin = '-----BEGIN CERTIFICATE-----';
  const end = '-----END CERTIFICATE-----';
  const blocks: string[] = [];
  for (let from = text.indexOf(begin); from >= 0; from = text.indexOf(begin, from + begin.length)) {
    const to = text.indexOf(end, from);
    if (to < 0) throw new TypeError('a certificate without an end');
    blocks.push(text.slice(from, to + end.length));
  }
  return blocks;
}

// The library's own words may quote a file: the cause carries its code only.
const problemOf = (code: ProblemCode, { field, file }: NamedFile, cause?: unknown): Problem =>
  new Problem(code, { field, file }, cause === undefined ? {} : { cause: (cause as { code?: unknown }).code });
