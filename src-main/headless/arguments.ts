// What the headless station is told on its command line.
import path from 'node:path';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

export type HeadlessArguments = {
  readonly home: string;
  readonly dicomPort?: number;
  readonly httpPort: number;
  readonly aeTitle?: string;
  /** Parsed JSON of the settings file, not yet validated. */
  readonly settings?: unknown;
  /** File of the token that may read /metrics alone. */
  readonly metricsTokenFile?: string;
};

/** What the program is asked to do. */
export type HeadlessErrand =
  | { readonly kind: 'run'; readonly arguments: HeadlessArguments }
  | { readonly kind: 'rebuild'; readonly home: string }
  | { readonly kind: 'backup'; readonly home: string; readonly target: string }
  | { readonly kind: 'restore'; readonly home: string; readonly source: string }
  | { readonly kind: 'help' };

/** Wrong words on the command line. The message says which and what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `Usage: npm run station -- --home DIR [--dicom-port N] [--http-port N] [--ae TITLE] [--settings FILE]
                          [--metrics-token-file FILE]
       npm run station -- --home DIR --rebuild
       npm run station -- --home DIR backup TARGET
       npm run station -- restore SOURCE --home NEWDIR

  --home DIR         the folder that keeps everything of this station; made when it is not there
  --dicom-port N     port of the DICOM listener, for this run
  --http-port N      port of the pages; a free one when left out
  --ae TITLE         AE title, for this run
  --settings FILE    settings that replace those of the home
  --metrics-token-file FILE
                     a token that may read /metrics and nothing else; made when it is not there
  --rebuild          makes the catalog anew from its last snapshot, its journal and the images, and ends. The old
                     catalog goes to lost+found/. No station may run there meanwhile.
  backup TARGET      copies the home to the folder TARGET and ends; a station may run there. Repeated, it copies what is new.
  restore SOURCE     makes a new home from a backup and ends
  --help             shows this

rebuild, backup and restore say what they did as one line of JSON. They end with 0 when everything is whole, with 3 when
something is missing or damaged, with 1 when they could not be done.`;

/** @throws UsageError with a sentence for the person at the terminal. */
export async function readErrand(words: readonly string[]): Promise<HeadlessErrand> {
  const { values, positionals } = parse(words);
  if (values.help === true) return { kind: 'help' };
  if (!values.home) throw new UsageError('--home is needed: the folder that keeps everything of this station');
  const home = path.resolve(values.home);
  const [word, place, ...more] = positionals;
  if (word !== undefined) {
    if (word !== 'backup' && word !== 'restore') throw new UsageError(`${word} is not known`);
    if (place === undefined || more.length > 0) throw new UsageError(`${word} takes one folder`);
    const used = Object.keys(values).filter((name) => name !== 'home');
    if (used.length > 0) throw new UsageError(`${word} does not take --${used[0]}`);
    const folder = path.resolve(place);
    if (isWithin(folder, home) || isWithin(home, folder)) {
      throw new UsageError(`${word} takes a folder that is neither in the home nor around it`);
    }
    return word === 'backup' ? { kind: word, home, target: folder } : { kind: word, home, source: folder };
  }
  if (values.rebuild === true) return { kind: 'rebuild', home };
  return {
    kind: 'run',
    arguments: {
      home,
      ...(values['dicom-port'] === undefined ? {} : { dicomPort: readPort('--dicom-port', values['dicom-port']) }),
      httpPort: values['http-port'] === undefined ? 0 : readPort('--http-port', values['http-port']),
      ...(values.ae === undefined ? {} : { aeTitle: values.ae }),
      ...(values['metrics-token-file'] === undefined
        ? {}
        : { metricsTokenFile: path.resolve(values['metrics-token-file']) }),
      ...(values.settings === undefined ? {} : { settings: await readSettingsFile(values.settings) }),
    },
  };
}

function isWithin(inner: string, outer: string): boolean {
  const way = path.relative(outer, inner);
  return way === '' || (!way.startsWith('..') && !path.isAbsolute(way));
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        home: { type: 'string' },
        'dicom-port': { type: 'string' },
        'http-port': { type: 'string' },
        ae: { type: 'string' },
        settings: { type: 'string' },
        'metrics-token-file': { type: 'string' },
        rebuild: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function readPort(name: string, text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new UsageError(`${name} takes a number from 0 to 65535`);
  return port;
}

async function readSettingsFile(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`--settings: ${file} cannot be read`, { cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--settings: ${file} is not JSON`, { cause: error });
  }
}
