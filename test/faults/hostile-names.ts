// Names, paths and UIDs that try to leave the folder of the station (R24): as names of dropped files, as UIDs inside objects, as
// paths that are asked for, as links in a folder that is imported. The same number makes the same name.
import { randomFrom } from './random.ts';

/** What nobody may read out of the station, put where a path that escapes would lead. */
export const secret = 'this-must-never-be-read-4b1d7c';

const climbs = [
  '../',
  '..\\',
  '%2e%2e/',
  '..%2f',
  '..%5c',
  '....//',
  '..;/',
  '/',
  '//',
  'C:\\',
  '\\\\host\\share\\',
  'file:///',
] as const;
const targets = [
  'secret.dcm',
  'etc/passwd',
  'catalog.db',
  'settings.json',
  'lock',
  'CON',
  'NUL',
  'aux.dcm',
  '.',
  '..',
  '',
] as const;
const tails = [
  '',
  '\0.dcm',
  '\n.dcm',
  '\u202egpj.dcm',
  ' ',
  '.',
  '/',
  '%00',
  '::$DATA',
  '\ud800',
  'a'.repeat(300),
] as const;

/** A name that somebody hostile would give a file. */
export function hostileName(number: number): string {
  const random = randomFrom(number);
  const climb = random.pick(climbs).repeat(1 + random.below(12));
  return `${climb}${random.pick(targets)}${random.pick(tails)}`;
}

/** The same for a UID: at most 64 bytes in ASCII, as the wire allows. */
export function hostileUid(number: number): string {
  const ascii = hostileName(number).replace(/[^\x20-\x7e]/g, '');
  return `${ascii.slice(0, 50)}${number}`.slice(0, 64);
}
