// The settings, in a file that a person may read. lowdb holds them; the adapter is ours, because its own presets
// write to memory under test and never sync.
import { readFile } from 'node:fs/promises';
import { Low, type Adapter } from 'lowdb';
import { settingsShape, type Settings } from '#contract/shapes/settings.ts';
import { writeAtomically } from '#station/kit/files.ts';
import { Problem } from '#station/kit/problem.ts';

type Kept = { readonly configured: boolean; readonly settings: Settings };

class DurableJsonFile implements Adapter<Kept> {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  async read(): Promise<Kept | null> {
    let text: string;
    try {
      text = await readFile(this.#file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    const kept = parseJson(text);
    const configured = typeof kept === 'object' && kept !== null && 'configured' in kept && kept.configured === true;
    const settings = typeof kept === 'object' && kept !== null && 'settings' in kept ? kept.settings : undefined;
    return { configured, settings: readSettings(settings) };
  }

  async write(kept: Kept): Promise<void> {
    await writeAtomically(this.#file, `${JSON.stringify(kept, null, 2)}\n`);
  }
}

export type SettingsBook = {
  read(): Kept;
  /** Durable when it returns. */
  save(settings: Settings): Promise<void>;
};

/**
 * Opens the settings of a home; the defaults when there are none yet. `handedOver` (the --settings file) replaces
 * what was there and counts as configured. Throws 'settings-invalid' with the field that is wrong.
 */
export async function openSettingsBook(file: string, handedOver?: unknown): Promise<SettingsBook> {
  const book = new Low<Kept>(new DurableJsonFile(file), { configured: false, settings: settingsShape.parse({}) });
  await book.read();
  if (handedOver !== undefined) {
    book.data = { configured: true, settings: readSettings(handedOver) };
    await book.write();
  }
  return {
    read: () => book.data,
    save: async (settings) => {
      const before = book.data;
      book.data = { configured: true, settings };
      try {
        await book.write();
      } catch (error) {
        book.data = before;
        throw error;
      }
    },
  };
}

/** Validates settings from outside; the message names the field and what was expected. */
export function readSettings(candidate: unknown): Settings {
  const result = settingsShape.safeParse(candidate);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const unknownKeys = issue?.code === 'unrecognized_keys' ? issue.keys : [];
  const field = [...(issue?.path ?? []), ...unknownKeys].join('.') || 'settings';
  throw new Problem('settings-invalid', { field, expected: issue?.message ?? 'settings' });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem('settings-invalid', { field: 'settings', expected: 'JSON' }, { cause: error });
  }
}
