// A destination that is reached by DICOMweb (PS3.18): where its services are, and how we show who we are.
//
// No password and no token stands in the settings: only where it is to be found, so that neither a settings file nor an
// answer of the station ever shows one.
import { z } from 'zod';
import { filePathShape } from './secure.ts';

const mostUrlLength = 1024;

/** http or https, without user, query or fragment. `/studies` and the like are put behind it. */
export const baseUrlShape = z
  .string()
  .min(8)
  .max(mostUrlLength)
  .refine(
    (text) => readBaseUrl(text) !== undefined,
    'an address such as https://archive.example/dicom-web, without user, ? or #',
  );

export type BaseUrl = {
  readonly secure: boolean;
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number;
  /** Begins with / unless it is empty; never ends with one. */
  readonly path: string;
};

const urlForm =
  /^(https?):\/\/(\[[0-9a-f:.]{2,45}\]|[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?)(?::(\d{1,5}))?((?:\/[\x21\x24-\x3e\x41-\x5b\x5d-\x7e]*)?)$/i;

/** The parts of a base URL; undefined when it is none. */
export function readBaseUrl(text: string): BaseUrl | undefined {
  const [, scheme, name, portText, path = ''] = urlForm.exec(text) ?? [];
  if (scheme === undefined || name === undefined || path.includes('@')) return undefined;
  const secure = scheme.toLowerCase() === 'https';
  const port = portText === undefined ? (secure ? 443 : 80) : Number(portText);
  if (port < 1 || port > 65_535) return undefined;
  return { secure, host: name.replace(/^\[|\]$/g, ''), port, path: path.replace(/\/+$/, '') };
}

/**
 * `secretFile`: the first line of a file in the folder `secrets` of the station's home, or in /run/secrets.
 * `secretVariable`: a variable of its environment. One of the two: settings name no other file or variable, so that who
 * may set a destination cannot have anything else of this machine sent there.
 */
export const webAuthShape = z.strictObject({
  kind: z.enum(['none', 'basic', 'bearer']).default('none'),
  /** Of 'basic'. */
  user: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[^:\u0000-\u001f\u007f]+$/, 'a user name without a colon')
    .optional(),
  secretFile: filePathShape.optional(),
  secretVariable: z
    .string()
    .max(64)
    .regex(/^SAFELIGHT_SECRET_[A-Z0-9_]+$/, 'a variable that begins with SAFELIGHT_SECRET_')
    .optional(),
});
export type WebAuth = z.infer<typeof webAuthShape>;

export const webSettingShape = z.strictObject({
  baseUrl: baseUrlShape,
  auth: webAuthShape.prefault({}),
  /** Objects and bytes in one request, at most; a single larger object goes alone. */
  mostObjects: z.int().min(1).max(500).default(50),
  mostBytes: z
    .int()
    .min(1_000_000)
    .max(4_000_000_000)
    .default(32 * 1024 * 1024),
});
export type WebSetting = z.infer<typeof webSettingShape>;

/** Fields of a destination. With 'dicomweb' it needs `web` and no AE title, host or port. */
export const webFields = {
  /** 'dimse' when left out. */
  protocol: z.enum(['dimse', 'dicomweb']).optional(),
  web: webSettingShape.optional(),
};

export type Addressed = {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
  readonly confirm: string;
  readonly tls?: unknown;
  readonly protocol?: 'dimse' | 'dicomweb' | undefined;
  readonly web?: WebSetting | undefined;
};

export type Fault = { readonly path: readonly (string | number)[]; readonly expected: string };

const loopback = /^(localhost|127(\.\d+){3}|::1)$/i;

/** What a destination lacks for its protocol, or has too much. */
export function faultsOf(one: Omit<Addressed, 'confirm'> & { readonly confirm?: string }): Fault[] {
  if (one.protocol !== 'dicomweb') {
    return [
      ...(one.aeTitle === '' ? [{ path: ['aeTitle'], expected: 'an AE title of 1 to 16 characters' }] : []),
      ...(one.host === '' ? [{ path: ['host'], expected: 'a host name or an address' }] : []),
      ...(one.port === 0 ? [{ path: ['port'], expected: 'a port from 1 to 65535' }] : []),
    ];
  }
  if (one.web === undefined) return [{ path: ['web', 'baseUrl'], expected: 'the address of its DICOMweb services' }];
  const { auth, baseUrl } = one.web;
  const url = readBaseUrl(baseUrl);
  const faults: Fault[] = [];
  if (one.confirm === 'commitment') faults.push({ path: ['confirm'], expected: 'query or none, with DICOMweb' });
  if (one.tls !== undefined && url?.secure !== true)
    faults.push({ path: ['web', 'baseUrl'], expected: 'https, as it is called over TLS' });
  if (auth.kind === 'none') return faults;
  if (auth.kind === 'basic' && auth.user === undefined)
    faults.push({ path: ['web', 'auth', 'user'], expected: 'a user name' });
  if ((auth.secretFile === undefined) === (auth.secretVariable === undefined))
    faults.push({ path: ['web', 'auth', 'secretFile'], expected: 'either a file or a variable with the secret' });
  if (url?.secure !== true && !loopback.test(url?.host ?? ''))
    faults.push({ path: ['web', 'baseUrl'], expected: 'https, as a password or token is sent there' });
  return faults;
}

/** Where it is, for people and for telling two apart. */
export function addressOf({ protocol, web, aeTitle, host, port }: Omit<Addressed, 'confirm'>): string {
  return protocol === 'dicomweb' && web ? web.baseUrl.replace(/\/+$/, '').toLowerCase() : `${aeTitle}@${host}:${port}`;
}

/** How it stands in lists: without an AE title when it is reached by DICOMweb. */
export function placeOf({ protocol, web, aeTitle, host, port }: Omit<Addressed, 'confirm'>): {
  readonly aeTitle: string;
  readonly host: string;
  readonly port: number;
} {
  const url = protocol === 'dicomweb' && web ? readBaseUrl(web.baseUrl) : undefined;
  return url ? { aeTitle: '', host: url.host, port: url.port } : { aeTitle, host, port };
}
