// What becomes of the settings when a person has decided about a device, or changes one. Pure.
import type { DeviceChange } from '#contract/shapes/devices.ts';
import type { DeviceSetting, Settings } from '#contract/shapes/settings.ts';
import { Problem } from '#station/kit/problem.ts';

export type DeviceDecision = {
  readonly aeTitle: string;
  readonly address: string;
  readonly decision: DeviceSetting['decision'];
  /** Binds it to this certificate. When absent, a binding made before stays. */
  readonly certificateSha256?: string | undefined;
};

/** The settings with the device in them; an earlier decision about the same AE title and address is replaced. */
export function withDevice(settings: Settings, decided: DeviceDecision): Settings {
  const { aeTitle, address, decision, certificateSha256 } = decided;
  const others = settings.devices.filter((device) => device.aeTitle !== aeTitle || device.host !== address);
  const known = settings.devices.find((device) => device.aeTitle === aeTitle && device.host === address);
  const id = known?.id ?? freeId(aeTitle, new Set(others.map((device) => device.id)));
  const name = known?.name ?? aeTitle;
  const bound = certificateSha256 === undefined ? {} : { certificateSha256 };
  return { ...settings, devices: [...others, { ...known, id, name, aeTitle, host: address, decision, ...bound }] };
}

/** The settings with a listed device changed; null takes a value away. @throws Problem 'not-found' */
export function withDeviceChanged(settings: Settings, id: string, change: DeviceChange): Settings {
  if (!settings.devices.some((device) => device.id === id)) throw new Problem('not-found', { what: 'device' });
  const changed = (device: DeviceSetting): DeviceSetting => {
    const merged = Object.entries({ ...device, ...change }).filter(
      ([, value]) => value !== null && value !== undefined,
    );
    return Object.fromEntries(merged) as DeviceSetting;
  };
  return { ...settings, devices: settings.devices.map((device) => (device.id === id ? changed(device) : device)) };
}

/** @throws Problem 'not-found' */
export function withoutDevice(settings: Settings, id: string): Settings {
  const devices = settings.devices.filter((device) => device.id !== id);
  if (devices.length === settings.devices.length) throw new Problem('not-found', { what: 'device' });
  return { ...settings, devices };
}

/** The listed device that is meant by an AE title at an address: one of that address goes before one of any. */
export function deviceAt(settings: Settings, aeTitle: string, address: string | null): DeviceSetting | undefined {
  const named = settings.devices.filter((device) => device.aeTitle === aeTitle.trim());
  return (
    named.find(({ host }) => host !== undefined && host === address) ??
    named.find(({ host }) => host === undefined || !/^[0-9.]+$|:/.test(host))
  );
}

function freeId(aeTitle: string, taken: ReadonlySet<string>): string {
  const plain = aeTitle.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const base = plain.replace(/^-+|-+$/g, '').slice(0, 28) || 'device';
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(id)) return id;
  }
}
