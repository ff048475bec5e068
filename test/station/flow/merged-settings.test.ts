// Settings that two people change at their own windows, each on what was on screen there.
import { expect, it } from 'vitest';
import { settingsShape, type Settings } from '#contract/shapes/settings.ts';
import { mergedSettings } from '#station/flow/merged-settings.ts';

const destination = (id: string, more: object = {}) => ({
  ...{ id, name: id, kind: 'archive', aeTitle: id.toUpperCase(), host: '10.0.0.1', port: 104, required: true },
  ...more,
});
const settings = (destinations: readonly object[], more: object = {}): Settings =>
  settingsShape.parse({ destinations, ...more });
const seenSettings = settings([destination('archive'), destination('cache')], {
  devices: [{ id: 'us', name: 'US', aeTitle: 'US1' }],
});
const idsOf = ({ destinations }: Settings) => destinations.map(({ id }) => id);

it('what one adds and the other changes are both there', () => {
  const kept = settings([...seenSettings.destinations, destination('web')], { devices: [] });
  const { devices: _, ...mine } = { ...seenSettings, station: { ...seenSettings.station, operator: 'Ada' } };
  const both = mergedSettings(kept, { ...mine, seenSettings });
  expect(idsOf(both)).toEqual(['archive', 'cache', 'web']);
  expect(both.station.operator).toBe('Ada');
  expect(both.devices).toEqual([]);
});

it('fields of one destination that each changed are both there, and what is taken away is gone', () => {
  const kept = settings([destination('archive', { host: '10.0.0.9' }), destination('cache')]);
  const mine = settings([destination('archive', { port: 11112 })]);
  const both = mergedSettings(kept, { ...mine, seenSettings });
  expect(both.destinations).toMatchObject([{ id: 'archive', host: '10.0.0.9', port: 11112 }]);
});

it('what the other took away stays away unless it is changed here', () => {
  const kept = settings([]);
  const mine = settings([destination('archive', { name: 'PACS' }), destination('cache')]);
  expect(idsOf(mergedSettings(kept, { ...mine, seenSettings }))).toEqual(['archive']);
});

it('of one value that both changed, the later word counts', () => {
  const kept = settings([], { station: { operator: 'Ben' } });
  const mine = settings([], { station: { operator: 'Ada' } });
  expect(mergedSettings(kept, { ...mine, seenSettings }).station.operator).toBe('Ada');
});

it('two that do not go together are refused, with the field', () => {
  const kept = settings([destination('archive')]);
  const mine = settings([...seenSettings.destinations], {
    routes: [{ name: 'All', destinations: [{ id: 'cache' }] }],
  });
  expect(() => mergedSettings(kept, { ...mine, seenSettings })).toThrow(
    expect.objectContaining({ code: 'settings-invalid' }),
  );
});

it('who says nothing of what was seen replaces everything but the devices that are left out', () => {
  const kept = settings([destination('web')], { devices: [{ id: 'us', name: 'US', aeTitle: 'US1' }] });
  const { devices: _, ...mine } = settings([destination('archive')]);
  const saved = mergedSettings(kept, mine);
  expect(idsOf(saved)).toEqual(['archive']);
  expect(saved.devices).toEqual(kept.devices);
});
