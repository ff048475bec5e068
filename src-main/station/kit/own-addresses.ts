// The addresses of this machine, as somebody has to type them into a device. Never throws; no name is asked of the network.
import { networkInterfaces } from 'node:os';

const anyAddress: readonly string[] = ['0.0.0.0', '::', ''];

/**
 * Where a listener on `host` is reached: the host itself, or each IPv4 address of this machine that others can reach when
 * it listens on all of them. Empty when the machine has none but its own loop.
 */
export function ownAddresses(host: string): readonly string[] {
  if (!anyAddress.includes(host)) return [host];
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map(({ address }) => address);
}
