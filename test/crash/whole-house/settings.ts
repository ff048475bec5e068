// Settings of the site with which a walk begins, and those that change on its way.
import type { House } from './house.ts';
import type { Walk } from './walk.ts';

export function firstSettings(house: House) {
  const [archive, cache, web] = house.archives;
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
      {
        ...{ id: 'web', name: 'Web', kind: 'archive', protocol: 'dicomweb', confirm: 'query', required: false },
        web: { baseUrl: web.baseUrl },
      },
    ],
    hl7: { listen: { enabled: true, host: '127.0.0.1', port: 0 }, feeds: [{ id: 'ris', name: 'RIS' }] },
  };
}

/** Ids of all destinations, and of those that rules may name. */
export const everywhere: readonly string[] = ['archive', 'cache', 'web'];
const routed: readonly (readonly string[])[] = [everywhere, ['archive'], ['archive', 'web'], ['cache', 'web']];

/** Rules that name one of these, by the modality of what the device sends; none for the first. */
function routesFor(value: number): unknown[] {
  const to = routed[value % routed.length] ?? everywhere;
  if (to === everywhere) return [];
  const destinations = to.map((id, n) => ({ id, required: n === 0 }));
  return [
    { name: 'Pictures of the device', conditions: { modalities: ['OT'] }, destinations },
    { name: 'Magnetic resonance', conditions: { modalities: ['MR'] }, destinations: [{ id: 'cache' }] },
  ];
}

export async function changeSettings(walk: Walk, which: number, value: number): Promise<void> {
  type Settings = {
    orders: Record<string, unknown>;
    presentation: Record<string, unknown>;
    station: Record<string, unknown>;
    destinations: Record<string, unknown>[];
    routes: unknown[];
  };
  const { settings } = await walk.house.ask<{ settings: Settings }>('setup.read');
  const isEven = value % 2 === 0;
  switch (which % 5) {
    case 0:
      settings.orders['studyUid'] = isEven ? 'of-order' : 'keep';
      break;
    case 1:
      settings.presentation['leaves'] = isEven ? 'baked' : 'state';
      break;
    case 2:
      settings.station['notes'] = ['kept', 'key-object', 'document'][value % 3];
      break;
    case 3:
      settings.routes = routesFor(value);
      walk.goesTo = routed[value % routed.length] ?? everywhere;
      break;
    default:
      for (const destination of settings.destinations)
        if (destination['id'] === 'cache') destination['required'] = isEven;
  }
  await walk.house.ask('setup.save', settings);
  walk.adoptsStudy = settings.orders['studyUid'] === 'of-order';
}
