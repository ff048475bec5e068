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
};

/** Wrong words on the command line. The message says which and what was expected. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage =
  'Usage: npm run station -- --home DIR [--dicom-port N] [--http-port N] [--ae TITLE] [--settings FILE]';

/** @throws UsageError with a sentence for the person at the terminal. */
export async function readArguments(words: readonly string[]): Promise<HeadlessArguments> {
  const values = parse(words);
  if (!values.home) throw new UsageError('--home is needed: the folder that keeps everything of this station');
  return {
    home: path.resolve(values.home),
    ...(values['dicom-port'] === undefined ? {} : { dicomPort: readPort('--dicom-port', values['dicom-port']) }),
    httpPort: values['http-port'] === undefined ? 0 : readPort('--http-port', values['http-port']),
    ...(values.ae === undefined ? {} : { aeTitle: values.ae }),
    ...(values.settings === undefined ? {} : { settings: await readSettingsFile(values.settings) }),
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        home: { type: 'string' },
        'dicom-port': { type: 'string' },
        'http-port': { type: 'string' },
        ae: { type: 'string' },
        settings: { type: 'string' },
      },
    }).values;
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
