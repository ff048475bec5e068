// What becomes of the settings when a person has decided about a device that was turned away. Pure.
import type { DeviceSetting, Settings } from '#contract/shapes/settings.ts';

export type DeviceDecision = {
  readonly aeTitle: string;
  readonly address: string;
  readonly decision: DeviceSetting['decision'];
  /** Binds it to this certificate. When absent, a binding made before stays. */
  readonly certificateSha256?: string | undefined;
};

/** The settings with the device in them; an earlier decision about the same AE title and address is replaced. */
export function withDevice(
  settings: Settings,
  { aeTitle, address, decision, certificateSha256 }: DeviceDecision,
): Settings {
  const others = settings.devices.filter((device) => device.aeTitle !== aeTitle || device.host !== address);
  const known = settings.devices.find((device) => device.aeTitle === aeTitle && device.host === address);
  const id = known?.id ?? freeId(aeTitle, new Set(others.map((device) => device.id)));
  const bound = certificateSha256 === undefined ? {} : { certificateSha256 };
  const name = known?.name ?? aeTitle;
  return { ...settings, devices: [...others, { ...known, id, name, aeTitle, host: address, decision, ...bound }] };
}

function freeId(aeTitle: string, taken: ReadonlySet<string>): string {
  const plain = aeTitle.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const base = plain.replace(/^-+|-+$/g, '').slice(0, 28) || 'device';
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${number}`;
    if (!taken.has(id)) return id;
  }
}
