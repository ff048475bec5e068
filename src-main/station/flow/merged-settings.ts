// Two people change the settings, each on what was on screen: both count. Pure.
import { isDeepStrictEqual } from 'node:util';
import type { SavedSettings, Settings } from '#contract/shapes/settings.ts';
import { readSettings } from '#station/records/index.ts';

/**
 * What a person saves, upon what is kept by now: what that person left as it was seen stays as it is kept. Lists of things
 * that have an id go by it. Where both changed one thing, or one of them took it away, the later word counts.
 * @throws Problem 'settings-invalid' when the two do not go together
 */
export function mergedSettings(kept: Settings, { seenSettings, ...saved }: SavedSettings): Settings {
  const mine = { ...saved, devices: saved.devices ?? (seenSettings ?? kept).devices };
  return seenSettings === undefined ? mine : readSettings(merged(seenSettings, mine, kept));
}

function merged(seen: unknown, mine: unknown, kept: unknown): unknown {
  if (isDeepStrictEqual(mine, seen)) return kept;
  if (isDeepStrictEqual(kept, seen)) return mine;
  if (isList(seen) && isList(mine) && isList(kept)) return mergedLists(seen, mine, kept);
  if (isRecord(seen) && isRecord(mine) && isRecord(kept)) return mergedRecords(seen, mine, kept);
  return mine;
}

type Fields = Readonly<Record<string, unknown>>;
type Item = Fields & { readonly id: string };

function mergedRecords(seen: Fields, mine: Fields, kept: Fields): Fields {
  const keys = new Set([...Object.keys(kept), ...Object.keys(mine)]);
  const entries = [...keys].map((key) => [key, merged(seen[key], mine[key], kept[key])] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function mergedLists(seen: readonly Item[], mine: readonly Item[], kept: readonly Item[]): unknown[] {
  const find = (items: readonly Item[], id: string) => items.find((item) => item.id === id);
  const ids = new Set([...mine, ...kept].map(({ id }) => id));
  return [...ids].flatMap((id) => merged(find(seen, id), find(mine, id), find(kept, id)) ?? []);
}

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isList = (value: unknown): value is readonly Item[] =>
  Array.isArray(value) && value.every((item) => isRecord(item) && typeof item['id'] === 'string');
