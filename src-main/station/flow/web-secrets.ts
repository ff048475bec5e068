// Passwords and tokens of DICOMweb destinations: read from the file or variable that the settings name, each time anew.
//
// Guarantees: what is read is one line of printable text of at most 8 KiB; it appears in no Problem and no log. Refuses
// what is not a regular file, and every file outside of the folders for secrets.
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { Settings } from '#contract/shapes/settings.ts';
import type { WebAuth } from '#contract/shapes/web.ts';
import { Problem } from '#station/kit/problem.ts';

export type WebSecrets = {
  /** Throws 'secret-unreadable'. */
  read(auth: WebAuth, field?: string): Promise<string>;
  /** Reads every one that the settings name. Throws the Problem of the first that is not usable. */
  check(settings: Settings): Promise<void>;
};

const mostBytes = 8192;

const systemFolder = '/run/secrets';

/** @param home the folder `secrets` in it is the one that relative paths are below. */
export function openWebSecrets(home: string, environment: Readonly<Record<string, string | undefined>>): WebSecrets {
  const ownFolder = path.resolve(home, 'secrets');
  const placeOf = (file: string, field: string): string => {
    const place = path.resolve(ownFolder, file);
    if ([ownFolder, systemFolder].some((folder) => place.startsWith(folder + path.sep))) return place;
    throw new Problem('settings-invalid', { field: `${field}.secretFile`, expected: 'a file in the folder secrets' });
  };
  const read = async ({ kind, secretFile, secretVariable = '' }: WebAuth, field = 'web.auth'): Promise<string> => {
    const text =
      secretFile === undefined
        ? (environment[secretVariable] ?? '')
        : await firstLineOf(placeOf(secretFile, field)).catch(() => '');
    // A token stands in the header as it is; a password is packed.
    const isUsable = kind === 'bearer' ? /^[\x21-\x7e]+$/.test(text) : /^[^\u0000-\u001f\u007f]+$/.test(text);
    if (isUsable) return text;
    throw new Problem('secret-unreadable', {
      field: `${field}.${secretFile === undefined ? 'secretVariable' : 'secretFile'}`,
      place: secretFile ?? secretVariable,
    });
  };
  return {
    read,
    async check({ destinations }) {
      for (const [n, { protocol, web }] of destinations.entries())
        if (protocol === 'dicomweb' && web && web.auth.kind !== 'none')
          await read(web.auth, `destinations.${n}.web.auth`);
    },
  };
}

async function firstLineOf(file: string): Promise<string> {
  // Not to hang on a pipe.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await handle.stat()).isFile()) return '';
    const buffer = Buffer.alloc(mostBytes + 1);
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, 0);
    const [line = ''] = buffer.toString('utf8', 0, bytesRead).split(/\r?\n/, 1);
    return bytesRead > mostBytes ? '' : line.trim();
  } finally {
    await handle.close();
  }
}
