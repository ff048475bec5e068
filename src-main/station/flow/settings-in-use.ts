// The settings as they count now: what is kept in the home, with what the command line says over it for this run only.
import { aeTitleShape, type Settings } from '#contract/shapes/settings.ts';
import { Problem } from '#station/kit/problem.ts';
import { openSettingsBook, type SettingsBook } from '#station/records/index.ts';

/** Counts over what is kept, for this run. */
export type Overruled = { readonly aeTitle?: string; readonly dicomPort?: number };

export type SettingsInUse = {
  /** As they count now. */
  readonly settings: () => Settings;
  /** As they are kept, without what this run overrules. */
  readonly kept: SettingsBook;
};

/**
 * @param handedOver settings from a file, not yet validated; they replace those of the home
 * @throws Problem 'settings-invalid'
 */
export async function openSettingsInUse(
  file: string,
  handedOver: unknown,
  overruled: Overruled,
): Promise<SettingsInUse> {
  const kept = await openSettingsBook(file, handedOver);
  const settings = (): Settings => overrule(kept.read().settings, overruled);
  settings();
  return { settings, kept };
}

function overrule(settings: Settings, { aeTitle, dicomPort }: Overruled): Settings {
  if (aeTitle !== undefined && !aeTitleShape.safeParse(aeTitle).success) {
    throw new Problem('settings-invalid', { field: 'station.aeTitle', expected: 'an AE title of 1 to 16 characters' });
  }
  return {
    ...settings,
    station: {
      ...settings.station,
      ...(aeTitle === undefined ? {} : { aeTitle }),
      ...(dicomPort === undefined ? {} : { dicomPort }),
    },
  };
}
