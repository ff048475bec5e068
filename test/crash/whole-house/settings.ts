// Settings of the site with which a walk begins, and those that change on its way.
import type { House } from './house.ts';
import type { Walk } from './walk.ts';

export function firstSettings(house: House) {
  const [archive, cache] = house.archives;
  const at = { host: '127.0.0.1' };
  return {
    station: {
      ...{ dicomPort: 0, dicomHost: '127.0.0.1', quietTimeSeconds: 0, operator: 'Kim' },
      retention: { keepDays: 1, rejectedDays: null },
      notes: 'key-object',
    },
    devices: [{ id: 'device', name: 'Device', aeTitle: 'DEVICE' }],
    destinations: [
      {
        ...at,
        id: 'archive',
        name: 'Archive',
        kind: 'archive',
        aeTitle: archive.aeTitle,
        port: archive.port,
        confirm: 'commitment',
      },
      { ...at, id: 'cache', name: 'Cache', kind: 'cache', aeTitle: cache.aeTitle, port: cache.port, required: false },
    ],
    hl7: { listen: { enabled: true, host: '127.0.0.1', port: 0 }, feeds: [{ id: 'ris', name: 'RIS' }] },
  };
}

export async function changeSettings(walk: Walk, which: number, value: number): Promise<void> {
  type Settings = {
    orders: Record<string, unknown>;
    presentation: Record<string, unknown>;
    station: Record<string, unknown>;
    destinations: Record<string, unknown>[];
  };
  const { settings } = await walk.house.ask<{ settings: Settings }>('setup.read');
  const isEven = value % 2 === 0;
  switch (which % 4) {
    case 0:
      settings.orders['studyUid'] = isEven ? 'of-order' : 'keep';
      break;
    case 1:
      settings.presentation['leaves'] = isEven ? 'baked' : 'state';
      break;
    case 2:
      settings.station['notes'] = ['kept', 'key-object', 'document'][value % 3];
      break;
    default:
      for (const destination of settings.destinations)
        if (destination['id'] === 'cache') destination['required'] = isEven;
  }
  await walk.house.ask('setup.save', settings);
  walk.adoptsStudy = settings.orders['studyUid'] === 'of-order';
}
