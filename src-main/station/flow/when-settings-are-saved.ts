// Settings are saved: checked by every room that may refuse them, kept, then taken over by all of them in order.
//
// Guarantees: what a room refuses is not kept. Durable when it resolves. Changes happen one after another, each on what the
// one before it left: two that are asked for in the same moment both count.
import type { Settings } from '#contract/shapes/settings.ts';
import type { Forward } from '#station/5-forward/index.ts';
import type { SettingsBook } from '#station/records/index.ts';
import type { Certificates } from './certificates.ts';
import type { Changes } from './changes.ts';
import type { Hl7Flow } from './hl7.ts';
import type { HospitalOrders } from './hospital-orders.ts';
import type { Listening } from './listening.ts';
import type { NoticesFlow } from './notices.ts';
import type { WebSecrets } from './web-secrets.ts';
import type { SpaceKeeper } from './when-space-is-short.ts';

export type SettingsRooms = {
  readonly kept: SettingsBook;
  /** As they count now, also after they were kept. */
  readonly settings: () => Settings;
  readonly certificates: Pick<Certificates, 'check' | 'apply'>;
  readonly secrets: Pick<WebSecrets, 'check'>;
  readonly hl7: Pick<Hl7Flow, 'check' | 'apply'>;
  readonly space: Pick<SpaceKeeper, 'apply'>;
  readonly forward: Pick<Forward, 'applySettings'>;
  readonly listening: Pick<Listening, 'apply'>;
  readonly hospital: Pick<HospitalOrders, 'apply'>;
  readonly notices: Pick<NoticesFlow, 'apply'>;
  readonly changes: Pick<Changes, 'station'>;
};

export type ChangeSettings = (change: (kept: Settings) => Settings) => Promise<void>;

/** @returns throws what `change` and the rooms' `check` throw; nothing is kept then. */
export function openSettingsChanges(rooms: SettingsRooms): ChangeSettings {
  let former: Promise<unknown> = Promise.resolve();
  return (change) => {
    const changed = former.then(() => takeOver(rooms, change(rooms.kept.read().settings)));
    former = changed.catch(() => undefined);
    return changed;
  };
}

async function takeOver(rooms: SettingsRooms, next: Settings): Promise<void> {
  const { settings, certificates, hl7 } = rooms;
  await certificates.check(next);
  await rooms.secrets.check(next);
  hl7.check(next);
  await rooms.kept.save(next);
  rooms.space.apply(settings());
  await certificates.apply(settings());
  await rooms.forward.applySettings(settings());
  await rooms.listening.apply(settings());
  rooms.hospital.apply(settings());
  await hl7.apply();
  rooms.notices.apply();
  rooms.changes.station();
}
